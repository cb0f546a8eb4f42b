"""The tensors of a normalization, and where they stand on the page.

Rows' statistics stand to the right of the rows, all others below the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.equation import Domain, Kind, Place, Shape, Tensor
from xlbackprop.layers.common.elementwise.elementwise import Elementwise
from xlbackprop.layers.common.groups.groups import Groups
from xlbackprop.layers.common.groups.groups_of_channels import GroupsOfChannels

Axes = tuple[int, ...]


@dataclass(frozen=True)
class NormalizationBlocks:
    """The tensors of a normalization of known shape.

    `statistics` are the axes of which each index has a mean and a variance of its own,
    `parameters` those of which it has its own gamma and beta. The channels, the last of the
    statistics' axes, may be `divided` into groups that have them in common. What is not `affine`
    has neither gamma nor beta: what is normalized is the output.
    """

    scope: Scope
    shape: Shape
    eps: float
    statistics: Axes
    parameters: Axes
    divided: int = 0
    affine: bool = True

    @cached_property
    def part(self) -> Elementwise:
        """The input and the output, of the same shape."""
        return Elementwise(self.scope, self.shape, folds=False)

    @property
    def h(self) -> Tensor:
        """The input."""
        return self.part.h

    @cached_property
    def entries(self) -> Groups:
        """Each entry by itself."""
        return Groups(self.h, tuple(range(len(self.shape))))

    @cached_property
    def groups(self) -> Groups:
        """The entries that have a mean and a variance in common."""
        if self.divided:
            return GroupsOfChannels(self.h, self.statistics, self.divided)
        return Groups(self.h, self.statistics)

    @cached_property
    def sharing(self) -> Groups:
        """The entries that share gamma and beta."""
        return Groups(self.h, self.parameters)

    # The forward pass.

    @cached_property
    def mean(self) -> Tensor:
        """The mean of each group."""
        return self.statistic("mean", "of h", self.h)

    @cached_property
    def centered(self) -> Tensor:
        """The entries less their mean."""
        left = self.mean if self.groups.are_rows else self.h
        return self.block("centered", "h less mean", left)

    @cached_property
    def var(self) -> Tensor:
        """The variance of each group."""
        return self.statistic("var", "variance of h", self.centered)

    @cached_property
    def inv_std(self) -> Tensor:
        """1 over the standard deviation of each group."""
        return self.statistic("inv_std", "1 over deviation", self.var)

    @cached_property
    def normalized(self) -> Port:
        """The entries with mean 0 and variance 1, and their gradient."""
        if not self.affine:
            return self.part.output
        left = self.inv_std if self.groups.are_rows else self.centered
        entries = self.block("normalized", "to mean 0, variance 1", left)
        return Port(entries, self.scope.gradient(entries, "before the scale"))

    @cached_property
    def gamma(self) -> Port:
        """The scale."""
        return self._parameter("gamma", "scale", 1)

    @cached_property
    def beta(self) -> Port:
        """The shift."""
        return self._parameter("beta", "shift", 0)

    # The backward pass.

    @cached_property
    def gradient_mean(self) -> Tensor:
        """The mean of the gradient in each group."""
        above = self.var if self.groups.are_rows else self.normalized.gradient
        return self.backward_number("gradient_mean", "of the gradient", above)

    @cached_property
    def product_mean(self) -> Tensor:
        """The mean of the gradient times the normalized entries in each group."""
        above = self.inv_std if self.groups.are_rows else self.normalized.gradient
        return self.backward_number("product_mean", "of the product", above)

    # What they are made with.

    def block(self, short: str, about: str, left: Tensor) -> Tensor:
        """Return a tensor shaped like h, to the right of another."""
        return self.scope.tensor(
            short,
            self.h.shape,
            "".join(self.h.axes),
            Kind.FORWARD,
            about,
            place=Place.BESIDE,
            belongs_to=left,
        )

    def statistic(self, short: str, about: str, near: Tensor) -> Tensor:
        """Return a number for each group on the way forward."""
        place = Place.BESIDE if self.groups.are_rows else Place.BELOW
        return self._number(short, about, place, near, Kind.FORWARD)

    def backward_number(self, short: str, about: str, above: Tensor) -> Tensor:
        """Return a number for each group on the way back, below another tensor."""
        return self._number(short, about, Place.BELOW, above, Kind.BACKWARD)

    def _number(self, short: str, about: str, place: Place, near: Tensor, kind: Kind) -> Tensor:
        """Return a tensor with a number for each group."""
        return self.scope.tensor(
            short,
            self.groups.shape,
            self.groups.axes,
            kind,
            about,
            block_rank=self.groups.block_rank,
            place=place,
            belongs_to=near,
            vertical=self.groups.are_rows,
        )

    def _parameter(self, short: str, about: str, initial: float) -> Port:
        """Return a parameter, with a number for the entries that share it."""
        return self.scope.parameter(
            short,
            self.sharing.shape,
            self.sharing.axes,
            about,
            block_rank=self.sharing.block_rank,
            domain=Domain(initial=initial),
        )
