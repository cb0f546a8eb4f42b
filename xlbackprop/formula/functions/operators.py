"""What stands between two operands, entry by entry. What is true is 1 here, and what is false 0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from xlbackprop.formula.functions.elementwise import power
from xlbackprop.formula.functions.logic import unless_unknown

# Of arrays, or of numbers.
Operator = Callable[[Any, Any], Any]


def _comparing(compare: Operator) -> Operator:
    return lambda left, right: unless_unknown(compare(left, right), left, right)


OPERATORS: Mapping[str, Operator] = MappingProxyType(
    {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.divide,
        "^": power,
        "=": _comparing(np.equal),
        "<>": _comparing(np.not_equal),
        "<": _comparing(np.less),
        ">": _comparing(np.greater),
        "<=": _comparing(np.less_equal),
        ">=": _comparing(np.greater_equal),
    }
)
