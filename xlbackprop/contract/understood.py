"""Whether all that an equation and its formulas hold is known to whatever reads them.

A function that a formula may call and `explain` cannot write out, or a sign that no document
shows, is refused when the network is made, so that nobody meets a question mark later.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from xlbackprop.equation import Equation, Index, Shape, Tensor
from xlbackprop.errors import ContractError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.cell_formula import EquationFormulas
from xlbackprop.formula.functions import FUNCTIONS, TABLE
from xlbackprop.formula.functions.operators import OPERATORS
from xlbackprop.formula.grid import block_size
from xlbackprop.formula.parser import read_formula
from xlbackprop.formula.tree import Call, ErrorValue, Expression, Name, Operation, walk
from xlbackprop.notation.symbols import TABLE as SYMBOLS
from xlbackprop.notation.unknown import unknown_characters, unknown_functions


def check_understood(where: str, equation: Equation) -> None:
    """Raise ContractError where an equation's line, or a formula, holds what is not known.

    `where` names what made it, as in `layer "conv1"`. Of the formulas, those of the first cell,
    of the last and of one between are read.
    """
    name = equation.target.name
    for word in unknown_functions(equation.math):
        raise ContractError(
            f"{where}: the equation of {name} calls {word}, a function that is not in the table:"
            f" add it to {TABLE}of_equations.py"
        )
    for character in unknown_characters(equation.math):
        raise ContractError(
            f"{where}: the equation of {name} holds the sign {character!r}, which is not in the"
            f" table of symbols: add it to {SYMBOLS}"
        )
    if not all(map(_fits_a_sheet, (equation.target, *equation.sources.values()))):
        return  # the layout refuses it, and says why
    formulas = EquationFormulas(equation)
    for index in _some(equation.target.shape):
        _check_formula(f"{where}: the formula of {name}", formulas, index)


def _check_formula(what: str, formulas: EquationFormulas, index: Index) -> None:
    try:
        unknown = _unknown_in(formulas.text(index))
    except ValueError as reason:
        raise ContractError(f"{what} cannot be read: {reason}") from None
    except (AttributeError, LookupError, TypeError) as reason:
        raise ContractError(f"{what} fails for the entry {list(index)}: {reason}") from None
    if unknown:
        raise ContractError(f"{what} {unknown}")


@lru_cache(maxsize=1024)
def _unknown_in(formula: str) -> str:
    """Return what is not known of a formula; steps in time and heads have the same ones.

    Raises ValueError where it is none.
    """
    return next(filter(None, map(_unknown, walk(read_formula(formula).tree))), "")


def _unknown(part: Expression) -> str:
    """Return what is not known of one part of a formula, and what to do."""
    match part:
        case Call(function, _) if function not in FUNCTIONS:
            return (
                f"calls {function}, which is not in the table of functions: add a row for it to a"
                f" file of {TABLE}, such as elementwise.py"
            )
        case Call(function, _) if FUNCTIONS[function].needs_place:
            return f"calls {function}: it would depend on where its cell stands on the page"
        case Operation(operator, _, _) if not _is_operator(operator):
            return (
                f"has the operator {operator!r}, which is not in the table: add it to"
                f" {TABLE}operators.py"
            )
        case Name(name, _) | ErrorValue(name):
            return f"holds {name}: a formula refers to cells by `at`"
    return ""


def _fits_a_sheet(tensor: Tensor) -> bool:
    height, width = block_size(tensor)
    return height <= MAX_ROWS and width <= MAX_COLUMNS


def _is_operator(sign: str) -> bool:
    return sign in OPERATORS and OPERATORS[sign].apply is not None


def _some(shape: Shape) -> Iterator[Index]:
    """Yield the indices of the first entry, the last, and one between, each once."""
    last = tuple(size - 1 for size in shape)
    yield from dict.fromkeys([tuple(0 for _ in shape), tuple(end // 2 for end in last), last])
