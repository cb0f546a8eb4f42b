"""Which rows of numbers are the same but for a factor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask

# How far apart rows of length 1 may be and still be the same.
CLOSE = 1e-7
# So many numbers have to be in the same proportions before a factor between them is believed.
_FEWEST = 3
_SEED = 7


def classes(rows: Array) -> NDArray[np.int64]:
    """Return a number for each row, the same for those that differ by a factor; -1 for none.

    Rows of zeros, and those with a number that is not known, are like no other. Those with one or
    two numbers beside zeros only are alike where they are the same, but for the sign.
    """
    with np.errstate(all="ignore"):
        norms = np.sqrt((rows * rows).sum(axis=1))
        usable: Mask = np.isfinite(norms) & (norms > 0)
        units = rows[usable] / norms[usable][:, None]
    generator = np.random.default_rng(_SEED)
    along, across = generator.uniform(0.5, 1.5, (2, rows.shape[1])) * generator.choice(
        [-1, 1], (2, rows.shape[1])
    )
    first = units @ along
    units = units * np.where(first < 0, -1.0, 1.0)[:, None]
    number = _by_gaps(np.zeros(len(units), dtype=np.int64), units @ along)
    number = _by_gaps(number, units @ across)
    is_sparse = (np.abs(units) > CLOSE).sum(axis=1) < _FEWEST
    number = _by_gaps(number, np.where(is_sparse, np.log(norms[usable]), 0.0))
    result = np.full(len(rows), -1, dtype=np.int64)
    result[usable] = number
    return result


def _by_gaps(number: NDArray[np.int64], values: Array) -> NDArray[np.int64]:
    """Return numbers that part what has one number further, where values are apart."""
    order = np.lexsort((values, number))
    parted = (np.diff(number[order]) != 0) | (np.diff(values[order]) > CLOSE)
    result = np.empty_like(number)
    result[order] = np.concatenate([[0], np.cumsum(parted)]) if len(order) else order
    return result
