"""A program of its own that marks one file after the other; what goes wrong in it stays in it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO

from xlbackprop.classroom.frames import receive, send
from xlbackprop.classroom.marking import Marker, Setup

# For what ends with a file only, and for a program that is stopped while its worker is at work.
_PATIENCE = 5


def main() -> None:
    """Take files from stdin and give what comes of them to stdout, until stdin ends."""
    requests, answers = sys.stdin.buffer, _own_output()
    first = receive(requests)
    if first is None:
        return
    setup = Setup(**{**first[0], "blank": tuple(first[0]["blank"])})
    marker = Marker(setup)
    _limit_memory(setup.megabytes)
    send(answers, {"ready": True})
    while (frame := receive(requests)) is not None:
        header, content, _ = frame
        _end_after(2 * setup.seconds + _PATIENCE)
        marked = marker.mark(content, header["suffix"])
        _end_after(0)
        send(answers, marked.record, marked.page, marked.copy)


def _own_output() -> BinaryIO:
    """Return stdout for answers alone; what anything prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return answers


def _end_after(seconds: float) -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # nobody handles it: it ends the process


def _limit_memory(megabytes: int) -> None:
    try:
        import resource  # noqa: PLC0415  (not on Windows)

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        return
