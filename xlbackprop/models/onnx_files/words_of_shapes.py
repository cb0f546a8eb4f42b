"""Nodes that calculate or move entries: sums, products, other shapes and orders, parts, joins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from xlbackprop.models.graph.program import Stored, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.onnx_files.step import Step, Steps, Words

_NUMBERS, _WHOLE_NUMBERS = (1, 10, 11, 16), (6, 7)  # in onnx.TensorProto


def _pair(type_name: str) -> Callable[[Words], Steps]:
    return lambda of: [Step(type_name, {"input": of.value(0), "other": of.value(1)})]


def _sum_of_two(of: Words) -> Steps:
    """Return a sum; an initializer (T, D) that is added to sequences is learned positions."""
    both = [of.value(0), of.value(1)]
    for place, one in enumerate(both):
        if isinstance(one, Stored) and one.array.ndim >= 2:
            array = one.array[0] if one.array.shape[0] == 1 and one.array.ndim == 3 else one.array
            if one.name and array.shape == of.shape[1:] and array.ndim == 2:
                both[place] = Stored(one.name, array, trainable=True)
    return [Step("add", {"input": both[0], "other": both[1]})]


def _sum_of_all(of: Words) -> Iterator[Step]:
    values = [of.value(place) for place in range(len(of.node.inputs))]
    if len(values) == 1:
        yield Step("clone", {"input": values[0]})
    for place, value in enumerate(values[1:], start=2):
        is_end = place == len(values)
        result = "" if is_end else f"{of.node.outputs[0]}#{place}"
        yield Step("add", {"input": values[0], "other": value}, result=result)
        values[0] = Use(result)


def _power(of: Words) -> Steps:
    exponent = of.node.numbers(1)
    number = float(exponent.reshape(-1)[0]) if exponent is not None and exponent.size == 1 else None
    return [Step("pow", {"input": of.value(0), "exponent": number})]


def _reduced(type_name: str) -> Callable[[Words], Steps]:
    def words(of: Words) -> Steps:
        axes = of.sizes("axes", 1)
        return [Step(type_name, {"input": of.value(0), "dim": axes or None})]

    return words


def _viewed(of: Words) -> Steps:
    return [Step("view", {"input": of.value(0)})]


def _squeezed(of: Words) -> Steps:
    return [Step("squeeze", {"input": of.value(0), "dim": of.sizes("axes", 1)})]


def _transposed(of: Words) -> Steps:
    order = of.sizes("perm") or list(range(len(of.source_shape())))[::-1]
    return [Step("permute", {"input": of.value(0), "dims": order})]


def _joined(of: Words) -> Steps:
    values = [of.value(place) for place in range(len(of.node.inputs))]
    return [Step("cat", {"tensors": values, "dim": of.get("axis", 1)})]


def _sliced(of: Words) -> Iterator[Step]:
    starts, ends = of.sizes("starts", 1) or [], of.sizes("ends", 2) or []
    axes = of.sizes("axes", 3) or list(range(len(starts)))
    steps = of.sizes("steps", 4) or [1] * len(starts)
    value, shape = of.value(0), list(of.source_shape())
    parts = list(zip(axes, starts, ends, steps, strict=True))
    for number, (axis, start, end, step) in enumerate(parts, start=1):
        shape[axis] = len(range(*slice(start, end, step).indices(shape[axis])))
        result = "" if number == len(parts) else f"{of.node.outputs[0]}#{number}"
        arguments = {"input": value, "dim": axis, "start": start, "end": end, "step": step}
        yield Step("slice", arguments, tuple(shape), result)
        value = Use(result)


def _split(of: Words) -> Iterator[Step]:
    axis = of.get("axis", 0)
    sizes = [of.node.shapes[name][axis] for name in of.node.outputs]
    whole = f"{of.node.outputs[0]}#all"
    yield Step(
        "split_with_sizes", {"input": of.value(0), "dim": axis, "split_sizes": sizes}, (), whole
    )
    for place, name in enumerate(of.node.outputs):
        yield Step("getitem", {"input": Use(whole), "index": place}, of.node.shapes[name], name)


def _gathered(of: Words) -> Steps:
    """Return rows of a table, one entry along an axis, or a range of them."""
    axis, indices, table = of.get("axis", 0), of.node.numbers(1), of.parameter(0)
    if isinstance(table, Stored):
        if axis != 0 or table.array.ndim != 2 or indices is not None:
            raise RefusedError("it takes entries of numbers that are no table (vocabulary, width)")
        arguments = {"weight": table, "indices": of.value(1)}
        return [Step("embedding", {**arguments, "scale_grad_by_freq": False, "padding_idx": -1})]
    if indices is None:
        raise RefusedError("which entries it takes is computed")
    if indices.ndim == 0:
        return [Step("select", {"input": of.value(0), "dim": axis, "index": int(indices)})]
    first = int(indices.reshape(-1)[0]) % of.source_shape()[axis] if indices.size else 0
    expected = np.arange(first, first + indices.size)
    if indices.ndim != 1 or not (indices % of.source_shape()[axis] == expected).all():
        raise RefusedError("it takes entries in an order of its own, and a slice takes a range")
    arguments = {"input": of.value(0), "dim": axis, "start": first, "length": indices.size}
    return [Step("narrow", arguments)]


def _chosen(of: Words) -> Steps:
    """Return a Where whose condition is known: a mask that is filled with a number."""
    mask = of.known(0, "conditions") != 0
    for place, hidden in ((1, mask), (2, ~mask)):
        filler = of.node.numbers(place)
        if filler is not None and filler.size == 1:
            arguments = {"input": of.value(3 - place), "value": float(filler.reshape(-1)[0])}
            hides = Stored("", hidden.astype(np.float64), trainable=False)
            return [Step("masked_fill", {**arguments, "mask": hides})]
    raise RefusedError("it chooses between two tensors: expected a single number for one of them")


def _expanded(of: Words) -> Steps:
    return [Step("expand", {"input": of.value(0)})]


def _cast(of: Words) -> Steps:
    is_index = of.get("to") in _WHOLE_NUMBERS and of.node.inputs[0] in of.inputs
    if of.get("to") not in _NUMBERS and not is_index:
        raise RefusedError("it rounds, or makes something else than numbers: no gradient flows")
    return [Step("to", {"input": of.value(0)})]


SHAPES: Mapping[str, Callable[[Words], Steps]] = {
    "Add": _sum_of_two,
    "Sum": _sum_of_all,
    "Sub": _pair("sub"),
    "Mul": _pair("mul"),
    "Div": _pair("div"),
    "Neg": lambda of: [Step("neg", {"input": of.value(0)})],
    "Pow": _power,
    "ReduceSum": _reduced("sum"),
    "ReduceMean": _reduced("mean"),
    "Reshape": _viewed,
    "Flatten": _viewed,
    "Unsqueeze": _viewed,
    "Squeeze": _squeezed,
    "Transpose": _transposed,
    "Concat": _joined,
    "Slice": _sliced,
    "Split": _split,
    "Gather": _gathered,
    "Expand": _expanded,
    "Where": _chosen,
    "Cast": _cast,
    "Identity": lambda of: [Step("clone", {"input": of.value(0)})],
}
