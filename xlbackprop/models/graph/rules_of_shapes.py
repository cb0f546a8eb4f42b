"""Operations that move entries: other shapes, other orders of axes, parts, joins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import chain

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import ITEM, Stored
from xlbackprop.models.graph.turning import turned
from xlbackprop.models.graph.values import Items, Output, Part, RefusedError, States, Value


def _reshaped(call: Call) -> Value:
    if isinstance(call["input"], States):
        return _state(call, call["input"], call.arguments.get("dim"))
    if isinstance(call["input"], Stored) and not call["input"].trainable:
        return replace(call["input"], array=call["input"].array.reshape(call.shape))
    return call.reshaped(call.output(), call.shape)


def _state(call: Call, states: States, axis: object) -> Value:
    """Return the only one of stacked states, where their axis is taken away."""
    if len(states.sequences) > 1 or axis not in (0, [0]):
        raise RefusedError("of the last states h_n one is taken, as by h_n[-1]")
    return _last(call, states.sequences[0])


def _last(call: Call, sequence: Output) -> Output:
    axis, steps = call.draft.axes, sequence.shape[call.draft.axes]
    part = call.sliced(sequence, axis, steps - 1, steps)
    return call.reshaped(part, call.shape)


def _permuted(call: Call) -> Value:
    source = call.output()
    return turned(call, source, [axis % len(source.shape) for axis in call["dims"]])


def _transposed(call: Call) -> Value:
    source = call.output()
    order = list(range(len(source.shape)))
    first, second = call.arguments.get("dim0", -2), call.arguments.get("dim1", -1)
    order[first], order[second] = order[second], order[first]
    return turned(call, source, order)


def _selected(call: Call) -> Value:
    if isinstance(call["input"], States):
        states = call["input"].sequences
        if call["dim"] != 0:
            raise RefusedError("of the last states h_n one is taken, as by h_n[-1]")
        return _last(call, states[call["index"]])
    source = call.output()
    axis = call["dim"] % len(source.shape)
    start = call["index"] % source.shape[axis]
    return call.reshaped(call.sliced(source, axis, start, start + 1), call.shape)


def _sliced(call: Call) -> Value:
    source = call.output()
    axis = call["dim"] % len(source.shape)
    size = source.shape[axis]
    start, stop, step = slice(call["start"], call["end"], call["step"]).indices(size)
    if step != 1:
        raise RefusedError(f"it takes every {step}th entry, and a slice takes all of a range")
    return call.sliced(source, axis, start, stop)


def _narrowed(call: Call) -> Value:
    source = call.output()
    axis = call["dim"] % len(source.shape)
    start = call["start"] % source.shape[axis]
    return call.sliced(source, axis, start, start + call["length"])


def _parted(call: Call) -> Value:
    source = call.output()
    axis = call["dim"] % len(source.shape)
    size = source.shape[axis]
    if "chunks" in call.arguments:
        sizes = [-(-size // call["chunks"])] * call["chunks"]
    else:
        given = call.arguments.get("split_size", call.arguments.get("split_sizes"))
        sizes = given if isinstance(given, list) else [given] * -(-size // given)
    parts, start = [], 0
    for one in sizes:
        if start < size:
            parts.append((start, min(start + one, size)))
        start += one
    return Items(tuple(Part(source, axis, *part) for part in parts))


def _item(call: Call) -> Value:
    items = call["input"]
    if not isinstance(items, Items):
        raise RefusedError("it takes one of several results of what has only one")
    item = items.items[call["index"]]
    return call.as_output(item) if isinstance(item, Part) else item


def _joined(call: Call) -> Value:
    if all(isinstance(one, States) for one in call["tensors"]) and call["dim"] == 0:
        return States(tuple(chain(*(one.sequences for one in call["tensors"]))))
    sources = [call.as_output(one) for one in call["tensors"]]
    rank = len(call.shape)
    axis = call["dim"] % rank
    own = call.own_axis(axis)
    if len(sources) == 1 or own == 0:
        return call.layer("concat", *sources) if len(sources) > 1 else sources[0]
    order = list(range(rank))
    order[axis], order[call.draft.axes] = order[call.draft.axes], order[axis]
    shape = tuple(call.shape[one] for one in order)
    turned = [call.turned(one, order) for one in sources]
    return call.turned(call.layer("concat", *turned, shape=shape), order)


def _stacked(call: Call) -> Value:
    sources = [call.as_output(one) for one in call["tensors"]]
    axis = call["dim"] % len(call.shape)
    shape = (*call.shape[:axis], 1, *call.shape[axis + 1 :])
    alone = [call.reshaped(one, shape) for one in sources]
    return _joined(Call(call.operation, {"tensors": alone, "dim": axis}, call.draft, made=1))


def _expanded(call: Call) -> Value:
    source = call.output()
    if source.shape != call.shape:
        raise RefusedError("it repeats entries: both have to have one shape")
    return source


SHAPES: Mapping[str, Callable[[Call], Value]] = {
    **dict.fromkeys(
        ("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view"),
        _reshaped,
    ),
    "permute": _permuted,
    "transpose": _transposed,
    "t": _transposed,
    "select": _selected,
    "slice": _sliced,
    "narrow": _narrowed,
    "chunk": _parted,
    "split": _parted,
    "split_with_sizes": _parted,
    ITEM: _item,
    "cat": _joined,
    "stack": _stacked,
    "expand": _expanded,
}
