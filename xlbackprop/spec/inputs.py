"""The sizes of a network's inputs: one, called "input", or several by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlbackprop.errors import SpecError, shown
from xlbackprop.spec.names import check_layer_name, is_size

# What `from` calls the network's own input, where there is one.
INPUT = "input"

Sizes = tuple[int, ...]


def read_inputs(raw: Mapping[str, Any]) -> dict[str, Sizes]:
    """Return the sizes of each input by its name, from a spec's `input` or `[inputs]`.

    Raises SpecError where there is neither, or both, or a size that is none.
    """
    if "inputs" not in raw:
        return {INPUT: _sizes(raw.get("input"), "input", is_there="input" in raw)}
    if "input" in raw:
        raise SpecError("the spec has input and [inputs]: expected one of them")
    table = raw["inputs"]
    if not isinstance(table, dict) or not table:
        raise SpecError(f"inputs = {shown(table)}: expected a table, such as x = [4, 3]")
    for name in table:
        check_layer_name(name, "[inputs]")
    return {name: _sizes(sizes, f"[inputs]: {name}") for name, sizes in table.items()}


def _sizes(sizes: object, where: str, *, is_there: bool = True) -> Sizes:
    if not isinstance(sizes, list) or not 1 <= len(sizes) <= 3 or not all(map(is_size, sizes)):
        found = shown(sizes) if is_there else "missing"
        raise SpecError(
            f"{where} = {found}: expected one to three sizes from 1, such as [2, 5, 5]"
            " for channels, height, width"
        )
    return tuple(sizes)
