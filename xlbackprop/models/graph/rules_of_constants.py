"""Operations on constants alone, as masks and positions are made: they are computed at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import RefusedError, Value

_COMPARED: Mapping[str, Callable[[Array, Any], Array]] = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "logical_and": np.logical_and, "logical_or": np.logical_or,
}  # fmt: skip


def is_constant(value: object) -> bool:
    """Return whether a value is numbers that nothing trains."""
    return isinstance(value, Stored) and not value.trainable


def computed(numbers: Any) -> Stored:
    """Return numbers as a constant."""
    return Stored("", np.asarray(numbers, dtype=np.float64), trainable=False)


def constant(value: object) -> Array:
    """Return the numbers of a constant. Raises RefusedError for what is computed, or trained."""
    if isinstance(value, Stored) and not value.trainable:
        return value.array
    if isinstance(value, (int, float)):
        return np.asarray(float(value))
    raise RefusedError("it compares, and through that no gradient flows")


def _compared(name: str) -> Callable[[Call], Value]:
    return lambda call: computed(_COMPARED[name](constant(call["input"]), constant(call["other"])))


def _triangle(part: Callable[..., Array]) -> Callable[[Call], Value]:
    return lambda call: computed(part(constant(call["input"]), call["diagonal"]))


def _arange(call: Call) -> Value:
    start, step = call.arguments.get("start", 0), call.arguments.get("step", 1)
    return computed(np.arange(call.shape[0]) * step + start)


def _sliced(call: Call) -> Value:
    array = constant(call["input"])
    axis = call["dim"] % array.ndim
    place = slice(call["start"], call["end"], call["step"])
    return computed(array[(slice(None),) * axis + (place,)])


def _selected(call: Call) -> Value:
    return computed(np.take(constant(call["input"]), call["index"], call["dim"]))


def _expanded(call: Call) -> Value:
    return computed(np.broadcast_to(constant(call["input"]), call.shape))


def _transposed(call: Call) -> Value:
    return computed(np.swapaxes(constant(call["input"]), call["dim0"], call["dim1"]))


# What only constants can go through.
CONSTANTS: Mapping[str, Callable[[Call], Value]] = {
    **{name: _compared(name) for name in _COMPARED},
    "logical_not": lambda call: computed(constant(call["input"]) == 0),
    "bitwise_not": lambda call: computed(constant(call["input"]) == 0),
    "triu": _triangle(np.triu),
    "tril": _triangle(np.tril),
    "arange": _arange,
}

# What constants go through in a way of their own.
OF_CONSTANTS: Mapping[str, Callable[[Call], Value]] = {
    "slice": _sliced,
    "select": _selected,
    "expand": _expanded,
    "transpose": _transposed,
}
