"""Single values with the rules that spreadsheets have for them: numbers, texts, TRUE, errors.

The rules are Excel's, as its documentation states them; `tests/formula/known_differences.py` says
where other programs differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isfinite


class NotKnown(Exception):  # noqa: N818  (no mistake: another engine may know)
    """Something in a formula has no value here; the message says what."""


@dataclass(frozen=True, slots=True)
class Error:
    """An error value: `#DIV/0!`."""

    text: str


class Failed(Exception):  # noqa: N818  (a value like any other)
    """What a formula comes to where an error is used."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = Error(error)


DIV, NA, NUM, REF, VALUE = "#DIV/0!", "#N/A", "#NUM!", "#REF!", "#VALUE!"

# None is a blank cell, or an argument that was left out.
Value = float | str | bool | Error | None


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Values by rows; `is_reference` where they are those of cells, or constants in braces."""

    rows: tuple[tuple[Value, ...], ...]
    is_reference: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """The number of rows and of columns."""
        return len(self.rows), len(self.rows[0])

    def __iter__(self) -> Iterator[Value]:
        """Yield all values, row by row."""
        return (value for row in self.rows for value in row)


Operand = Value | Rectangle

_NUMERAL = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*")


def number(value: Value) -> float:
    """Return the number that an operator takes a value for. Raises Failed, or NotKnown."""
    match value:
        case float():
            return value
        case None:
            return 0.0
        case bool():
            return float(value)
        case Error(text):
            raise Failed(text)
    if _NUMERAL.fullmatch(value):
        return finite(float(value))
    if any(character.isdigit() for character in value):  # a date, a percentage, money?
        raise NotKnown(f"the text {value[:20]!r} as a number")
    raise Failed(VALUE)


def truth(value: Value) -> bool:
    """Return whether a condition holds. Raises Failed."""
    match value:
        case bool():
            return value
        case float():
            return value != 0
        case None:
            return False
        case Error(text):
            raise Failed(text)
    if value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    raise Failed(VALUE)


def text(value: Value) -> str:
    """Return the text that & takes a value for. Raises Failed, or NotKnown."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return str(value).upper()
        case Error(error):
            raise Failed(error)
    if value == 0 or 1e-4 <= abs(value) < 1e15:
        return f"{value:.15g}"
    raise NotKnown("a very large or small number as a text")


def finite(result: float, error: str = NUM) -> float:
    """Return a number. Raises Failed where it is none."""
    if not isfinite(result):
        raise Failed(error)
    return float(result) + 0.0  # spreadsheets have no negative zero


def single(operand: Operand) -> Value:
    """Return the value of a single cell. Raises NotKnown for a rectangle."""
    if not isinstance(operand, Rectangle):
        return operand
    if operand.size != (1, 1):
        raise NotKnown("a range where a single cell is expected")
    return operand.rows[0][0]


def each(function: Callable[..., Value], *operands: Operand) -> Operand:
    """Return what a function makes of values, place by place where there are rectangles.

    A single row or column serves all; what is missing otherwise is #N/A, as in spreadsheets.
    """
    grids = [one for one in operands if isinstance(one, Rectangle)]
    if all(grid.size == (1, 1) for grid in grids):
        return _caught(function, list(map(single, operands)))
    height, width = (max(grid.size[axis] for grid in grids) for axis in (0, 1))
    return Rectangle(
        tuple(
            tuple(
                _caught(function, [_at(one, row, column) for one in operands])
                for column in range(width)
            )
            for row in range(height)
        )
    )


def _at(operand: Operand, row: int, column: int) -> Value:
    if not isinstance(operand, Rectangle):
        return operand
    height, width = operand.size
    row, column = (0 if height == 1 else row), (0 if width == 1 else column)
    return operand.rows[row][column] if row < height and column < width else Error(NA)


def _caught(function: Callable[..., Value], values: list[Value]) -> Value:
    try:
        return function(*values)
    except Failed as failed:
        return failed.error


def numbers_among(operand: Operand) -> Iterator[float]:
    """Yield the numbers that a function of many cells takes from an argument.

    Of cells it takes numbers only; what stands in the formula itself is made a number.
    Raises Failed at the first error.
    """
    if not isinstance(operand, Rectangle):
        yield number(operand)
        return
    for value in operand:
        if isinstance(value, Error):
            raise Failed(value.text)
        if isinstance(value, float):
            yield value


def compared(left: Value, right: Value, *, in_order: bool = True) -> int:
    """Return -1, 0 or 1 as one value is less than, equal to or more than another.

    Numbers come before texts, and these before FALSE and TRUE; capitals do not count, and of
    numbers only 15 digits do. A blank is whatever nothing is of the other's kind. Not `in_order`,
    1 and -1 both say no more than that they differ. Raises Failed, or NotKnown.
    """
    for value in (left, right):
        if isinstance(value, Error):
            raise Failed(value.text)
    kinds = _kind(left) or _kind(right), _kind(right) or _kind(left)
    if kinds[0] != kinds[1]:
        return 1 if kinds[0] > kinds[1] else -1
    if kinds[0] == _WORDS:
        return _compared_texts(str(left or ""), str(right or ""), in_order=in_order)
    one, other = digits15(number(left)), digits15(number(right))
    return (one > other) - (one < other)


_WORDS = 2


def _kind(value: Value) -> int:
    """Return in which order values of different kinds come: 0 for a blank."""
    if isinstance(value, bool):
        return 3
    return _WORDS if isinstance(value, str) else int(value is not None)


def _compared_texts(left: str, right: str, *, in_order: bool) -> int:
    one, other = left.casefold(), right.casefold()
    is_plain = (one + other).isascii() and (one + other).isalnum()
    if one != other and in_order and not is_plain:  # a matter of the language
        raise NotKnown("the order of texts")
    return (one > other) - (one < other)


def digits15(number: float) -> float:
    """Return a number with the 15 digits that spreadsheets compare."""
    return float(f"{number:.14e}")
