"""Keeps a temporary folder: a program of its own, since the one it works for may be killed.

That one's end is seen by the standard input, which closes then, however it came about. What runs
in the folder is killed, and the folder is removed, with whatever else was left behind.

A line of the standard input says what is to be run, and is answered by a line:

    {"command": [program, argument, …], "seconds": how long it may take, "leftovers": [path, …]}
    {"ended": status} or {"late": true} or {"failed": reason}
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_ATTEMPTS, _SECONDS_BETWEEN = 50, 0.1  # what was killed may write a little longer


def main() -> None:
    """Serve until the standard input ends, then leave nothing behind."""
    keeper = _Keeper(sys.argv[1])
    try:
        for line in sys.stdin.buffer:
            keeper.run(json.loads(line))
    finally:
        keeper.clean()


class _Keeper:
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._leftovers: list[str] = []

    def run(self, request: dict[str, Any]) -> None:
        """Start what is to be run; it is answered when that has ended."""
        self._leftovers += request["leftovers"]
        try:
            self._process = subprocess.Popen(  # noqa: S603  (the program's own command)
                request["command"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "TMPDIR": self._folder},
            )
            waiting = threading.Thread(target=self._wait, args=(self._process, request["seconds"]))
            waiting.daemon = True
            waiting.start()
        except (OSError, RuntimeError) as error:
            _answer({"failed": str(error)})

    def clean(self) -> None:
        """Kill what still runs, and remove the folder and what else may be left."""
        if self._process is not None:
            _kill(self._process)
        for path in self._leftovers:
            with contextlib.suppress(OSError):
                Path(path).unlink()
        for _ in range(_ATTEMPTS):
            shutil.rmtree(self._folder, ignore_errors=True)
            if not os.path.lexists(self._folder):
                break
            time.sleep(_SECONDS_BETWEEN)

    def _wait(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        try:
            answer: dict[str, Any] = {"ended": process.wait(seconds)}
        except subprocess.TimeoutExpired:
            answer = {"late": True}
        _kill(process)  # and what it started
        _answer(answer)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _answer(answer: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody is there any more
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()
