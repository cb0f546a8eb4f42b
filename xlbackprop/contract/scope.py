"""Where a layer makes its tensors and ports: it names them, and says how they stand on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TypedDict, Unpack

from xlbackprop.contract.folding import folded_row
from xlbackprop.contract.port import Port
from xlbackprop.equation import Domain, Kind, Place, Shape, Tensor, owner_in_step
from xlbackprop.errors import SizeError, SpecError

# A single tensor beyond this is refused before anything is made of it.
LARGEST_TENSOR = 1_000_000

# The letters of the axes, from the last one back; before them a batch has n.
_AXES = "zyxvutsrpmgfedcij"


class Look(TypedDict, total=False):
    """What may be said of any tensor beyond its name, shape and axes; see `Tensor`."""

    block_rank: int
    place: Place | None
    belongs_to: Tensor | None
    symbol: str
    vertical: bool
    row_length: int
    domain: Domain | None
    hides_constants: bool


@dataclass(frozen=True)
class Scope:
    """The layer (or loss) whose tensors are made, and what the network tells it.

    What a tensor is to the layer, its role, is said by how it is made: `input`, `parameter`,
    `output`, `given`, or `tensor` for all that the layer computes besides. The network decides by
    the role whether its cells are given, a link to others, or computed.
    """

    layer: str
    has_batch: bool = False
    step: int = 1  # the training step
    in_row: bool = False  # whether all of a step stands in one row
    is_last: bool = False  # whether the loss takes the layer's output
    # How long the rows are in which outputs before are folded, by the entries in all rows; None
    # where nothing is folded.
    row_lengths: Mapping[int, int] | None = None

    @property
    def name(self) -> str:
        """What the names of the layer's tensors begin with: `step2.conv1` in the second step."""
        return owner_in_step(self.layer, self.step)

    def axes(self, shape: Shape) -> str:
        """Return the letters that people use for the axes of a layer's input or output."""
        batch = "n" if self.has_batch and shape else ""
        own = len(shape) - len(batch)
        if own > len(_AXES):
            raise self.refuse("input", shape, f"has more than {len(_AXES)} axes")
        return batch + _AXES[len(_AXES) - own :]

    def row_length(
        self, shape: Shape, *, of_output: bool = False, natural: Iterable[int] = ()
    ) -> int:
        """Return how many entries stand in a row where a vector of a shape is folded, 0 if not.

        `natural` are the lengths of rows and planes that it was made from: where one of them is
        no page wide, the numbers stay in the shape that they had. What the loss takes is not
        folded: it looks entries up by their number.
        """
        if self.row_lengths is None or self.has_batch or len(shape) != 1:
            return 0
        if of_output and self.is_last:
            return 0
        (entries,) = shape
        return self.row_lengths.get(entries, 0) or folded_row(entries, natural)

    def input(
        self,
        short: str,
        shape: Shape,
        axes: str = "",
        about: str = "input",
        *,
        gradient: str = "gradient for the layer before",
        flows: bool = True,
        **look: Unpack[Look],
    ) -> Port:
        """Return an input of the layer, with its gradient `dL_d<short>`.

        The axes are those of any layer's input by default. `about` and `gradient` say in a few
        words what the tensor and its gradient are. Where no gradient `flows` (class numbers), the
        layer has no equation for it.
        """
        axes = axes or self.axes(shape)
        tensor = self.tensor(short, shape, axes, Kind.GIVEN, about, **look)
        return Port(tensor, self.gradient(tensor, gradient), flows)

    def parameter(
        self,
        short: str,
        shape: Shape,
        axes: str,
        about: str,
        *,
        gradient: str = "",
        **look: Unpack[Look],
    ) -> Port:
        """Return a parameter of the layer, with its gradient: what optimizers train."""
        tensor = self.tensor(short, shape, axes, Kind.PARAMETER, about, **look)
        return Port(tensor, self.gradient(tensor, gradient or f"gradient of the {about}"))

    def output(
        self,
        short: str,
        shape: Shape,
        axes: str = "",
        about: str = "output",
        *,
        gradient: str = "upstream gradient",
        flows: bool = True,
        **look: Unpack[Look],
    ) -> Port:
        """Return an output of the layer, with its gradient, which the network provides.

        A layer after it names it with `from = "<layer>.<short>"`, or the first one with the
        layer's name alone.
        """
        axes = axes or self.axes(shape)
        tensor = self.tensor(short, shape, axes, Kind.FORWARD, about, **look)
        return Port(tensor, self.gradient(tensor, gradient), flows)

    def given(
        self, short: str, shape: Shape, axes: str, about: str, **look: Unpack[Look]
    ) -> Tensor:
        """Return a tensor whose numbers the user gives and nothing trains: a mask, a target."""
        return self.tensor(short, shape, axes, Kind.GIVEN, about, **look)

    def tensor(
        self,
        short: str,
        shape: Shape,
        axes: str,
        kind: Kind,
        about: str,
        *,
        block_rank: int = 2,
        place: Place | None = None,
        belongs_to: Tensor | None = None,
        symbol: str = "",
        vertical: bool = False,
        row_length: int = 0,
        domain: Domain | None = None,
        hides_constants: bool = False,
    ) -> Tensor:
        """Return the tensor `<layer>.<short>`; `axes` has a letter for each dimension."""
        if place is None:
            place = Place.PARAMETERS if kind is Kind.PARAMETER else Place.COLUMN
        self._check_size(short, shape)
        return Tensor(
            layer=self.layer,
            short=short,
            shape=shape,
            axes=tuple(axes),
            kind=kind,
            about=about,
            block_rank=1 if self.in_row else block_rank,
            place=place,
            belongs_to=belongs_to.name if belongs_to else None,
            symbol=symbol,
            vertical=vertical and not self.in_row,
            row_length=row_length,
            domain=domain or Domain(),
            hides_constants=hides_constants,
            step=self.step,
        )

    def _check_size(self, short: str, shape: Shape) -> None:
        if prod(shape) > LARGEST_TENSOR:
            raise SizeError(
                f'layer "{self.layer}": the tensor {self.name}.{short} would have {prod(shape):,}'
                f" cells, more than {LARGEST_TENSOR:,}"
            )

    def gradient(self, of: Tensor, about: str) -> Tensor:
        """Return the tensor `dL_d<of>`, shaped like `of` and standing under it."""
        return self.beside(of, f"dL_d{of.short}", Kind.BACKWARD, about, Place.BELOW)

    def beside(self, of: Tensor, short: str, kind: Kind, about: str, place: Place) -> Tensor:
        """Return a tensor shaped like another one, beside or below it."""
        return self.tensor(
            short,
            of.shape,
            "".join(of.axes),
            kind,
            about,
            block_rank=of.block_rank,
            place=place,
            belongs_to=of,
            vertical=of.vertical,
            row_length=of.row_length,
        )

    def refuse(self, key: str, value: object, why: str) -> SpecError:
        """Return the error that says why an option, or the input's shape, cannot work here."""
        shown = list(value) if isinstance(value, tuple) else value
        return SpecError(f'layer "{self.layer}": {key} = {shown}: {why}')
