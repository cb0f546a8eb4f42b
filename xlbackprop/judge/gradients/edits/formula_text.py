"""A tree as the text of a formula, as it would be typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xlbackprop.formula.addresses import on_sheet, rectangle
from xlbackprop.formula.tree import (
    PRECEDENCE,
    SIGN_PRECEDENCE,
    Boolean,
    Call,
    Constants,
    ErrorValue,
    Expression,
    Name,
    Negative,
    Number,
    Operation,
    Percent,
    Reference,
    Text,
)
from xlbackprop.judge.gradients.edits.written import Spot

_LEAF = SIGN_PRECEDENCE + 1


def formula_text(tree: Expression, reference: Callable[[int], str]) -> str:
    """Return the text of a formula; `reference` is that of a slot."""
    return _Writer(reference).part(tree)


def address(spot: Spot, own_sheet: int, sheets: Sequence[str]) -> str:
    """Return a rectangle's address, with its sheet where that is not one's own."""
    text = rectangle(spot.top, spot.left, spot.height, spot.width)
    return text if spot.sheet == own_sheet else on_sheet(sheets[spot.sheet], text)


def _leaf(tree: Expression) -> str:
    match tree:
        case Number(_, text) | Name(text, _) | ErrorValue(text):
            return text
        case Text(value):
            return '"' + value.replace('"', '""') + '"'
        case Boolean(value):
            return str(value).upper()
        case Constants(rows):
            return "{" + ";".join(",".join(map(_leaf, row)) for row in rows) + "}"
    return ""


class _Writer:
    def __init__(self, reference: Callable[[int], str]) -> None:
        self._reference = reference

    def part(self, tree: Expression) -> str:
        match tree:
            case Reference(slot):
                return self._reference(slot)
            case Negative(operand):
                return f"-{self._within(operand, _LEAF)}"
            case Percent(operand):
                return f"{self._within(operand, _LEAF)}%"
            case Operation(operator, left, right):
                return self._operation(operator, left, right)
            case Call(function, arguments):
                return f"{function}({','.join(map(self.part, arguments))})"
        return _leaf(tree)

    def _operation(self, operator: str, left: Expression, right: Expression) -> str:
        least = PRECEDENCE.get(operator, _LEAF)
        second = self._within(right, least + 1)
        second = f"({second})" if second.startswith("-") else second
        return f"{self._within(left, least)}{operator}{second}"

    def _within(self, tree: Expression, least: int) -> str:
        text = self.part(tree)
        return text if _tightness(tree) >= least else f"({text})"


def _tightness(tree: Expression) -> int:
    match tree:
        case Operation(operator, _, _):
            return PRECEDENCE.get(operator, _LEAF)
        case Negative():
            return PRECEDENCE["*"]
    return _LEAF
