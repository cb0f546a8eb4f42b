"""The program on a terminal of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.program import environment


@contextmanager
def opened_terminal(
    command: list[str], *, streams: str = "in out err", **changes: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a command with some of its streams on a terminal, the others on pipes.

    Yields the process, and our end of the terminal.
    """
    ours, theirs = pty.openpty()
    chosen: dict[str, Any] = {
        f"std{name}": theirs if name in streams.split() else subprocess.PIPE
        for name in ("in", "out", "err")
    }
    variables = environment(TERM="xterm-256color", **changes)
    with subprocess.Popen(command, env=variables, **chosen) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
    os.close(ours)


def read_terminal(ours: int) -> Iterator[str]:
    """Yield what is written to a terminal, until all have closed it."""
    try:
        while chunk := os.read(ours, 65536):
            yield chunk.decode(errors="replace")
    except OSError:  # how Linux says that the other end is closed
        return


def run_in_terminal(*arguments: object, **changes: str) -> str:
    """Return what the program writes to a terminal."""
    command = [sys.executable, "-m", "xlbackprop", *map(str, arguments)]
    with opened_terminal(command, **changes) as (process, ours):
        printed = "".join(read_terminal(ours))
        process.wait(timeout=60)
    return printed
