"""What a layer's file fulfils: the tensors and equations it makes, and how it registers.

A layer is a frozen dataclass of its options with one method, `equations`, registered under the
type that specs use:

    @layer("conv2d", short="conv")
    @dataclass(frozen=True)
    class Conv2d:
        filters: int = count()
        def equations(self, scope: Scope, shape: Shape) -> LayerEquations: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from xlbackprop.equation import Equation, Kind, Place, Shape, Tensor
from xlbackprop.errors import SpecError


@dataclass(frozen=True)
class Scope:
    """Where a layer makes its tensors: the layer's name, and what the network gives it.

    `kinds` says what the input `h` and the upstream gradient `dL_dout` are here: given at the
    ends of the network, links in its middle.
    """

    name: str
    kinds: Mapping[str, Kind]

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
    ) -> Tensor:
        """Return the tensor `<layer>.<short>`; `axes` has a letter for each dimension."""
        if place is None:
            place = Place.PARAMETERS if kind is Kind.PARAMETER else Place.COLUMN
        return Tensor(
            name=f"{self.name}.{short}",
            shape=shape,
            axes=tuple(axes),
            kind=self.kinds.get(short, kind),
            about=about,
            block_rank=block_rank,
            place=place,
            belongs_to=belongs_to.name if belongs_to else None,
            symbol=symbol,
        )

    def gradient(self, of: Tensor, about: str) -> Tensor:
        """Return the tensor `dL_d<of>`, shaped like `of` and standing under it."""
        return self.tensor(
            f"dL_d{of.short}",
            of.shape,
            "".join(of.axes),
            Kind.BACKWARD,
            about,
            block_rank=of.block_rank,
            place=Place.BELOW,
            belongs_to=of,
        )

    def refuse(self, key: str, value: object, why: str) -> SpecError:
        """Return the error that says why an option cannot work here."""
        return SpecError(f'layer "{self.name}": {key} = {value}: {why}')


@dataclass(frozen=True)
class LayerEquations:
    """All tensors and equations of one layer, in the order in which they are computed."""

    h: Tensor
    parameters: tuple[Tensor, ...]
    out: Tensor
    forward: tuple[Equation, ...]
    dL_dout: Tensor
    backward: tuple[Equation, ...]
    dL_dh: Tensor
    about: str  # one line for the sheet's head: "3 filters 3×3, stride 1, padding 0"
    note: str = ""  # one more sentence, where the layer's name misleads


class Layer(Protocol):
    """What the network asks of a layer."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's tensors and equations for an input of the given shape.

        Raises SpecError where the options do not fit the shape.
        """
        ...


@dataclass(frozen=True)
class LayerType:
    """A registered layer: the class, and the word from which default names are made."""

    cls: type[Layer]
    short: str


LAYERS: dict[str, LayerType] = {}

C = TypeVar("C", bound=type)


def layer(type_name: str, *, short: str) -> Callable[[C], C]:
    """Register a layer class under the type that specs use; `short` makes names: conv1, conv2."""

    def register(cls: C) -> C:
        if type_name in LAYERS:
            raise ValueError(f"a layer of type {type_name!r} is registered already")
        LAYERS[type_name] = LayerType(cls, short)
        return cls

    return register
