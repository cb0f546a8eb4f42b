"""What a cell should hold, draw by draw, and which numbers are near enough to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.findings import Family

# A mended formula differs from the truth by so small a share of what the wrong one does.
_SHARE = 1e-6
_LAST_DIGITS = 1e-13
# So many draws at least have to tell.
LEAST_DRAWS = 3


@dataclass(frozen=True)
class Truth:
    """What a cell should hold, in the draws that count; `value` is what its formula gives."""

    true: Array
    value: Array
    counts: Mask

    @property
    def is_wrong(self) -> bool:
        """Whether enough draws count, and the formula is wrong in one of them."""
        return bool(self.counts.sum() >= LEAST_DRAWS) and not self.holds(self.value[None])[0]

    @property
    def tells(self) -> bool:
        """Whether enough of it is not 0: any formula times 0 is 0."""
        return bool((self.counts & (self.true != 0)).sum() >= LEAST_DRAWS)

    def holds(self, values: Array) -> Mask:
        """Return which alternatives, (alternatives, draws), are right in all draws that count."""
        with np.errstate(all="ignore"):
            near = np.abs(values - self.true) <= self._allowed
        return np.asarray(near[:, self.counts].all(axis=1))

    @property
    def _allowed(self) -> float:
        true, value = self.true[self.counts], self.value[self.counts]
        size = float(np.abs(true).max(initial=0.0))
        apart = np.abs(true - value)
        off = float(np.max(apart, initial=0.0, where=np.isfinite(apart))) or size
        return _SHARE * min(off, size or off) + _LAST_DIGITS * size


def truths(true: Array, value: Array, families: Mapping[Family, slice]) -> Iterator[Truth]:
    """Yield what counts: all draws first, then the page with one family of draws each."""
    known = np.isfinite(true)
    yield Truth(true, value, known)
    for family, draws in families.items():
        if family is not Family.PAGE:
            counts = np.zeros_like(known)
            counts[[0, *range(draws.start, draws.stop)]] = True
            yield Truth(true, value, counts & known)
