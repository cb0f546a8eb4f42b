"""A program cut short: up to a module, with what that rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from xlbackprop.errors import SpecError, one_line, suggestion
from xlbackprop.models.graph.program import Operation, Program, Use


def cut(program: Program, until: str = "") -> Program:
    """Return what the outputs rest on; with `until`, what that module or operation rests on.

    Raises SpecError where there is no such module.
    """
    outputs = program.outputs
    if until:
        found = [one.name for one in program.operations if _is_of(one, until)]
        if not found:
            known = sorted({one.path or one.name for one in program.operations} - {""})
            near = suggestion(until, known)
            raise SpecError(f"until: there is no module {one_line(until, 60)!r} in it{near}")
        outputs = (found[-1],)
    needed = set(outputs)
    kept: list[Operation] = []
    for operation in reversed(program.operations):
        if operation.name in needed:
            kept.append(operation)
            needed.update(_used(operation.arguments.values()))
    inputs = program.inputs
    if until:
        inputs = {name: shape for name, shape in inputs.items() if name in needed}
    return replace(program, inputs=inputs, operations=tuple(reversed(kept)), outputs=outputs)


def _is_of(operation: Operation, until: str) -> bool:
    return until in (operation.name, operation.path) or operation.path.startswith(f"{until}.")


def _used(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Use):
            yield value.name
        elif isinstance(value, list):
            yield from _used(value)
