"""A formula that several cells share, as it reads in each of them: its relative references move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlbackprop.formula.addresses import (
    MAX_COLUMNS,
    MAX_ROWS,
    Address,
    cell,
    column_name,
    read_address,
)
from xlbackprop.formula.tokens import references_in

_GONE = "#REF!"


class MovableFormula:
    """A formula without its equals sign, taken to pieces once to be put together often."""

    def __init__(self, text: str) -> None:
        self._literals: list[str] = []
        self._references: list[_Reference] = []
        end = 0
        for start, written in references_in(text):
            sheet, mark, cells = written.rpartition("!")
            address = read_address(cells)
            if address is not None and not all(address.anchors):
                self._literals.append(text[end:start] + sheet + mark)
                self._references.append(_Reference(address, ":" in cells))
                end = start + len(written)
        self._literals.append(text[end:])

    def moved(self, rows: int, columns: int) -> str:
        """Return the formula as it reads so many rows further down and columns to the right."""
        return "".join(self._pieces(rows, columns))

    def _pieces(self, rows: int, columns: int) -> Iterator[str]:
        for literal, reference in zip(self._literals, self._references, strict=False):
            yield literal
            yield reference.moved(rows, columns)
        yield self._literals[-1]


@dataclass(frozen=True, slots=True)
class _Reference:
    address: Address
    is_range: bool

    def moved(self, rows: int, columns: int) -> str:
        top, left, bottom, right = self.address[1:5]
        keeps_top, keeps_left, keeps_bottom, keeps_right = self.address.anchors
        height, width = self.address.size
        if height < MAX_ROWS:
            top, bottom = top + rows * (not keeps_top), bottom + rows * (not keeps_bottom)
        if width < MAX_COLUMNS:
            left, right = left + columns * (not keeps_left), right + columns * (not keeps_right)
        if min(top, bottom) < 0 or max(top, bottom) >= MAX_ROWS:
            return _GONE
        if min(left, right) < 0 or max(left, right) >= MAX_COLUMNS:
            return _GONE
        if height == MAX_ROWS:
            return f"{_column(left, keeps_left)}:{_column(right, keeps_right)}"
        if width == MAX_COLUMNS:
            return f"{_row(top, keeps_top)}:{_row(bottom, keeps_bottom)}"
        first = _cell(top, left, keeps_top, keeps_left)
        if not self.is_range:
            return first
        return f"{first}:{_cell(bottom, right, keeps_bottom, keeps_right)}"


def _cell(row: int, column: int, keeps_row: bool, keeps_column: bool) -> str:
    if not (keeps_row or keeps_column):
        return cell(row, column)
    return _column(column, keeps_column) + _row(row, keeps_row)


def _column(column: int, keeps: bool) -> str:
    return f"${column_name(column)}" if keeps else column_name(column)


def _row(row: int, keeps: bool) -> str:
    return f"${row + 1}" if keeps else str(row + 1)
