"""Outputs whose batch is seen behind their steps: what each operation makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import ITEM
from xlbackprop.models.graph.values import Output, RefusedError, Turned, Value

# What each entry, or each vector along the last axis, goes through by itself.
_BY_ITSELF = (
    "linear", "relu", "relu6", "hardtanh", "sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu",
    "softplus", "hardswish", "hardsigmoid", "exp", "dropout", "softmax", "add", "sub", "mul", "div",
    "neg", "clone", "contiguous", "layer_norm", "pow",
)  # fmt: skip

# What knows such outputs itself.
_KNOWING = ("rnn_tanh", "rnn_relu", "gru", "lstm", ITEM)


def turned(call: Call, source: Output | Turned, order: Sequence[int]) -> Value:
    """Return the axes in another order, which may put the batch elsewhere than in front."""
    known = source if isinstance(source, Turned) else _as_it_is(source)
    return _settled(call, Turned(known.source, tuple(known.axes[axis] for axis in order)))


def applied(rule: Callable[[Call], Value], type_name: str, call: Call) -> Value:
    """Return what a rule makes of a call, whose arguments may be turned."""
    seen = [one for one in call.arguments.values() if isinstance(one, Turned)]
    if not seen or type_name in _KNOWING:
        return rule(call)
    own = _RULES.get(type_name)
    if own is not None:
        return own(call, seen[0])
    if type_name in _BY_ITSELF:
        return _applied_to_sources(rule, call, seen)
    raise RefusedError("the batch is not its first axis: transpose before it")


def _applied_to_sources(rule: Callable[[Call], Value], call: Call, seen: list[Turned]) -> Value:
    first = seen[0]
    last = len(first.source.shape) - 1
    others = [one for one in call.arguments.values() if isinstance(one, Output)]
    if others or any(one.axes != first.axes for one in seen) or first.axes[-1] != last:
        raise RefusedError("the batch is not the first axis of all that it takes")
    sizes = dict(zip(first.axes, call.shape, strict=True))
    shape = tuple(sizes[axis] for axis in range(last + 1))
    arguments = {
        name: one.source if isinstance(one, Turned) else one for name, one in call.arguments.items()
    }
    result = rule(
        replace(call, operation=replace(call.operation, shape=shape), arguments=arguments)
    )
    if not isinstance(result, Output):
        raise RefusedError("the batch is not its first axis")
    return Turned(result, first.axes)


def _permuted(call: Call, source: Turned) -> Value:
    return turned(call, source, [axis % len(source.axes) for axis in call["dims"]])


def _transposed(call: Call, source: Turned) -> Value:
    order = list(range(len(source.axes)))
    first, second = call.arguments.get("dim0", -2), call.arguments.get("dim1", -1)
    order[first], order[second] = order[second], order[first]
    return turned(call, source, order)


def _reshaped(call: Call, source: Turned) -> Value:
    """Return the same entries where axes of size 1 come or go."""
    if len(call.shape) < len(source.axes):
        source = _without_single(call, source)
    left, axes = [axis for axis in source.axes if axis is not None], list[int | None]()
    for size in call.shape:
        matches = left and source.source.shape[left[0]] == size
        axes.append(left.pop(0) if matches else None)
        if not matches and size != 1:
            raise RefusedError("it joins or divides axes, and the batch is not the first of them")
    if left:
        raise RefusedError("it takes the batch away, which is of size 1")
    return _settled(call, Turned(source.source, tuple(axes)))


def _without_single(call: Call, source: Turned) -> Turned:
    """Return what is seen, the axes of size 1 being none of the source's; the batch stays."""
    shape = source.source.shape
    kept = [axis for axis in range(len(shape)) if axis < call.draft.axes or shape[axis] != 1]
    if len(kept) == len(shape):
        return source
    alone = call.reshaped(source.source, tuple(shape[axis] for axis in kept))
    return Turned(alone, tuple(kept.index(one) if one in kept else None for one in source.axes))


def _selected(call: Call, source: Turned) -> Value:
    place = call["dim"] % len(source.axes)
    axis = source.axes[place]
    rest = source.axes[:place] + source.axes[place + 1 :]
    if axis is None:
        return _settled(call, Turned(source.source, rest))
    call.own_axis(axis)
    size = source.source.shape[axis]
    start = call["index"] % size
    part = call.sliced(source.source, axis, start, start + 1)
    shape = part.shape[:axis] + part.shape[axis + 1 :]
    left = tuple(one if one is None or one < axis else one - 1 for one in rest)
    return _settled(call, Turned(call.reshaped(part, shape), left))


def _sliced(call: Call, source: Turned) -> Value:
    axis = source.axes[call["dim"] % len(source.axes)]
    if axis is None or axis < call.draft.axes:
        raise RefusedError("it works along the batch, whose samples stay by themselves")
    size = source.source.shape[axis]
    start, stop, step = slice(call["start"], call["end"], call["step"]).indices(size)
    if step != 1:
        raise RefusedError(f"it takes every {step}th entry, and a slice takes all of a range")
    return replace(source, source=call.sliced(source.source, axis, start, stop))


def _as_it_is(source: Output) -> Turned:
    return Turned(source, tuple(range(len(source.shape))))


def _settled(call: Call, seen: Turned) -> Output | Turned:
    """Return an output where the batch is in front, or where there is none."""
    if call.draft.axes and seen.axes[0] != 0:
        return seen
    order = [axis for axis in seen.axes if axis is not None]
    return call.reshaped(call.turned(seen.source, order), seen.shape)


_RULES: dict[str, Callable[[Call, Turned], Value]] = {
    "permute": _permuted,
    "transpose": _transposed,
    **dict.fromkeys(
        ("view", "reshape", "flatten", "unflatten", "unsqueeze", "squeeze", "_unsafe_view"),
        _reshaped,
    ),
    "select": _selected,
    "slice": _sliced,
}
