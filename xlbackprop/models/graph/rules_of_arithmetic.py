"""Operations that calculate: sums, products, means, and products of matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.rules_of_attention import visible
from xlbackprop.models.graph.rules_of_constants import computed, constant, is_constant
from xlbackprop.models.graph.values import Output, RefusedError, Value


def _add(call: Call, sign: float = 1) -> Value:
    factor = sign * call.arguments.get("alpha", 1)
    first, second = (_summand(call, name) for name in ("input", "other"))
    if is_constant(first) and is_constant(second):
        return computed(constant(first) + factor * constant(second))
    if isinstance(first, Stored) and first.trainable and factor == 1:
        first, second = second, first
    if isinstance(second, (Output, Stored)) and factor != 1:
        second = _scaled(call, call.as_output(second, call.shape), factor)
    elif isinstance(second, (int, float)):
        second = second * factor
    if isinstance(second, Stored) and second.trainable and isinstance(first, Output):
        return _positioned(call, first, second)
    pair = [visible(one) if isinstance(one, Stored) else one for one in (first, second)]
    both = [call.as_output(one, call.shape) for one in pair]
    return call.layer("add", *_alike(call, both))


def _positioned(call: Call, source: Output, w: Stored) -> Value:
    """Return a sequence to which learned positions are added."""
    if w.array.shape != call.draft.own(source.shape) or len(w.array.shape) != 2:
        raise RefusedError(
            f"the parameter {w.name} is added by itself; a layer's bias is, and positions (T, D) to"
            " a sequence"
        )
    return call.layer("position", source, parameters={"w": w}, kind="learned")


def _subtract(call: Call) -> Value:
    return _add(call, -1)


def _subtract_from(call: Call) -> Value:
    turned = Call(call.operation, _swapped(call), call.draft)
    return _add(turned, -1)


def _swapped(call: Call) -> Mapping[str, object]:
    return {**call.arguments, "input": call["other"], "other": call["input"]}


def _summand(call: Call, name: str) -> Value | float:
    one: Value | float = call[name]
    return one


def _alike(call: Call, outputs: list[Output]) -> list[Output]:
    if any(one.shape != call.shape for one in outputs):
        raise RefusedError(
            f"it repeats {_shown(*(one.shape for one in outputs))} to {_shown(call.shape)}: both"
            " have to have one shape"
        )
    return outputs


def _shown(*shapes: Shape) -> str:
    return " and ".join("×".join(map(str, shape)) or "a number" for shape in shapes)


def _multiply(call: Call) -> Value:
    first, second = call["input"], call["other"]
    if isinstance(first, (int, float)):
        first, second = second, first
    number = _number(second)
    if number is not None:
        return _scaled(call, call.as_output(first), number)
    both = [call.as_output(one, call.shape) for one in (first, second)]
    return call.layer("multiply", *_alike(call, both))


def _number(value: object) -> float | None:
    """Return a factor that is the same everywhere, and that nothing trains."""
    if isinstance(value, Stored) and value.array.size == 1 and not value.trainable:
        return float(value.array.reshape(()))
    return float(value) if isinstance(value, (int, float)) else None


def _divide(call: Call) -> Value:
    number = _number(call["other"])
    if number is None or not number or call.arguments.get("rounding_mode"):
        raise RefusedError("it divides by what is no number; multiply and scale are there")
    return _scaled(call, call.output(), 1 / number)


def _negative(call: Call) -> Value:
    return _scaled(call, call.output(), -1)


def _scaled(call: Call, source: Output, factor: float) -> Output:
    return call.layer("scale", source, shape=source.shape, factor=float(factor))


def _power(call: Call) -> Value:
    exponent = call["exponent"]
    if exponent not in (1, 2, 3, 4):
        raise RefusedError(f"the power {exponent} is none of 1 to 4")
    source = call.output()
    return call.layer("multiply", *[source] * int(exponent)) if exponent > 1 else source


def _reduced(type_name: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        source, axes = call.output(), call.arguments.get("dim")
        if axes is None or axes == []:
            raise RefusedError("it is over everything: a loss does that")
        axes = [axes] if isinstance(axes, int) else axes
        for axis in sorted((axis % len(source.shape) for axis in axes), reverse=True):
            shape = source.shape[:axis] + source.shape[axis + 1 :]
            if len(shape) == call.draft.axes and call.shape == (*shape, 1):
                rows = call.reshaped(source, (*shape, 1, source.shape[-1]))
                return call.layer(type_name, rows, axis=1)
            if len(shape) == call.draft.axes:
                shape_kept = (*source.shape[:axis], 1, *source.shape[axis + 1 :])
                raise RefusedError(f"nothing but {_shown(shape_kept)} would be left of each sample")
            own = call.own_axis(axis)
            source = call.layer(type_name, source, shape=shape, axis=own)
        return call.reshaped(source, call.shape)

    return rule


def _matrix_product(call: Call) -> Value:
    other = "other" if "other" in call.arguments else "mat2"
    values = [call["input"], call[other]]
    for value in values:
        if isinstance(value, Stored) and value.trainable:
            raise RefusedError(
                f"it multiplies with the parameter {value.name}: torch.nn.Linear does, as dense"
            )
    if not call.draft.axes or all(isinstance(value, Output) for value in values):
        pair = [call.as_output(value) for value in values]
    else:
        shapes = [(*call.shape[:-2], *_matrix(value)) for value in values]
        pair = [call.as_output(one, shape) for one, shape in zip(values, shapes, strict=True)]
    if len({one.shape[:-2] for one in pair}) > 1 or min(len(one.shape) for one in pair) < 2:
        raise RefusedError(f"{_shown(*(one.shape for one in pair))} are no planes of equal number")
    for one in pair:
        if len(call.draft.own(one.shape)) < 2:
            raise RefusedError("the batch is one of the matrix's axes: call it with batch=False")
    return call.layer("matmul", *pair)


def _matrix(value: Output | Stored) -> Shape:
    return (value.shape if isinstance(value, Output) else value.array.shape)[-2:]


def _filled(number: float) -> Callable[[Call], Value]:
    return lambda call: Stored("", np.broadcast_to(number, call.shape), trainable=False)


def _full(call: Call) -> Value:
    return _filled(float(call["fill_value"]))(call)


ARITHMETIC: Mapping[str, Callable[[Call], Value]] = {
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros"), _filled(0)),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), _filled(1)),
    **dict.fromkeys(("full", "full_like"), _full),
    "add": _add,
    "sub": _subtract,
    "rsub": _subtract_from,
    "mul": _multiply,
    "div": _divide,
    "neg": _negative,
    "pow": _power,
    "square": lambda call: call.layer("multiply", call.output(), call.output()),
    "sum": _reduced("sum"),
    "mean": _reduced("mean"),
    "matmul": _matrix_product,
    "mm": _matrix_product,
    "bmm": _matrix_product,
}
