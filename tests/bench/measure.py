"""What a Python process takes: seconds of CPU and of wall time, and its peak of memory."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Usage:
    """Seconds of CPU, of the process and of those that it waited for; wall seconds; megabytes."""

    cpu: float
    wall: float
    peak: float


def run(code: str, *arguments: str) -> Usage:
    """Return what a Python process takes that runs the code, start-up and imports included.

    Modules are compiled once, as those of an installed package are, and NumPy has one thread, as
    in the command `xlbackprop`.
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": _compiled()}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    started = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", code, *arguments], environment)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise SystemExit(f"failed: {code}")
    wall = time.perf_counter() - started
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


@cache
def _compiled() -> str:
    """Return a folder for compiled modules, which is removed at the end."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def in_turn(codes: Mapping[str, str], rounds: int, *arguments: str) -> dict[str, Usage]:
    """Run all in turn, several times, and return for each the least that it took of everything.

    The peak is the largest. What a noisy machine does in one round, it does to all.
    """
    runs: dict[str, list[Usage]] = {name: [] for name in codes}
    for _ in range(rounds):
        for name, code in codes.items():
            runs[name].append(run(code, *arguments))
    return {
        name: Usage(
            min(one.cpu for one in own), min(one.wall for one in own), max(one.peak for one in own)
        )
        for name, own in runs.items()
    }
