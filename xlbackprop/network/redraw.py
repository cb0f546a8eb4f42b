"""Numbers drawn anew in the manner of those that a spec gives, the same on every machine."""

from __future__ import annotations

import zlib

import numpy as np

from xlbackprop.equation import Array, Tensor

# Numbers with more decimals than these are of no manner: six will do.
_MOST_DECIMALS, _DECIMALS_OF_MANY = 6, 6
_A_FEW_UNITS = 9


def redraw(tensor: Tensor, given: Array, seed: int) -> Array:
    """Return other numbers for a given or parameter, of the size and with the decimals of its own.

    With a negative number among them they are of both signs; 0 is drawn where one was given.
    Zeros throughout, and rates for which not any number will do, stay as they are.
    """
    if tensor.domain.drawn_from is not None or not given.any():
        return given
    random = np.random.default_rng([seed, zlib.crc32(tensor.name.encode())])
    domain = tensor.domain
    of_few = domain.drawn(random, given.shape)
    if of_few is not None:
        return of_few
    decimals = _decimals(given)
    units = 10**decimals
    largest = max(1, int(np.ceil(np.abs(given).max() * units - 1e-6)))
    smallest = -largest if (given < 0).any() else int((given != 0).all())
    if domain.keep is not None:
        smallest = 0
    elif smallest == largest:
        largest = _A_FEW_UNITS  # ones throughout
    drawn = random.integers(smallest, largest + 1, given.shape)
    return np.asarray(np.round(drawn / units, decimals))


def _decimals(given: Array) -> int:
    for decimals in range(_MOST_DECIMALS + 1):
        if (np.round(given, decimals) == given).all():
            return decimals
    return _DECIMALS_OF_MANY
