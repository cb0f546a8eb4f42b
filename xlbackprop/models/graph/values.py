"""What an operation's argument or result is, in terms of a spec."""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Shape
from xlbackprop.models.graph.program import Stored


class RefusedError(Exception):
    """An operation cannot be expressed: why, and what is nearest to it."""


@dataclass(frozen=True)
class Output:
    """A layer's output, or an input of the network; the shape is that with the batch."""

    source: str
    shape: Shape


@dataclass(frozen=True)
class Turned:
    """An output seen with its axes in another order, as with the steps before the batch.

    Each axis is one of the source's, by its number, or None where it is a new one of size 1.
    """

    source: Output
    axes: tuple[int | None, ...]

    @property
    def shape(self) -> Shape:
        """The shape as it is seen."""
        return tuple(1 if axis is None else self.source.shape[axis] for axis in self.axes)


@dataclass(frozen=True)
class Part:
    """A range along an axis, the batch counted, that becomes a layer where it is taken."""

    source: Output
    axis: int
    start: int
    stop: int


@dataclass(frozen=True)
class Items:
    """Several results of one operation."""

    items: tuple[Value, ...]


@dataclass(frozen=True)
class States:
    """The last states of recurrent layers, one on the other: the layers' sequences."""

    sequences: tuple[Output, ...]


@dataclass(frozen=True)
class LogSoftmax:
    """Logarithms of a softmax over the last axis, which a loss may take together."""

    scores: Output


@dataclass(frozen=True)
class Unknown:
    """The result of what cannot be expressed, or rests on such."""


Value = Output | Turned | Part | Items | States | LogSoftmax | Unknown | Stored
