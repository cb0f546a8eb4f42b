"""A formula that several cells share, as it reads in each of them: its relative references move."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xlbackprop.formula.addresses import (
    MAX_COLUMNS,
    MAX_ROWS,
    Address,
    column_name,
    read_address,
)
from xlbackprop.formula.tokens import references_in

_GONE = "#REF!"


class MovableFormula:
    """A formula without its equals sign, taken to pieces once to be put together often."""

    def __init__(self, text: str) -> None:
        self._literals: list[str] = []
        self._references: list[_Pattern] = []
        end = 0
        for start, written in references_in(text):
            sheet, mark, cells = written.rpartition("!")
            address = read_address(cells)
            if address is not None and not all(address.anchors):
                self._literals.append(text[end:start] + sheet + mark)
                self._references.append(_pattern(address, is_range=":" in cells))
                end = start + len(written)
        self._literals.append(text[end:])
        self._whole = _joined(self._literals, self._references)

    def moved(self, rows: int, columns: int) -> str:
        """Return the formula as it reads so many rows further down and columns to the right."""
        if self._whole.stays_on_the_sheet(rows, columns):
            return self._whole.moved(rows, columns)
        found = (
            one.moved(rows, columns) if one.stays_on_the_sheet(rows, columns) else _GONE
            for one in self._references
        )
        return "".join(map("".join, zip(self._literals, [*found, ""], strict=True)))


class _Pattern(NamedTuple):
    """A text with places for what moves: columns, counted from 0, and rows, from 1."""

    text: str
    moving: list[tuple[bool, int]]  # whether it is a column, and which
    rows: range  # by so many it can move without leaving the sheet
    columns: range

    def stays_on_the_sheet(self, rows: int, columns: int) -> bool:
        return rows in self.rows and columns in self.columns

    def moved(self, rows: int, columns: int) -> str:
        moved = [
            column_name(number + columns) if is_column else number + rows
            for is_column, number in self.moving
        ]
        return self.text % tuple(moved)


def _joined(literals: list[str], references: list[_Pattern]) -> _Pattern:
    texts = [*(one.text for one in references), ""]
    escaped = (literal.replace("%", "%%") for literal in literals)
    text = "".join(map("".join, zip(escaped, texts, strict=True)))
    return _made(text, [edge for one in references for edge in one.moving])


def _made(text: str, moving: list[tuple[bool, int]]) -> _Pattern:
    rows = _room((number - 1 for is_column, number in moving if not is_column), MAX_ROWS)
    columns = _room((number for is_column, number in moving if is_column), MAX_COLUMNS)
    return _Pattern(text, moving, rows, columns)


def _room(edges: Iterable[int], size: int) -> range:
    """Return by how much edges can move on a sheet of so many rows or columns."""
    numbers = list(edges) or [0]
    return range(-min(numbers), size - max(numbers))


def _pattern(address: Address, *, is_range: bool) -> _Pattern:
    """Return the pattern of a reference: what no $ keeps moves."""
    keeps_top, keeps_left, keeps_bottom, keeps_right = address.anchors
    height, width = address.size
    corners = [
        [(True, address.left, keeps_left), (False, address.top + 1, keeps_top)],
        [(True, address.right, keeps_right), (False, address.bottom + 1, keeps_bottom)],
    ]
    if height == MAX_ROWS:
        corners = [corner[:1] for corner in corners]
    elif width == MAX_COLUMNS:
        corners = [corner[1:] for corner in corners]
    elif not is_range:
        del corners[1]
    text = ":".join("".join(map(_edge, *zip(*corner, strict=True))) for corner in corners)
    moving = [(which, number) for corner in corners for which, number, keeps in corner if not keeps]
    return _made(text, moving)


def _edge(is_column: bool, number: int, keeps: bool) -> str:
    if not keeps:
        return "%s"
    return f"${column_name(number)}" if is_column else f"${number}"
