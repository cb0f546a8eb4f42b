"""How a sheet is printed: paper, size, where pages begin, and what stands on each of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from xlsxwriter.worksheet import Worksheet

from xlbackprop.layout import HEAD_ROWS, Printed, Sheet
from xlbackprop.layout.paper import (
    A4,
    BOTTOM_MARGIN,
    SIDE_MARGIN,
    TOP_MARGIN,
    Frames,
    Paper,
    printed,
)

_PAPERS = {"A3": 8, "A4": 9}
# In points. What stands above and below a page is not made smaller with it.
_SMALL = 8
_SCALE_OF_OVERVIEW = 67  # percent; the smallest type there is of 9 points


def set_up_print(worksheet: Worksheet, sheet: Sheet, name: str) -> None:
    """Print the sheet of a network of that name as its layout says."""
    _set_up_pages(worksheet, sheet.printed)
    head, side = sheet.frozen
    if head > HEAD_ROWS:  # a step is a row
        worksheet.repeat_rows(HEAD_ROWS + 1, head - 1)
        worksheet.repeat_columns(0, side - 1)
    else:
        worksheet.repeat_rows(0, HEAD_ROWS)
    if sheet.reasons and sheet.reasons[0].row >= sheet.printed.end:
        _leave_out_reasons(worksheet, sheet)
    # All pages of the forward pass come before those of the backward pass.
    worksheet.print_across()
    _write_around(worksheet, f"{name} · {sheet.title}")


def _leave_out_reasons(worksheet: Worksheet, sheet: Sheet) -> None:
    plan, last = sheet.printed, sheet.columns - 1
    if not plan.columns:  # the page's head may run beyond its blocks
        last = max(last, plan.paper.columns(plan.scale))
    worksheet.print_area(0, 0, plan.end - 1, last)


def set_up_overview(worksheet: Worksheet, sections: Sequence[int], columns: int, name: str) -> None:
    """Print a sheet as wide as so many columns of a page; the sections are not torn.

    `sections` are the rows at which they begin, and the row after the last.
    """

    def on(paper: Paper) -> Printed:
        frames = Frames(0, paper.rows(_SCALE_OF_OVERVIEW))
        for first, end in pairwise([0, *sections]):
            frames.begin_band(first, end - first)
            frames.end_band(end)
        return printed(paper, 0, (sections[-1], 1 + columns), frames.breaks, (), _SCALE_OF_OVERVIEW)

    fitting = [one for one in A4 if columns <= one.columns(_SCALE_OF_OVERVIEW)]
    _set_up_pages(worksheet, min(map(on, fitting or A4[:1]), key=lambda one: one.pages))
    _write_around(worksheet, name)


def _set_up_pages(worksheet: Worksheet, plan: Printed) -> None:
    if plan.paper.landscape:
        worksheet.set_landscape()
    worksheet.set_paper(_PAPERS[plan.paper.name])
    worksheet.set_print_scale(plan.scale)
    worksheet.set_h_pagebreaks(plan.rows)
    worksheet.set_v_pagebreaks(plan.columns)


def _write_around(worksheet: Worksheet, title: str) -> None:
    """Write a title above each page, and below it the sheet's name and the page's number."""
    worksheet.set_margins(SIDE_MARGIN, SIDE_MARGIN, TOP_MARGIN, BOTTOM_MARGIN)
    options = {"scale_with_doc": False}
    shown = title.replace("&", "&&")
    worksheet.set_header(f"&L&{_SMALL} {shown}", options)
    worksheet.set_footer(f"&L&{_SMALL}&A&R&{_SMALL}page &P of &N", options)
