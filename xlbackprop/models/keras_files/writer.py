"""A program while it is being made of Keras layers, whose channels come last, and here first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xlbackprop.equation import Array, Shape
from xlbackprop.models.graph.program import Operation, Stored, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.keras_files.calls import Call


@dataclass(frozen=True)
class Seen:
    """A result: its shape as Keras has it, with the batch, and whether channels are first here."""

    name: str
    shape: Shape
    moved: bool = False

    @property
    def use(self) -> Use:
        """The result as an argument."""
        return Use(self.name)

    @property
    def own(self) -> Shape:
        """The shape as it is here."""
        return moved(self.shape) if self.moved else self.shape


def moved(shape: Shape) -> Shape:
    """Return a shape with the channels after the batch, not last."""
    return (shape[0], shape[-1], *shape[1:-1])


@dataclass
class Writer:
    """The operations that one call of a layer becomes."""

    call: Call
    variables: list[Array]
    operations: list[Operation] = field(default_factory=list)

    @property
    def options(self) -> Mapping[str, Any]:
        """The layer's config."""
        return self.call.options

    def emit(self, type_name: str, shape: Shape, **arguments: Any) -> Use:
        """Add an operation, and return its result."""
        layer, number = self.call.place
        name = f"{layer}#{number}#{len(self.operations)}"
        self.operations.append(
            Operation(
                name, type_name, arguments, shape, layer, is_leaf=self._is_first(type_name),
                called=self.call.type,
            )
        )  # fmt: skip
        return Use(name)

    def _is_first(self, type_name: str) -> bool:
        """Return whether an operation has the layer's name: what turns the axes has one besides."""
        others = [one for one in self.operations if one.type != "permute"]
        return not others and (type_name != "permute" or self.call.type == "Permute")

    def first(self, seen: Seen) -> Seen:
        """Return a result with the channels after the batch."""
        if seen.moved or len(seen.shape) < 3:
            return seen
        order = [0, len(seen.shape) - 1, *range(1, len(seen.shape) - 1)]
        use = self.emit("permute", moved(seen.shape), input=seen.use, dims=order)
        return Seen(use.name, seen.shape, moved=True)

    def last(self, seen: Seen) -> Seen:
        """Return a result with the channels last, as Keras has it."""
        if not seen.moved:
            return seen
        order = [0, *range(2, len(seen.shape)), 1]
        use = self.emit("permute", seen.shape, input=seen.use, dims=order)
        return Seen(use.name, seen.shape)

    def variable(self, place: int, name: str, shape: Shape | None = None) -> Array:
        """Return a variable of the layer. Raises RefusedError where the file has none."""
        if place >= len(self.variables):
            raise RefusedError(f"the file holds no {name} of it")
        array = self.variables[place]
        if shape is not None and array.shape != shape:
            raise RefusedError(f"its {name} has shape {list(array.shape)}: expected {list(shape)}")
        return array

    def stored(self, name: str, array: Array) -> Stored:
        """Return numbers as a parameter of the layer."""
        trainable = bool(self.options.get("trainable", True))
        owner = "".join(one if one.isalnum() else "_" for one in self.call.place[0])
        return Stored(f"{owner}.{name}", np.ascontiguousarray(array), trainable)

    def given(self, array: Array) -> Stored:
        """Return numbers that nothing trains."""
        return Stored("", array, trainable=False)
