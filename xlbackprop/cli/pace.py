"""How fast a step of a command goes on, and how long it still takes, in words."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from xlbackprop.progress import Step

# Before that, a rate says nothing.
_LEAST_SECONDS, _LEAST_DONE = 1.0, 2
_MINUTE, _HOUR = 60, 3600


class Pace:
    """Watches the steps of a command; each begins anew where another thing is being done."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._first, self._last, self._start = Step(""), Step(""), clock()

    def take(self, step: Step) -> None:
        """Take notice of a step."""
        if step.what != self._first.what or step.done < self._last.done:
            self._first, self._start = step, self._clock()
        self._last = step

    @property
    def text(self) -> str:
        """So many a second and so much time left; "" where that cannot be said yet."""
        seconds, done = self._clock() - self._start, self._last.done - self._first.done
        if not self._last.total or seconds < _LEAST_SECONDS or done < _LEAST_DONE:
            return ""
        rate = done / seconds
        return f"{_rate(rate)}, {_time((self._last.total - self._last.done) / rate)} left"

    @property
    def line(self) -> str:
        """What is being done, how far it is, and how fast it goes on."""
        what, done, total = self._last
        far = f"{done:,} of {total:,}" if total else ""
        return ": ".join(filter(None, (what, ", ".join(filter(None, (far, self.text))))))


def _rate(rate: float) -> str:
    return f"{rate:.0f} a second" if rate >= 1.5 else f"{60 * rate:.0f} a minute"


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
