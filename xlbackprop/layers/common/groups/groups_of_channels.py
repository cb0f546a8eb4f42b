"""Entries in groups of neighbouring channels: each group has numbers of its own.

With C channels in G groups, channel c is in group g = ⌊c / (C/G)⌋.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.sums import Terms
from xlbackprop.equation import Array, Index, Shape
from xlbackprop.formula.grid import Addresses, View
from xlbackprop.layers.common.groups.groups import Groups
from xlbackprop.layers.common.groups.summands import Summand


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

    def _terms(self, summand: Summand) -> Terms:
        """Return what each channel adds to the sums of its groups; all at once, in one block."""
        axis, size = self.kept[-1], self.channels
        is_block = axis < len(self.entries.leading)
        blocks = size if is_block else 1

        def partial(part: slice, **arrays: Array) -> Array:
            of_channels = super(GroupsOfChannels, self).sum_of(summand.compute(**arrays))
            parts = of_channels.reshape(*self.shape, blocks, -1)[..., part, :]
            return np.asarray(parts.sum(axis=(-1, -2)))

        def term(at: Addresses, t: int, *index: int) -> str:
            first = index[-1] * size
            own = first + t if is_block else slice(first, first + size)
            position = dict(zip(self.kept, [*index[:-1], own], strict=True))
            key = tuple(position.get(one, slice(None)) for one in range(len(self.entries.shape)))
            return summand.of_block(at, key)

        return Terms(blocks, summand.sources, partial, term, each="channel")
