"""What a worker does to itself: its output is for answers, its time and its memory have an end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return where requests come from, and where answers go.

    What anything else prints goes nowhere.
    """
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return sys.stdin.buffer, answers


def end_after(seconds: float) -> None:
    """Have the process ended after so many seconds; 0 takes it back."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)  # nobody handles it: it ends the process


def limit_memory(megabytes: int) -> None:
    """Let the process have so much more memory than it has now, where that can be limited."""
    try:
        import resource  # noqa: PLC0415  (not on Windows)

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, ValueError, OSError):
        return
