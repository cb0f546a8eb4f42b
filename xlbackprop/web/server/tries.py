"""How often a student may ask for feedback: so many times an hour."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_HOUR = 3_600.0


@dataclass
class Tries:
    """The tries of each student in the last hour; kept in memory alone."""

    most: int
    now: Callable[[], float] = time.monotonic
    _used: dict[str, deque[float]] = field(default_factory=dict)

    def left(self, student: str) -> int:
        """Return how many tries a student has left."""
        return self.most - len(self._recent(student))

    def minutes_until_next(self, student: str) -> int:
        """Return after how many minutes there is another try; 0 where there is one now."""
        recent = self._recent(student)
        if len(recent) < self.most:
            return 0
        return math.ceil((recent[0] + _HOUR - self.now()) / 60)

    def take(self, student: str) -> float:
        """Take a try, and return what gives it back."""
        at = self.now()
        self._recent(student).append(at)
        return at

    def give_back(self, student: str, at: float) -> None:
        """Give back a try that came to nothing."""
        recent = self._recent(student)
        if at in recent:
            recent.remove(at)

    def _recent(self, student: str) -> deque[float]:
        recent = self._used.setdefault(student, deque())
        while recent and recent[0] <= self.now() - _HOUR:
            recent.popleft()
        return recent
