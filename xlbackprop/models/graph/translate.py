"""Operations, one after the other, into a draft; what cannot be expressed is refused at once."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from xlbackprop.errors import ModelError, SpecError, one_line
from xlbackprop.models.graph.draft import Call, Draft
from xlbackprop.models.graph.program import Operation, Program, Use
from xlbackprop.models.graph.rules import NEAREST, RULES
from xlbackprop.models.graph.rules_of_constants import OF_CONSTANTS, is_constant
from xlbackprop.models.graph.turning import applied
from xlbackprop.models.graph.values import (
    Items,
    LogSoftmax,
    Output,
    RefusedError,
    States,
    Turned,
    Unknown,
    Value,
)


def translated(program: Program, draft: Draft, inputs: Mapping[str, Output]) -> Output | LogSoftmax:
    """Put a program's operations into a draft, and return what the last gives.

    Raises SpecError with a line for each operation that cannot be expressed.
    """
    values: dict[str, Value] = {**program.stored, **inputs}
    refused: list[str] = []
    for operation in program.operations:
        try:
            values[operation.name] = _translate(operation, values, draft)
        except RefusedError as error:
            values[operation.name] = Unknown()
            refused.append(_line(operation, str(error)))
    if refused:
        raise ModelError(refused)
    if len(program.outputs) != 1:
        raise SpecError(f"the model gives {len(program.outputs)} results: expected one")
    return _result(values[program.outputs[0]])


def _result(value: Value) -> Output | LogSoftmax:
    if isinstance(value, (Output, LogSoftmax)):
        return value
    if isinstance(value, Turned):
        raise SpecError("the batch is not the first axis of what the model gives")
    raise SpecError("the model gives a state or a constant: expected a layer's output")


def _translate(operation: Operation, values: Mapping[str, Value], draft: Draft) -> Value:
    arguments = {name: _resolved(one, values) for name, one in operation.arguments.items()}
    if operation.refused:
        raise RefusedError(operation.refused)
    type_name = operation.type.rstrip("_") if operation.type not in RULES else operation.type
    if type_name != operation.type and not operation.is_last_use:
        raise RefusedError("it changes a tensor that is used again: take the function that returns")
    if type_name not in RULES:
        raise RefusedError("no layer does that")
    if _has_unknown(list(arguments.values())):
        return Unknown()
    for one in arguments.values():
        if isinstance(one, States) and type_name not in ("select", "squeeze"):
            raise RefusedError("of the last states h_n one is taken, as by h_n[-1]")
        if isinstance(one, LogSoftmax):
            raise RefusedError("log_softmax comes last, and goes into nll_loss")
    if type_name in OF_CONSTANTS and is_constant(arguments.get("input")):
        return OF_CONSTANTS[type_name](Call(operation, arguments, draft))
    return applied(RULES[type_name], type_name, Call(operation, arguments, draft))


def _resolved(one: Any, values: Mapping[str, Value]) -> Any:
    if isinstance(one, list):
        return [_resolved(entry, values) for entry in one]
    return values[one.name] if isinstance(one, Use) else one


def _has_unknown(one: Any) -> bool:
    """Return whether what cannot be expressed is among arguments; of several results, if all is."""
    if isinstance(one, list):
        return any(map(_has_unknown, one))
    if isinstance(one, Items):
        return False
    return isinstance(one, Unknown)


def _line(operation: Operation, why: str) -> str:
    """Return one line: operation, module, shape, why not, and what is nearest."""
    where = f" in {one_line(operation.path, 80)}" if operation.path else ""
    shape = "×".join(map(str, operation.shape)) or operation.no_shape
    near = NEAREST.get(operation.type) or next(
        iter(get_close_matches(operation.type, RULES, n=1)), ""
    )
    nearest = f"; nearest is {near}" if near and near != operation.type else ""
    called = one_line(operation.called or operation.type, 40)
    return f"{called}{where}, which gives {shape}: {why}{nearest}"
