"""The terms that a cell's formula adds up, as numbers.

The formula is written with names of our own in place of addresses, and read back: a sum of
products of cells or ranges, which is what the formulas of layers and losses mostly are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from xlbackprop.equation import Array, Equation, Index
from xlbackprop.formula.grid import Addresses, Range

_NAME = r"\$?R\$?\d+(?::\$?R\$?\d+)?"
_PRODUCT = re.compile(rf"SUMPRODUCT\(({_NAME}),({_NAME})\)|({_NAME}(?:\*{_NAME})*)")
_SUM = re.compile(rf"(SUM|SUMSQ)\(({_NAME})\)")
_DIVIDED = re.compile(r"\((.*)\)/(\d+)|([^+/]*)/(\d+)")


def terms(equation: Equation, index: Index, values: Mapping[str, Array]) -> Array | None:
    """Return the terms of one cell's sum, or None where its formula is no such sum."""
    recorder = _Recorder(equation, values)
    text = equation.formula(cast("Addresses", recorder), *index)
    if not isinstance(text, str):
        return None
    divided = _DIVIDED.fullmatch(text)
    divisor = int(divided[2] or divided[4]) if divided else 1
    found = []
    for part in (divided[1] or divided[3] if divided else text).split("+"):
        term = recorder.term(part)
        if term is None:
            return None
        found.append(term.ravel())
    return np.concatenate(found) / divisor


class _Recorder:
    """Stands in for addresses: gives each part that a formula refers to a name, and keeps it."""

    def __init__(self, equation: Equation, values: Mapping[str, Array]) -> None:
        self._parts: list[Array] = []
        self._arrays = {letter: values[one.name] for letter, one in equation.sources.items()}
        self._arrays["here"] = values[equation.target.name]

    def __getattr__(self, letter: str) -> _RecordedView:
        return _RecordedView(self._arrays[letter], self._parts)

    def term(self, text: str) -> Array | None:
        """Return the products or squares that a part of a formula adds up."""
        if total := _SUM.fullmatch(text):
            return self._part(total[2]) ** (2 if total[1] == "SUMSQ" else 1)
        product = _PRODUCT.fullmatch(text)
        if product is None:
            return None
        names = product[3].split("*") if product[3] else [product[1], product[2]]
        return np.asarray(np.prod([self._part(name) for name in names], axis=0))

    def _part(self, name: str) -> Array:
        number = name.partition(":")[0].replace("$", "").removeprefix("R")
        return self._parts[int(number) - 1]


class _RecordedView:
    def __init__(self, array: Array, parts: list[Array]) -> None:
        self._array, self._parts = array, parts

    def __getitem__(self, key: Any) -> Range:
        part = np.asarray(self._array[key])
        self._parts.append(part)
        name = f"R{len(self._parts)}"
        return Range(f"{name}:{name}" if part.size > 1 else name)
