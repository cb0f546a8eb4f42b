"""Entries in groups of neighbouring channels: each group has numbers of its own.

With C channels in G groups, channel c is in group g = ⌊c / (C/G)⌋.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Index, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses, View
from xlbackprop.layers.common.groups import Groups


@dataclass(frozen=True)
class GroupsOfChannels(Groups):
    """The entries of each sample whose channels, the last axis `kept`, are in one group."""

    number: int  # of groups

    @property
    def channels(self) -> int:
        """How many channels a group has."""
        return self.entries.shape[self.kept[-1]] // self.number

    @property
    def shape(self) -> Shape:
        """(N, G), or (G,) without a batch."""
        return (*super().shape[:-1], self.number)

    @property
    def axes(self) -> str:
        """The letters of the axes that are kept; g for the groups."""
        return super().axes[:-1] + "g"

    @property
    def block_rank(self) -> int:
        """All numbers stand in one block."""
        return 2

    @property
    def are_rows(self) -> bool:
        """Whether each row of a block is a group: it is not, whatever the sizes."""
        return False

    @property
    def summed(self) -> str:
        """The letters of the axes that are summed over, as equations write them: `c in g,i,j`."""
        letter = self.entries.axes[self.kept[-1]]
        return ",".join(filter(None, [f"{letter} in g", super().summed]))

    def spread(self, numbers: Array) -> Array:
        """Return the groups' numbers in a shape that broadcasts over the entries."""
        return super().spread(np.repeat(numbers, self.channels, axis=-1))

    def sum_of(self, entries: Array) -> Array:
        """Return the sums of the groups' entries, one number for each group."""
        of_channels = super().sum_of(entries)
        return np.asarray(of_channels.reshape(*self.shape, -1).sum(axis=-1))

    def cell(self, numbers: View, index: Index) -> str:
        """Return the address of the number of an entry's group, anchored for dragging."""
        *sample, channel = (index[axis] for axis in self.kept)
        return numbers[*sample, channel // self.channels].fixed

    def sums(
        self,
        scope: Scope,
        target: Tensor,
        sources: Mapping[str, Tensor],
        compute: Callable[..., Array],
        text: Callable[..., str],
        math: Math,
        *,
        divisor: int = 1,
        slips: Iterable[Slip] = (),
    ) -> list[Equation]:
        """Return the equations of a sum over each group, one term for each block, divided.

        `compute(**arrays)` returns what is summed, entry by entry; `text(*addresses)` the sum
        over one block's part of a group.
        """
        axis, size = self.kept[-1], self.channels
        is_block = axis < len(self.entries.leading)
        blocks = size if is_block else 1

        def partial(part: slice, **arrays: Array) -> Array:
            of_channels = super(GroupsOfChannels, self).sum_of(compute(**arrays))
            parts = of_channels.reshape(*self.shape, blocks, -1)[..., part, :]
            return np.asarray(parts.sum(axis=(-1, -2)))

        def term(at: Addresses, t: int, *index: int) -> str:
            first = index[-1] * size
            own = first + t if is_block else slice(first, first + size)
            position = dict(zip(self.kept, [*index[:-1], own], strict=True))
            key = tuple(position.get(one, slice(None)) for one in range(len(self.entries.shape)))
            return text(*(getattr(at, letter)[key] for letter in sources))

        def divided(text: str, at: Addresses, *index: int) -> str:  # noqa: ARG001
            return f"({text})/{divisor}" if blocks > 1 else f"{text}/{divisor}"

        divide = Finish(compute=lambda total: total / divisor, formula=divided)
        terms = Terms(blocks, sources, partial, term, each="channel")
        finish = divide if divisor > 1 else None
        return sum_equations(scope, target, terms, math, finish, slips)
