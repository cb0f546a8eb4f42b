"""A spec while it is being made: layers, inputs, numbers, and what cannot be expressed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from xlbackprop.equation import Array, Shape
from xlbackprop.models.graph.naming import Names
from xlbackprop.models.graph.program import Operation, Stored
from xlbackprop.models.graph.values import Output, Part, RefusedError, Value
from xlbackprop.spec.array_files import MAX_NUMBERS


@dataclass(frozen=True)
class DraftLayer:
    """A layer: its options, what it takes, and the numbers that the module has for it."""

    name: str
    type: str
    sources: tuple[str, ...]
    options: Mapping[str, Any]
    parameters: Mapping[str, Stored]
    givens: Mapping[str, Array]
    path: str = ""  # the module that it is of


@dataclass
class Draft:
    """The layers so far, in order, and the network's inputs with the numbers they have."""

    batch: int | None
    layers: list[DraftLayer] = field(default_factory=list)
    inputs: dict[str, Shape] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)  # by the input's name
    names: Names = field(default_factory=Names)

    @property
    def axes(self) -> int:
        """How many axes the batch has: 1, or 0 where there is none."""
        return int(self.batch is not None)

    def own(self, shape: Shape) -> Shape:
        """Return a shape without the batch. Raises RefusedError where it is not in front."""
        if self.batch is None:
            return shape
        if not shape or shape[0] != self.batch:
            raise RefusedError(f"the first of its axes is not the batch of {self.batch}")
        return shape[1:]

    def add_input(self, name: str, shape: Shape, array: Array | None) -> Output:
        """Add an input of the network with its numbers, which are drawn without, and return it."""
        own = self.own(shape)
        if not 1 <= len(own) <= 3:
            raise RefusedError("an input has one to three axes after the batch")
        name = self.names.new(name, "x")
        self.inputs[name] = own
        if array is not None:
            self.arrays[name] = array
        return Output(name, shape)


@dataclass
class Call:
    """An operation on its way into a draft: its arguments as values, and the layers it becomes."""

    operation: Operation
    arguments: Mapping[str, Any]
    draft: Draft
    made: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]

    @property
    def shape(self) -> Shape:
        """The result's shape, with the batch."""
        return self.operation.shape

    def output(self, name: str = "input", shape: Shape | None = None) -> Output:
        """Return an argument as an output; numbers become an input of the network.

        `shape` is that to which numbers are repeated. Raises RefusedError for what is no output.
        """
        return self.as_output(self.arguments[name], shape)

    def as_output(self, value: Value | float, shape: Shape | None = None) -> Output:
        """Return a value as an output; see `output`."""
        if isinstance(value, Output):
            return value
        if isinstance(value, Part):
            return self.sliced(value.source, value.axis, value.start, value.stop)
        if isinstance(value, (int, float)):
            value = Stored("", np.asarray(float(value)), trainable=False)
        if not isinstance(value, Stored):
            raise RefusedError("it takes something else than one tensor")
        if value.trainable:
            raise RefusedError(
                f"the parameter {value.name} is used by itself; parameters belong to layers"
            )
        shape = shape or value.array.shape
        if prod(shape) > MAX_NUMBERS:
            raise RefusedError(
                f"constants of {prod(shape):,} numbers are more than {MAX_NUMBERS:,}"
            )
        array = np.broadcast_to(value.array, shape)
        base = value.name.rpartition(".")[2] or "constant"
        return self.draft.add_input(base, shape, np.array(array))

    def stored(self, name: str) -> Stored | None:
        """Return an argument that has to be a parameter or a buffer, or None."""
        value = self.arguments.get(name)
        if value is not None and not isinstance(value, Stored):
            raise RefusedError(f"its {name} is computed; here it is a parameter")
        return value

    def layer(
        self,
        type_name: str,
        *sources: Output,
        shape: Shape | None = None,
        parameters: Mapping[str, Stored | None] | None = None,
        givens: Mapping[str, Stored] | None = None,
        **options: Any,
    ) -> Output:
        """Add a layer, and return its output, by default of the operation's shape."""
        operation = self.operation
        is_first = not self.made
        name = self.draft.names.of_layer(
            operation.path, type_name, is_leaf=operation.is_leaf and is_first
        )
        self.made += 1
        own = {short: one for short, one in (parameters or {}).items() if one is not None}
        numbers = {short: one.array for short, one in (givens or {}).items()}
        taken = tuple(source.source for source in sources)
        self.draft.layers.append(
            DraftLayer(name, type_name, taken, options, own, numbers, operation.path)
        )
        return Output(name, self.shape if shape is None else shape)

    # What several operations are made of.

    def reshaped(self, source: Output, shape: Shape) -> Output:
        """Return the same entries in another shape, the batch included."""
        own, before = self.draft.own(shape), self.draft.own(source.shape)
        if own == before:
            return source
        if len(own) == 1:
            return self.layer("flatten", source, shape=shape)
        if not own:
            raise RefusedError("a single number for each sample has no shape here: keep one axis")
        return self.layer("reshape", source, shape=shape, sizes=list(own))

    def sliced(self, source: Output, axis: int, start: int, stop: int) -> Output:
        """Return the entries from `start` up to `stop` along an axis, the batch counted."""
        if (start, stop) == (0, source.shape[axis]):
            return source
        shape = (*source.shape[:axis], stop - start, *source.shape[axis + 1 :])
        options: dict[str, Any] = {"start": start, "stop": stop, "axis": self.own_axis(axis)}
        is_end = stop == source.shape[axis] and stop - start == 1
        return self.layer("slice", source, shape=shape, is_end=is_end, **options)

    def turned(self, source: Output, order: list[int]) -> Output:
        """Return the axes in another order, the batch counted, which stays in front."""
        if order == list(range(len(order))):
            return source
        if self.draft.axes and order[0] != 0:
            raise RefusedError("the batch would not be the first axis any more")
        shape = tuple(source.shape[axis] for axis in order)
        axes = [axis - self.draft.axes for axis in order[self.draft.axes :]]
        return self.layer("transpose", source, shape=shape, axes=axes)

    def own_axis(self, axis: int) -> int:
        """Return an axis by its number without the batch. Raises RefusedError for the batch."""
        if axis < self.draft.axes:
            raise RefusedError("it works along the batch, whose samples stay by themselves")
        return axis - self.draft.axes


def renamed(layer: DraftLayer, sources: Mapping[str, str]) -> DraftLayer:
    """Return a layer that takes other sources, by the names of those it took."""
    return replace(layer, sources=tuple(sources.get(one, one) for one in layer.sources))
