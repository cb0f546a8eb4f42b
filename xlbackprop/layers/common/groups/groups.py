"""Entries of a tensor in groups, and numbers of each group: sums over all axes but some.

A statistic over the batch keeps the axis of the features or channels, one over each sample that
of the samples; the gradient of a parameter keeps the axes that the parameter has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Index, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses, View
from xlbackprop.layers.common.groups.summands import Summand


@dataclass(frozen=True)
class Groups:
    """The entries of tensors shaped like `entries`; those that agree on the axes `kept` are one.

    With all axes kept, each entry is its own group.
    """

    entries: Tensor
    kept: tuple[int, ...]

    @property
    def shape(self) -> Shape:
        """The shape of a tensor with one number for each group."""
        return tuple(self.entries.shape[axis] for axis in self.kept)

    @property
    def axes(self) -> str:
        """The letters of the axes that are kept."""
        return "".join(self.entries.axes[axis] for axis in self.kept)

    @property
    def size(self) -> int:
        """The number of entries in a group."""
        return self.entries.size // prod(self.shape)

    @property
    def block_rank(self) -> int:
        """How many of the axes that are kept lie within a block."""
        return len(self._moving)

    @property
    def are_rows(self) -> bool:
        """Whether each row of a block is a group, so that its numbers belong beside it."""
        return self._moving == [len(self.entries.shape) - 2]

    @property
    def _moving(self) -> list[int]:
        return [axis for axis in self.kept if axis >= len(self.entries.leading)]

    @property
    def index(self) -> str:
        """The index of a group's number as equations write it: `[n]`; empty for the only one."""
        return f"[{','.join(self.axes)}]" if self.axes else ""

    @property
    def summed(self) -> str:
        """The letters of the axes that are not kept, as equations write them: `n,i,j`."""
        return ",".join(a for axis, a in enumerate(self.entries.axes) if axis not in self.kept)

    @property
    def sigma(self) -> str:
        """The sign of a sum over a group as equations write it; empty over a single entry."""
        return f"Σ({self.summed}) " if self.summed else ""

    def spread(self, numbers: Array) -> Array:
        """Return the groups' numbers in a shape that broadcasts over the entries."""
        sizes = enumerate(self.entries.shape)
        return numbers.reshape([n if axis in self.kept else 1 for axis, n in sizes])

    def sum_of(self, entries: Array) -> Array:
        """Return the sums of the groups' entries, one number for each group."""
        summed = tuple(n for n in range(len(self.entries.shape)) if n not in self.kept)
        return np.asarray(entries.sum(axis=summed))

    def cell(self, numbers: View, index: Index) -> str:
        """Return the address of the number of an entry's group, anchored for dragging."""
        address = numbers[tuple(index[axis] for axis in self.kept)]
        if len(self._moving) == len(self.entries.block_shape):
            return address
        if not self._moving:
            return address.fixed
        return address.fixed_column if self.are_rows else address.fixed_row

    def sums(
        self,
        scope: Scope,
        target: Tensor,
        summand: Summand,
        math: Math,
        *,
        divisor: int = 1,
        slips: Iterable[Slip] = (),
    ) -> list[Equation]:
        """Return the equations of a sum over each group, one term for each block, divided."""
        terms = self._terms(summand)

        def divided(text: str, at: Addresses, *index: int) -> str:  # noqa: ARG001
            return f"({text})/{divisor}" if terms.number > 1 else f"{text}/{divisor}"

        divide = Finish(compute=lambda total: total / divisor, formula=divided)
        return sum_equations(scope, target, terms, math, divide if divisor > 1 else None, slips)

    def _terms(self, summand: Summand) -> Terms:
        """Return what each block adds to the sums of its groups."""
        rank = len(self.entries.shape)
        summed = [axis for axis in range(rank) if axis not in self.kept]
        across = [axis for axis in summed if axis < len(self.entries.leading)]
        within = summed[len(across) :]
        blocks = list(product(*(range(self.entries.shape[axis]) for axis in across)))

        def partial(part: slice, **arrays: Array) -> Array:
            entries = summand.compute(**arrays).transpose(*across, *self.kept, *within)
            parts = entries.reshape(len(blocks), *self.shape, -1)[part]
            return np.asarray(parts.sum(axis=(0, -1)))

        def term(at: Addresses, t: int, *index: int) -> str:
            position = dict(zip([*across, *self.kept], [*blocks[t], *index], strict=True))
            key = tuple(position.get(axis, slice(None)) for axis in range(rank))
            return summand.of_block(at, key)

        return Terms(len(blocks), summand.sources, partial, term)


def entry_equation(
    target: Tensor,
    sources: Mapping[str, tuple[Tensor, Groups]],
    compute: Callable[..., Array],
    formula: Callable[..., str],
    math: Math,
    *,
    slips: Iterable[Slip] = (),
) -> Equation:
    """Return an equation whose every entry is made from the numbers of its groups.

    `compute(**arrays)`, and that of the slips, takes arrays that broadcast over the entries;
    `formula(**addresses)` the addresses that serve one entry.
    """

    def spread(part: Callable[..., Array]) -> Callable[..., Array]:
        return lambda **arrays: part(
            **{letter: sources[letter][1].spread(x) for letter, x in arrays.items()}
        )

    def text(at: Addresses, *index: int) -> str:
        cells = {
            letter: groups.cell(getattr(at, letter), index)
            for letter, (_, groups) in sources.items()
        }
        return formula(**cells)

    tensors = {letter: tensor for letter, (tensor, _) in sources.items()}
    wrong = tuple(replace(slip, compute=spread(slip.compute)) for slip in slips)
    return Equation(target, tensors, spread(compute), text, math, wrong)
