"""What a layer's file fulfils: the ports and equations it makes, and how it registers.

A layer is a frozen dataclass of its options with one method, `equations`, registered under the
type that specs use:

    @layer("conv2d", short="conv")
    @dataclass(frozen=True)
    class Conv2d:
        filters: int = count()
        def equations(self, scope: Scope, shape: Shape) -> LayerEquations: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from xlbackprop.contract.emphasis import Emphasis
from xlbackprop.contract.port import Port
from xlbackprop.contract.registry import Registry
from xlbackprop.contract.scope import Scope
from xlbackprop.equation import Equation, Shape, Tensor

__all__ = ["LAYERS", "Layer", "LayerEquations", "LayerType", "Port", "Scope", "layer"]


@dataclass(frozen=True)
class LayerEquations:
    """All ports and equations of one layer, in the order in which they are computed.

    The inputs stand in the order of the spec's `from`. Of the outputs, the first is the one that
    layers after it take by default. Names are the layer's own choice: it is the place in here
    that tells what a tensor is.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    about: str  # one line for the sheet's head: "3 filters 3×3, stride 1, padding 0"
    parameters: tuple[Port, ...] = ()
    givens: tuple[Tensor, ...] = ()  # others than the inputs: a mask
    note: str = ""  # one more sentence, where the layer's name misleads
    emphasis: tuple[Emphasis, ...] = ()  # cells that stand out on the page


class Layer(Protocol):
    """What the network asks of a layer."""

    def equations(self, scope: Scope, *shapes: Shape) -> LayerEquations:
        """Return the layer's ports and equations for inputs of the given shapes.

        A layer that takes one input names its parameter `shape`. Raises SpecError where the
        options do not fit the shapes.
        """
        ...


@dataclass(frozen=True)
class LayerType:
    """A registered layer: its class, the word for default names, how many inputs it takes."""

    cls: type[Layer]
    short: str
    least: int
    most: int | None  # None: any number


LAYERS: Registry[LayerType] = Registry("a layer of type")

C = TypeVar("C", bound=type)


def layer(
    type_name: str, *, short: str, inputs: int | tuple[int, int | None] = 1
) -> Callable[[C], C]:
    """Register a layer class under the type that specs use.

    `short` makes default names (conv1, conv2). `inputs` is how many it takes, or the least and
    the most, None for any number.
    """
    least, most = inputs if isinstance(inputs, tuple) else (inputs, inputs)

    def register(cls: C) -> C:
        LAYERS.add(type_name, LayerType(cls, short, least, most), module=cls.__module__)
        return cls

    return register
