"""How fast a class is handed out and marked, and what memory that takes: conv5x5x2, all right.

python -m tests.bench.classroom --students 300
python -m tests.bench.classroom --students 5000 --no-feedback
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.classroom.classes import Class
from tests.support.program import environment

# In a process of its own, so that its memory is that of marking alone.
_GRADE = """
import resource, sys, time, xlbackprop
start = time.perf_counter()
grades = xlbackprop.grade(sys.argv[1], sys.argv[2], jobs=2, feedback=sys.argv[3] == "True")
seconds = time.perf_counter() - start
assert {one.points for one in grades.results} == {100.0}
print(grades.marked / seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--no-feedback", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        own = Class(Path(folder), options.students)
        _line("handed out", options.students / (time.perf_counter() - start))
        for number in range(options.students):
            own.hand_in_formulas(number)
        for feedback in (False,) if options.no_feedback else (False, True):
            rate, megabytes = _graded(own, feedback=feedback)
            _line(f"marked {'with' if feedback else 'without'} feedback", rate)
            print(f"peak memory of the program: {megabytes:.0f} MB")
    own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of handing out: {own_peak:.0f} MB")


def _graded(own: Class, *, feedback: bool) -> tuple[float, float]:
    command = [sys.executable, "-c", _GRADE, own.folder, own.submissions, feedback]
    done = subprocess.run(
        list(map(str, command)), env=environment(), check=True, capture_output=True, text=True
    )
    rate, megabytes = map(float, done.stdout.split())
    return rate, megabytes


def _line(what: str, rate: float) -> None:
    print(f"{what}: {rate:.0f} workbooks a second", flush=True)


if __name__ == "__main__":
    main()
