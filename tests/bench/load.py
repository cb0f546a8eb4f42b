"""The server under load, on this machine's own loopback interface.

    python -m tests.bench.load --seconds 60 --at-once 50

So many clients drop workbooks, each the next as soon as it has its answer; every tenth is hostile.
Printed are how many were judged a minute, how long it took, who was told "busy", and the memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.support.dropped_workbooks import by_command_line, made
from tests.support.served import Served, served

_HONEST = ("right.xlsx", "wrong.xlsx", "blank.xlsx")
_HOSTILE = ("bomb.xlsx", "corrupt.xlsx", "script.xlsx")
_EVERY = 10  # the so-manieth is hostile


@dataclass
class Outcome:
    """What came of a load: answers by status, wrong ones, seconds of each, most memory."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    megabytes: float = 0.0
    processes: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the figures."""
        return {
            "seconds": round(self.seconds, 1),
            "judged_a_minute": round(60 * self.statuses[200] / self.seconds),
            "statuses": dict(self.statuses),
            "wrong": self.wrong[:5],
            "median_seconds": round(statistics.median(self.took), 2) if self.took else None,
            "longest_seconds": round(max(self.took, default=0.0), 2),
            "most_megabytes": round(self.megabytes),
            "most_processes": self.processes,
        }


def load(server: Served, at_once: int, seconds: float) -> Outcome:
    """Drop workbooks for so many seconds, so many at once, and return what came of it."""
    outcome, lock = Outcome(), threading.Lock()
    with TemporaryDirectory() as folder:
        honest = {name: made(name, Path(folder)) for name in _HONEST}
        hostile = [made(name, Path(folder)).read_bytes() for name in _HOSTILE]
        told = {name: by_command_line(path).counts for name, path in honest.items()}
        contents = {name: path.read_bytes() for name, path in honest.items()}
    ends = time.monotonic() + seconds

    def client(number: int) -> None:
        turn = number
        while time.monotonic() < ends:
            turn += 1
            name = _HONEST[turn % len(_HONEST)]
            is_hostile = turn % _EVERY == 0
            content = hostile[turn // _EVERY % len(hostile)] if is_hostile else contents[name]
            start = time.monotonic()
            answer = server.task("check", content, file=name)
            took = time.monotonic() - start
            is_wrong = not is_hostile and answer.status == 200
            is_wrong = is_wrong and answer.said["counts"] != told[name]
            with lock:
                outcome.statuses[answer.status] += 1
                outcome.took += [took] if answer.status == 200 else []
                outcome.wrong += [name] if is_wrong else []
            if answer.status == 503:
                time.sleep(0.5)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(at_once)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        _measure(server, outcome)
        time.sleep(0.25)
    outcome.seconds = time.monotonic() - start
    return outcome


def _measure(server: Served, outcome: Outcome) -> None:
    try:
        one = psutil.Process(server.pid)
        every = [one, *one.children(recursive=True)]
        used = sum(process.memory_info().rss for process in every)
    except psutil.Error:  # one of them has just ended
        return
    outcome.megabytes = max(outcome.megabytes, used / 1e6)
    outcome.processes = max(outcome.processes, len(every))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of one load."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--workers", default="2")
    options = parser.parse_args(arguments)
    with served("--workers", options.workers) as server:
        outcome = load(server, min(options.at_once, 200), min(options.seconds, 300.0))
    print(json.dumps(outcome.to_dict(), indent=1))


if __name__ == "__main__":
    main()
