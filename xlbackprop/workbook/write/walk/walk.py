"""The walk on the pages: blocks that fill one after another as the Overview's counter is turned up.

All cells hold what they always hold, and conditional formats do the rest: they hide the blocks
that the walk has not yet come to, and frame the one that is computed now. One step after the last
equation, all pages look as they do without a walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Block
from xlbackprop.workbook.write.colours import emphases, parts_of, write_rule
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import pages_of
from xlbackprop.workbook.write.here import HERE, mark_titles, write_here
from xlbackprop.workbook.write.sheets.style import Formats
from xlbackprop.workbook.write.walk.list_sheet import write_list
from xlbackprop.workbook.write.walk.steps import HIDDEN, steps_of

_FRAMED: dict[str, Any] = {"border": 1, "border_color": "#B3261E"}


def write_walk(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Write the list of steps and the rules of all pages, where the contents ask for a walk.

    Raises SpecError where tensors are to be filled in: what one types would be hidden.
    """
    if not contents.walk:
        return
    if contents.blank:
        raise SpecError("walk: it would hide what one fills in: leave out --blank")
    emphasised = {one.tensor.name for one in emphases(contents)}
    steps = steps_of(contents)
    for name, step in steps.items():
        tensor = contents.network.tensors[name]
        parts = parts_of(tensor, contents, is_emphasised=name in emphasised)
        _write_rules(workbook, list(parts), step, formats)
    for page in pages_of(workbook, contents, formats):
        write_here(page.worksheet, 0, formats)
        mark_titles(page, steps)
    write_list(workbook, contents, formats)


def _write_rules(
    workbook: xlsxwriter.Workbook, parts: Iterable[Sequence[Block]], step: int, formats: Formats
) -> None:
    for sign, style in (("<", HIDDEN), ("=", _FRAMED)):
        rule = {"type": "formula", "criteria": f"={HERE}{sign}{step}", "format": formats(style)}
        for blocks in parts:
            write_rule(workbook, blocks, rule)
