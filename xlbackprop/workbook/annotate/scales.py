"""Marked cells taken out of colour scales, behind which nobody would see the marks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.addresses import MAX_COLUMNS, read_address, rectangle
from xlbackprop.workbook.annotate.sheet import Sheet

_RANGES = re.compile(rb"""\ssqref\s*=\s*["']([^"']*)["']""")
# What is cut into more ranges than this is left out whole.
_MOST_RANGES = 500

Area = tuple[int, int, int, int]  # top, left, bottom, right: the last ones are part of it


def leave_out_of_scales(sheet: Sheet, keys: Collection[int]) -> None:
    """Take cells out of a sheet's colour scales; `keys` are row * MAX_COLUMNS + column."""
    in_order = np.sort(np.fromiter(keys, np.int64, len(keys)))
    for name, start in sheet.children:
        if name != "conditionalFormatting" or sheet.edits.is_empty(start):
            continue
        end = sheet.content.find(f"</{sheet.edits.raw_name(start)}".encode(), start)
        match = _RANGES.search(sheet.content, start, sheet.edits.end_of_tag(start))
        if end < 0 or match is None or b"colorScale" not in sheet.content[start:end]:
            continue
        areas = list(_areas(match[1].decode("ascii", "replace")))
        kept = [one for area in areas for one in without(area, in_order)]
        if kept == areas:
            continue
        if kept and len(kept) <= _MOST_RANGES:
            ranges = (rectangle(t, left, b - t + 1, r - left + 1) for t, left, b, r in kept)
            sheet.edits.set_attribute(start, "sqref", " ".join(ranges))
        else:
            sheet.edits.replace(start, sheet.edits.end_of_tag(end), "")


def without(area: Area, in_order: NDArray[np.int64]) -> Iterator[Area]:
    """Yield the rectangles that are left of an area without some cells, whose keys are in order."""
    top, left, bottom, right = area
    first, end = np.searchsorted(in_order, [top * MAX_COLUMNS, (bottom + 1) * MAX_COLUMNS])
    rows, columns = np.divmod(in_order[first:end], MAX_COLUMNS)
    is_inside = (columns >= left) & (columns <= right)
    inside = zip(rows[is_inside].tolist(), columns[is_inside].tolist(), strict=True)
    for row, own in groupby(inside, key=lambda place: place[0]):
        if row > top:
            yield top, left, row - 1, right
        column = left
        for _, taken in own:
            if taken > column:
                yield row, column, row, taken - 1
            column = taken + 1
        if column <= right:
            yield row, column, row, right
        top = row + 1
    if top <= bottom:
        yield top, left, bottom, right


def _areas(text: str) -> Iterator[Area]:
    for one in text.split():
        found = read_address(one)
        if found is not None:
            yield found.top, found.left, found.bottom, found.right
