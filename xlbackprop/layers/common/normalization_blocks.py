"""The tensors of a normalization, and where they stand on the page."""

from __future__ import annotations

from xlbackprop.contract.layer import Port, Scope
from xlbackprop.equation import Domain, Kind, Place, Shape, Tensor
from xlbackprop.layers.common.elementwise import Elementwise
from xlbackprop.layers.common.groups import Groups

Axes = tuple[int, ...]


class NormalizationBlocks:
    """The tensors of a normalization of known shape.

    `statistics` are the axes of which each index has a mean and a variance of its own,
    `parameters` those of which it has its own gamma and beta.
    """

    def __init__(
        self, scope: Scope, shape: Shape, eps: float, statistics: Axes, parameters: Axes
    ) -> None:
        part = Elementwise(scope, shape)
        self.part, self.scope, self.eps = part, scope, eps
        self.h, self.out, self.dL_dout, self.dL_dh = part.h, part.out, part.dL_dout, part.dL_dh
        self.entries = Groups(self.h, tuple(range(len(shape))))
        self.groups, self.sharing = Groups(self.h, statistics), Groups(self.h, parameters)
        # The index of an entry, of its group, and of its gamma and beta, in equations.
        self.i, self.g, self.p = self.entries.index, self.groups.index, self.sharing.index
        self._make_forward()
        self._make_backward()

    def _make_forward(self) -> None:
        """Rows' statistics stand to the right of the rows, all others below the blocks."""
        in_rows = self.groups.are_rows
        place = Place.BESIDE if in_rows else Place.BELOW
        self.mean = self._number("mean", "of h", place, self.h)
        self.centered = self._block("centered", "h less mean", self.mean if in_rows else self.h)
        self.var = self._number("var", "variance of h", place, self.centered)
        self.inv_std = self._number("inv_std", "1 over deviation", place, self.var)
        left = self.inv_std if in_rows else self.centered
        self.normalized = self._block("normalized", "to mean 0, variance 1", left)
        self.scale = self._parameter("gamma", "scale", 1)
        self.shift = self._parameter("beta", "shift", 0)
        self.gamma, self.dL_dgamma = self.scale.tensor, self.scale.gradient
        self.beta, self.dL_dbeta = self.shift.tensor, self.shift.gradient

    def _make_backward(self) -> None:
        self.dL_dnormalized = self.scope.gradient(self.normalized, "before the scale")
        in_rows, below, backward = self.groups.are_rows, Place.BELOW, Kind.BACKWARD
        above = self.var if in_rows else self.dL_dnormalized
        self.gradient_mean = self._number(
            "gradient_mean", "of the gradient", below, above, backward
        )
        above = self.inv_std if in_rows else self.dL_dnormalized
        self.product_mean = self._number("product_mean", "of the product", below, above, backward)

    def _block(self, short: str, about: str, left: Tensor) -> Tensor:
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

    def _number(
        self, short: str, about: str, place: Place, near: Tensor, kind: Kind = Kind.FORWARD
    ) -> Tensor:
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
