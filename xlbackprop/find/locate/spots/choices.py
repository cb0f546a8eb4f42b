"""What a given or parameter may be: numbers, and the cells that they stand in, if there are any."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.find.locate.page.candidates import Candidates
from xlbackprop.find.locate.page.page import Keys
from xlbackprop.find.mapping.one_hot import ONE_HOT

_MOST = 12
_WHOLE = 4.0  # so much more is said by ones and zeros than by a single one of them


@dataclass(frozen=True)
class Choice:
    """A place of a given or parameter, None for none, and the numbers that it then has.

    `stands_as` is the tensor that stands there in its stead: ones and zeros for a class.
    """

    tensor: Tensor
    keys: Keys | None
    array: Array
    prior: float
    stands_as: str = ""

    @property
    def name(self) -> str:
        """The name of the tensor whose cells they are."""
        return self.stands_as or self.tensor.name

    @cached_property
    def cells(self) -> frozenset[int]:
        """The keys of its cells, none where it stands nowhere."""
        return frozenset() if self.keys is None else frozenset(self.keys.ravel().tolist())


def is_one_hot_of(equation: Equation, tensor: Tensor) -> bool:
    """Return whether an equation makes ones and zeros of a tensor's classes."""
    sources = {source.name for source in equation.sources.values()}
    return equation.target.short == ONE_HOT and tensor.name in sources


def classes_of_ones(
    tensor: Tensor, ones: Tensor, candidates: Candidates, priors: Array
) -> list[Choice]:
    """Return the classes that readings as ones and zeros say.

    There is exactly one 1 for each sample.
    """
    numbers = candidates.numbers.reshape(len(candidates), *ones.shape)
    inside = tuple(range(1, numbers.ndim))
    is_one_hot = np.isin(numbers, (0, 1)).all(axis=inside)
    is_one_hot &= (numbers.sum(axis=-1) == 1).all(axis=inside[:-1])
    known = np.flatnonzero(is_one_hot & np.isfinite(priors))
    classes = numbers.argmax(axis=-1).astype(float).reshape(-1, *tensor.shape)
    return [
        Choice(tensor, candidates.keys[n], classes[n], float(priors[n]) + _WHOLE, ones.name)
        for n in known[np.argsort(-priors[known], kind="stable")][:_MOST].tolist()
    ]


def has_room(taken: Set[int], choices: Sequence[Choice]) -> bool:
    """Return whether one of the choices takes no cell that is taken."""
    return any(taken.isdisjoint(one.cells) for one in choices)


def are_apart(taken: Set[int], chosen: Sequence[Choice]) -> bool:
    """Return whether no cell is taken for two things."""
    for choice in chosen:
        if not choice.cells.isdisjoint(taken):
            return False
        taken = taken | choice.cells
    return True
