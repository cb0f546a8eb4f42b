"""What cannot be where each training step is one row."""

from __future__ import annotations

from xlbackprop.equation import Equation
from xlbackprop.errors import SpecError
from xlbackprop.formula.cell_formula import EquationFormulas
from xlbackprop.formula.tree import Call, walk

_LOOKS_UP = ("INDEX", "MATCH", "ROWS")


def refuse_look_ups(equation: Equation) -> None:
    """Raise SpecError where a formula finds a cell by its row: a step has a single one."""
    target = equation.target
    last = tuple(size - 1 for size in target.shape)
    tree = EquationFormulas(equation).of(last).tree
    for part in walk(tree):
        if isinstance(part, Call) and part.function in _LOOKS_UP:
            raise SpecError(
                f'layer "{target.layer}": [training] layout = "rows": {target.short} finds cells by'
                ' their row, and here each step has a single one: leave out layout = "rows"'
            )
