"""A node on its way to operations: what it takes, in the words of the rules of models/graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.models.graph.program import Stored, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.onnx_files.nodes import Known, Node, Numbers


@dataclass(frozen=True)
class Step:
    """An operation to be: its arguments, and what it gives where that is not the node's result."""

    type: str
    arguments: dict[str, Any]
    shape: Shape | None = None
    result: str = ""


Steps = Iterable[Step]


class Words:
    """What the inputs and attributes of a node mean."""

    def __init__(self, node: Node, inputs: frozenset[str]) -> None:
        self.node = node
        self.inputs = inputs  # the names of the graph's

    @property
    def shape(self) -> Shape:
        """The shape of the node's first result."""
        return self.node.shapes[self.node.outputs[0]]

    def has(self, place: int) -> bool:
        """Return whether there is such an input."""
        return place < len(self.node.inputs) and self.node.inputs[place] is not None

    def value(self, place: int) -> Any:
        """Return an input as what another operation gives, or as given numbers."""
        one = self.node.inputs[place] if self.has(place) else None
        return _stored(one, trainable=False) if isinstance(one, Known) else one and Use(one)

    def parameter(self, place: int) -> Any:
        """Return an input as a parameter, which training changes; None where it is missing."""
        one = self.node.inputs[place] if self.has(place) else None
        return _stored(one, trainable=True) if isinstance(one, Known) else one and Use(one)

    def source_shape(self, place: int = 0) -> Shape:
        """Return the shape of an input."""
        one = self.node.inputs[place]
        if isinstance(one, Known):
            return tuple(one.numbers.shape)
        return self.node.shapes[one or ""]

    def get(self, name: str, default: Any = None) -> Any:
        """Return an attribute; a text is one, not bytes."""
        value = self.node.attributes.get(name, default)
        if isinstance(value, float):  # of 32 bits in the file: the decimal that its author wrote
            return float(str(np.float32(value)))
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def sizes(self, name: str, place: int | None = None) -> list[int] | None:
        """Return whole numbers that are an attribute, or in later versions an input."""
        if name in self.node.attributes:
            value = self.node.attributes[name]
            return [value] if isinstance(value, int) else list(map(int, value))
        if place is None or not self.has(place):
            return None
        return list(map(int, self.known(place, name).reshape(-1)))

    def known(self, place: int, what: str) -> Numbers:
        """Return an input that has to be known. Raises RefusedError where it is computed."""
        numbers = self.node.numbers(place)
        if numbers is None:
            raise RefusedError(f"its {what} are computed: expected constants")
        return numbers

    def number(self, place: int, default: float) -> float:
        """Return a single known number."""
        if not self.has(place):
            return default
        return float(self.known(place, "bounds").reshape(-1)[0])


def _stored(known: Known, *, trainable: bool) -> Stored:
    numbers = np.array(known.numbers, dtype=np.float64)
    return Stored(known.name, numbers, trainable and bool(known.name))
