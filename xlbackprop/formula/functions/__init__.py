"""The table of functions, a file for each family: all that is known of each stands in its row."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xlbackprop.formula.functions.elementwise import ELEMENTWISE
from xlbackprop.formula.functions.function import Expansion, Function, Gives, Singly
from xlbackprop.formula.functions.logic import LOGIC
from xlbackprop.formula.functions.lookup import LOOKUP
from xlbackprop.formula.functions.of_equations import OF_EQUATIONS
from xlbackprop.formula.functions.statistics import STATISTICS
from xlbackprop.formula.functions.sums import SUMS

__all__ = ["BY_WORD", "FUNCTIONS", "TABLE", "Expansion", "Function", "Gives", "Singly"]

# Where a row is to be added.
TABLE = "xlbackprop/formula/functions/"

_ROWS = (*ELEMENTWISE, *SUMS, *STATISTICS, *LOGIC, *LOOKUP, *OF_EQUATIONS)

# By the name that formulas call it.
FUNCTIONS: Mapping[str, Function] = MappingProxyType({row.name: row for row in _ROWS if row.name})

# By the words that equations may use: its own, and its name in small letters.
BY_WORD: Mapping[str, Function] = MappingProxyType(
    {word: row for row in _ROWS for word in (row.name.lower(), row.called) if word}
)
