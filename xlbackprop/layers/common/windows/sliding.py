"""Windows that slide in a wrong way: what slips of convolutions and pools are computed with.

Unlike the layers' own windows, these may overhang: what lies beyond the planes counts as 0, as
the empty cells beyond a block do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.windows.geometry import Pair, Placement, as_pair
from xlbackprop.layers.common.windows.helper_blocks import frames
from xlbackprop.layers.common.windows.planes import placed, taken_out, windows


def overhanging(
    x: Array, window: Pair, number: Pair, step: Pair = (1, 1), dilation: Pair = (1, 1)
) -> Array:
    """Return windows of x's planes, as many as `number` says: (…, rows, columns, height, width)."""
    reach = as_pair(d * (r - 1) + 1 for r, d in zip(window, dilation, strict=True))
    extent = as_pair(s * (n - 1) + d for n, s, d in zip(number, step, reach, strict=True))
    every = windows(placed(x, Placement(extent)), reach, step)
    return every[..., :: dilation[0], :: dilation[1]]


@dataclass(frozen=True)
class PlacedSource:
    """A source of `compute`, by its letter, that holds planes of a known size within zeros.

    Where the zeros would change nothing, the source is the planes themselves.
    """

    compute: Callable[..., Array]
    letter: str
    placement: Placement
    size: Pair  # of the planes

    def planes(self, x: Array) -> Array:
        """Return the planes that stand in the source."""
        is_plain = as_pair(x.shape[-2:]) == self.size
        return x if is_plain else taken_out(x, self.placement, self.size)

    def misplaced(self, name: str, hint: str, **wrong: Pair) -> Slip:
        """Return the slip that has the planes at a wrong `offset`, or with a wrong `step`."""
        placement = replace(self.placement, **wrong)
        change = {self.letter: lambda x: placed(self.planes(x), placement)}
        return altered(name, hint, self.compute, **change)

    def frame_slips(self, unframed: str, hint: str) -> Iterator[Slip]:
        """Yield the slips of a frame of another width; `unframed` names the one without any."""
        if self.placement.offset != (0, 0):
            for name, offset in frames(self.placement.offset, unframed).items():
                yield self.misplaced(name, hint, offset=offset)
