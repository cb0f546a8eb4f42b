"""A sheet's cells given other formats; those that are not stored are put in where they belong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import groupby

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS, cell
from xlbackprop.workbook.annotate.sheet import Ints, Sheet

_SPANS = re.compile(rb"""\sspans\s*=\s*["'](\d+):(\d+)["']""")


def recolour(
    sheet: Sheet,
    statuses: Mapping[int, str],
    coloured: Callable[[int, str], int],
    restored: Mapping[int, int],
) -> None:
    """Give marked cells the format that `coloured` returns for their own one and their status.

    `statuses` has the marked cells by row * MAX_COLUMNS + column. `restored` has the formats
    that are from earlier marks, and what they were before; these are put back.
    """
    own = _own_styles(sheet.styles, restored)
    new = own.copy()
    wanted = np.array(sorted(statuses), dtype=np.int64)
    for position in np.flatnonzero(np.isin(sheet.keys, wanted)).tolist():
        status = statuses[int(sheet.keys[position])]
        new[position] = coloured(int(own[position]), status)
    for position in np.flatnonzero(new != sheet.styles).tolist():
        sheet.edits.set_attribute(int(sheet.starts[position]), "s", int(new[position]))
    _put_in(sheet, np.setdiff1d(wanted, sheet.keys), statuses, coloured)


def _own_styles(styles: Ints, restored: Mapping[int, int]) -> Ints:
    if not restored:
        return styles
    made = np.array(sorted(restored), dtype=np.int64)
    before = np.array([restored[number] for number in made.tolist()], dtype=np.int64)
    at = np.minimum(np.searchsorted(made, styles), made.size - 1)
    return np.where(made[at] == styles, before[at], styles)


def _put_in(
    sheet: Sheet, missing: Ints, statuses: Mapping[int, str], coloured: Callable[[int, str], int]
) -> None:
    numbers = sheet.row_numbers.tolist()
    rows = {number: at for at, number in reversed(list(enumerate(numbers)))}
    so_far = np.maximum.accumulate(sheet.row_numbers)
    for row, keys in groupby(missing.tolist(), key=lambda key: key // MAX_COLUMNS):
        at = rows.get(row)
        style = -1 if at is None else int(sheet.row_styles[at])
        new: list[tuple[int, str]] = []
        for key in keys:
            column = key % MAX_COLUMNS
            own = style if style >= 0 else int(sheet.column_styles[column])
            number = coloured(own, statuses[key])
            new.append((column, f'<{sheet.prefix}c r="{cell(row, column)}" s="{number}"/>'))
        if at is None:
            following = int(np.searchsorted(so_far, row, side="right"))
            _new_row(sheet, row, "".join(text for _, text in new), following)
        else:
            _into_row(sheet, at, new)


def _new_row(sheet: Sheet, row: int, cells: str, following: int) -> None:
    text = f'<{sheet.prefix}row r="{row + 1}">{cells}</{sheet.prefix}row>'
    if following < sheet.row_starts.size:
        sheet.edits.insert(int(sheet.row_starts[following]), text)
    else:
        sheet.edits.append(sheet.data_start, sheet.data_end, text)


def _into_row(sheet: Sheet, at: int, new: list[tuple[int, str]]) -> None:
    start, end = int(sheet.row_starts[at]), int(sheet.row_ends[at])
    first, last = np.searchsorted(sheet.starts, [start, end])
    so_far = np.maximum.accumulate(sheet.keys[first:last] % MAX_COLUMNS)
    for column, text in new:
        # A cell without an address follows the one before it: it is never what comes next here.
        following = first + np.searchsorted(so_far, column, side="right")
        if following < last:
            sheet.edits.insert(int(sheet.starts[following]), text)
        else:
            sheet.edits.append(start, end, text)
    _widen_spans(sheet, start, [column for column, _ in new])


def _widen_spans(sheet: Sheet, start: int, columns: list[int]) -> None:
    """Let a row's hint of which columns it uses include the new ones."""
    tag = sheet.content[start : sheet.edits.end_of_tag(start)]
    match = _SPANS.search(tag)
    if match:
        first, last = int(match[1]), int(match[2])
        wide = min(first, min(columns) + 1), max(last, max(columns) + 1)
        if wide != (first, last):
            sheet.edits.set_attribute(start, "spans", f"{wide[0]}:{wide[1]}")
