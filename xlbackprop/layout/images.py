"""Which tensors are seen better than read, as images and large blocks are, and on what scale.

Negative numbers go from white to one colour, positive ones to another, 0 is white; all blocks of a
tensor have one scale. The workbook's pages and the web pages follow the same rule.
"""

from __future__ import annotations

from math import ceil, floor, log10

import numpy as np

from xlbackprop.equation import Array, Role, Tensor
from xlbackprop.formula.grid import block_size
from xlbackprop.network import Network

# A block of so many cells is seen better than read.
MANY_CELLS = 25
_IMAGE_RANK = 3
_OF_IMAGES = {Role.INPUT, Role.INPUT_GRADIENT, Role.OUTPUT, Role.OUTPUT_GRADIENT}


def is_seen(tensor: Tensor, network: Network) -> bool:
    """Return whether a tensor is an image, or has large blocks."""
    height, width = block_size(tensor)
    rank = len(tensor.shape) - (network.spec.batch is not None)
    is_image = tensor.role in _OF_IMAGES and rank == _IMAGE_RANK and min(height, width) > 1
    return is_image or (height > 1 and height * width >= MANY_CELLS)


def end_of_scale(numbers: Array) -> float:
    """Return the largest of all numbers without their signs, rounded up to two digits.

    Where there is no scale, as all are 0 or one is not finite, it is 0.
    """
    largest = float(np.abs(numbers).max(initial=0))
    if not largest or not np.isfinite(largest):
        return 0
    digit = 10.0 ** (floor(log10(largest)) - 1)
    return float(f"{ceil(largest / digit) * digit:.1e}")
