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
from dataclasses import dataclass, field
from math import prod
from typing import Protocol, TypeVar

from xlbackprop.contract.registry import Registry
from xlbackprop.equation import Domain, Equation, Kind, Place, Shape, Tensor
from xlbackprop.errors import SpecError

# A single tensor beyond this is refused before anything is made of it.
LARGEST_TENSOR = 1_000_000


@dataclass(frozen=True)
class Scope:
    """Where a layer makes its tensors: the layer's name, and what the network gives it.

    `kinds` says what the inputs and the upstream gradient `dL_dout` are here: given at the ends
    of the network, links in its middle. From the second training step on, nothing is given: what
    was is a link to the step before.
    """

    layer: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    has_batch: bool = False
    step: int = 1  # the training step

    def axes(self, shape: Shape) -> str:
        """Return the letters that people use for the axes of a layer's input or output."""
        own = {1: "j", 2: "ij", 3: "cij"}
        return "n" + own[len(shape) - 1] if self.has_batch else own[len(shape)]

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
        domain: Domain | None = None,
    ) -> Tensor:
        """Return the tensor `<layer>.<short>`; `axes` has a letter for each dimension."""
        if place is None:
            place = Place.PARAMETERS if kind is Kind.PARAMETER else Place.COLUMN
        if prod(shape) > LARGEST_TENSOR:
            raise SpecError(
                f'layer "{self.layer}": the tensor {self.layer}.{short} would have {prod(shape):,}'
                f" cells, more than {LARGEST_TENSOR:,}"
            )
        kind = self.kinds.get(short, kind)
        if self.step > 1 and not kind.is_computed:
            kind = Kind.LINK
        return Tensor(
            layer=self.layer,
            short=short,
            shape=shape,
            axes=tuple(axes),
            kind=kind,
            about=about,
            block_rank=block_rank,
            place=place,
            belongs_to=belongs_to.name if belongs_to else None,
            symbol=symbol,
            vertical=vertical,
            domain=domain or Domain(),
            step=self.step,
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
            vertical=of.vertical,
        )

    def refuse(self, key: str, value: object, why: str) -> SpecError:
        """Return the error that says why an option, or the input's shape, cannot work here."""
        shown = list(value) if isinstance(value, tuple) else value
        return SpecError(f'layer "{self.layer}": {key} = {shown}: {why}')


@dataclass(frozen=True)
class LayerEquations:
    """All tensors and equations of one layer, in the order in which they are computed."""

    inputs: tuple[Tensor, ...]
    out: Tensor
    forward: tuple[Equation, ...]
    dL_dout: Tensor
    backward: tuple[Equation, ...]
    gradients: tuple[Tensor | None, ...]  # of the inputs; None where there is none (class numbers)
    about: str  # one line for the sheet's head: "3 filters 3×3, stride 1, padding 0"
    parameters: tuple[Tensor, ...] = ()
    givens: tuple[Tensor, ...] = ()  # others than the inputs: a mask
    note: str = ""  # one more sentence, where the layer's name misleads


class Layer(Protocol):
    """What the network asks of a layer."""

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's tensors and equations for inputs of the given shapes.

        A layer that takes one input names its parameter `shape`. Raises SpecError where the
        options do not fit the shapes.
        """
        ...


@dataclass(frozen=True)
class LayerType:
    """A registered layer: its class, the word for default names, and whether it joins inputs."""

    cls: type[Layer]
    short: str
    joins: bool


LAYERS: Registry[LayerType] = Registry("a layer of type")

C = TypeVar("C", bound=type)


def layer(type_name: str, *, short: str, joins: bool = False) -> Callable[[C], C]:
    """Register a layer class under the type that specs use.

    `short` makes default names (conv1, conv2); a layer that `joins` takes two inputs or more.
    """

    def register(cls: C) -> C:
        LAYERS.add(type_name, LayerType(cls, short, joins), module=cls.__module__)
        return cls

    return register
