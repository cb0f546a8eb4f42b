"""Windows that slide in a wrong way: what slips of convolutions and pools are computed with.

Unlike the layers' own windows, these may overhang: what lies beyond the planes counts as 0, as
the empty cells beyond a block do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Slip
from xlbackprop.layers.common.planes import Pair, as_pair, frames, placed, windows


def slide(
    pattern: str, x: Array, f: Array, size: Pair, step: Pair = (1, 1), dilation: Pair = (1, 1)
) -> Array:
    """Return sums of products of windows of x with f, as many as `size` says.

    `pattern` is einsum's, the windows' two axes last in x; `dilation` steps within a window.
    """
    every = overhanging(x, as_pair(f.shape[-2:]), size, step, dilation)
    return np.asarray(np.einsum(pattern, every, f))


def overhanging(
    x: Array, window: Pair, size: Pair, step: Pair = (1, 1), dilation: Pair = (1, 1)
) -> Array:
    """Return the windows of x's planes: (…, rows, columns, height, width), `size` of them."""
    reach = as_pair(d * (r - 1) + 1 for r, d in zip(window, dilation, strict=True))
    extent = as_pair(s * (n - 1) + d for n, s, d in zip(size, step, reach, strict=True))
    every = windows(placed(x, extent, (0, 0)), reach, step)
    return every[..., :: dilation[0], :: dilation[1]]


def cut(x: Array, offset: Pair, size: Pair, step: Pair = (1, 1)) -> Array:
    """Return the entries of x's planes that `placed` put there: the way back from zeros."""
    rows, columns = (
        slice(o, o + s * (n - 1) + 1, s) for o, n, s in zip(offset, size, step, strict=True)
    )
    return x[..., rows, columns]


def frame_slips(
    compute: Callable[..., Array],
    letter: str,
    place: Callable[[Array, Pair], Array],
    width: Pair,
    unframed: str,
    hint: str,
) -> Iterator[Slip]:
    """Yield the slips of a frame of zeros of another width, around the source with that letter.

    `place(x, offset)` returns the source with its entries at another offset; `unframed` is the
    name of the slip that leaves the frame out.
    """
    for name, offset in frames(width, unframed).items():
        yield altered(name, hint, compute, **{letter: lambda x, offset=offset: place(x, offset)})
