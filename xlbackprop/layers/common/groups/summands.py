"""What is summed over groups of entries, as an array and as the text of a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct


@dataclass(frozen=True)
class Summand:
    """What is summed, entry by entry, from tensors of one shape.

    `compute(**arrays)` returns it as an array of that shape, `text(*addresses)` the formula that
    sums it over ranges of the sources, in their order.
    """

    sources: Mapping[str, Tensor]
    compute: Callable[..., Array]
    text: Callable[..., str]

    def of_block(self, at: Addresses, key: tuple[int | slice, ...]) -> str:
        """Return the formula that sums the entries of a key, which lie in one block."""
        return self.text(*(getattr(at, letter)[key] for letter in self.sources))


def itself(**source: Tensor) -> Summand:
    """Return the entries of a tensor as what is summed."""
    return Summand(source, lambda **arrays: next(iter(arrays.values())), _total)


def square(**source: Tensor) -> Summand:
    """Return the squares of a tensor's entries as what is summed."""
    return Summand(
        source,
        lambda **arrays: np.square(next(iter(arrays.values()))),
        lambda entries: f"SUMSQ({entries})",
    )


def products(**factors: Tensor) -> Summand:
    """Return the products of two tensors' entries as what is summed."""
    return Summand(factors, lambda **arrays: np.multiply(*arrays.values()), sumproduct)


def _total(address: str) -> str:
    """Return the text that sums a range; a single cell is its own sum."""
    return f"SUM({address})" if ":" in address else address
