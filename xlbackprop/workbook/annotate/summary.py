"""The first sheet: the verdict, what explains it, the counts, and the way to each cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from xlbackprop.formula.addresses import MAX_COLUMNS, on_sheet
from xlbackprop.workbook.annotate.marks import (
    COLOURS,
    MEANINGS,
    VERDICT_COLOURS,
    CauseLine,
    Mark,
    Summary,
)
from xlbackprop.workbook.annotate.page import Page
from xlbackprop.workbook.annotate.sheet_reader import read_sheet
from xlbackprop.workbook.annotate.styles import Look, Styles
from xlbackprop.workbook.write.sheets.style import BAND, TEXTS

SHEET_NAME = "Marks"

# A page that is wrong throughout has one cause or two: longer lists help nobody.
MOST_CELLS, MOST_TENSORS, MOST_SENTENCES = 500, 500, 50
# Of what has one cause, so many cells stand unfolded.
MOST_UNFOLDED = 6

_FIRST, _SECOND, _THIRD, _HINT = 1, 2, 3, 6
_WIDTHS = (2, 24, *[11] * 6, 62)
_LAST = len(_WIDTHS) - 1
# Beyond what is read, and hidden: each format made for marks, and what it is made from.
_MADE, _MADE_FROM = 10, 11

_QUIET = str(TEXTS["about"]["font_color"]).removeprefix("#")
_TEXT = Look(wrap=True, indent=1)
_LINK = Look(colour=str(TEXTS["link"]["font_color"]).removeprefix("#"), underline=True, indent=1)
_BAND = Look(bold=True, colour="FFFFFF", fill=BAND.removeprefix("#"), indent=1)
_HEAD = Look(bold=True, colour=_QUIET, indent=1)
_PLAIN = Look(indent=1)
_CAUSE = Look(bold=True, wrap=True, indent=1)


def summary_sheet(
    summary: Summary, marks: Sequence[Mark], uncommented: int, styles: Styles, namespace: str
) -> bytes:
    """Return the part of the first sheet.

    `uncommented` marks are coloured only. What `styles` has made for marks is noted on the
    sheet, so that `formats_made` can tell what it was made from.
    """
    page = Page(styles, _WIDTHS)
    _write_verdict(page, summary)
    _write_legend(page, marks)
    _write_sentences(page, summary)
    _write_tensors(page, summary)
    _write_cells(page, marks, summary.causes, uncommented)
    for row, (made, made_from) in enumerate(sorted(styles.made.items())):
        page.put_format(row, _MADE, made)
        page.put_format(row, _MADE_FROM, made_from)
    return page.to_xml(namespace, {_MADE: _MADE_FROM})


def formats_made(part: str, content: bytes) -> dict[int, int]:
    """Return the formats that were made for marks, and what each was made from, off a summary."""
    sheet = read_sheet(part, content)
    styles = dict(zip(sheet.keys.tolist(), sheet.styles.tolist(), strict=True))
    across = _MADE_FROM - _MADE
    return {
        style: styles[key + across]
        for key, style in styles.items()
        if key % MAX_COLUMNS == _MADE and key + across in styles
    }


def is_summary(name: str, part: str, content: bytes) -> bool:
    """Return whether a sheet is a summary of an earlier marking, by its name and its form.

    For where a program has dropped the name of the workbook that says so.
    """
    if not re.fullmatch(rf"{SHEET_NAME}( \d+)?", name):
        return False
    sheet = read_sheet(part, content)
    hidden = {
        column
        for run in sheet.column_runs
        if run.width == 0
        for column in range(run.first, min(run.last, MAX_COLUMNS) + 1)
    }
    return hidden == {_MADE, _MADE_FROM} and bool((sheet.keys % MAX_COLUMNS <= _MADE_FROM).all())


def _write_verdict(page: Page, summary: Summary) -> None:
    page.row = 1
    page.put(_FIRST, summary.title, Look(16, bold=True), to=_LAST)
    page.grow(24)
    page.row += 1
    counts = ", ".join(f"{number:,} {status}" for status, number in summary.counts.items())
    colour = VERDICT_COLOURS.get(summary.verdict, "")
    page.put(_FIRST, summary.verdict.upper(), Look(12, bold=True, fill=colour, align="center"))
    page.put(_SECOND, f"{counts}: {summary.yours}" if summary.yours else counts, Look(11, indent=1))
    page.grow(20)


def _write_legend(page: Page, marks: Sequence[Mark]) -> None:
    statuses = {mark.status for mark in marks}
    page.row += 1
    for status, colour in COLOURS.items():
        if status in statuses:
            page.row += 1
            page.put(_FIRST, status, Look(fill=colour, frame=True, align="center"))
            page.put(_SECOND, MEANINGS[status], Look(colour=_QUIET, indent=1))


def _write_sentences(page: Page, summary: Summary) -> None:
    causes = [f"{one.sentence}. {one.advice}".removesuffix(". ") for one in summary.causes]
    sentences = [*summary.sentences, *causes]
    if not sentences:
        return
    _write_band(page, "What explains it")
    for sentence in sentences[:MOST_SENTENCES]:
        page.row += 1
        page.put(_FIRST, sentence, _TEXT, to=_LAST)
    _write_rest(page, len(sentences) - MOST_SENTENCES, "more")


def _write_tensors(page: Page, summary: Summary) -> None:
    _write_band(page, "Tensor by tensor")
    statuses = [status for status in ("right", *COLOURS) if summary.counts.get(status)]
    page.row += 1
    page.put(_FIRST, "tensor", _HEAD)
    for column, status in enumerate(statuses, start=_SECOND):
        page.put(column, status, replace(_HEAD, align="right"))
    if any(tensor.rule for tensor in summary.tensors):
        page.put(_LAST, "the rule", _HEAD)
    for tensor in summary.tensors[:MOST_TENSORS]:
        page.row += 1
        page.put(_FIRST, tensor.name, _PLAIN)
        if tensor.rule:
            page.put(_LAST, tensor.rule, _TEXT)
        for column, status in enumerate(statuses, start=_SECOND):
            if number := tensor.counts.get(status, 0):
                colour = COLOURS.get(status, "")
                page.put(column, number, replace(_PLAIN, fill=colour, align="right"))
    _write_rest(page, len(summary.tensors) - MOST_TENSORS, "more")


def _write_cells(
    page: Page, marks: Sequence[Mark], causes: Sequence[CauseLine], uncommented: int
) -> None:
    if not marks:
        return
    _write_band(page, "Cell by cell")
    if uncommented:
        page.row += 1
        why = "where a thread of comments is, or there would be too many"
        page.put(_FIRST, f"coloured, without a comment: {uncommented:,} ({why})", _PLAIN)
    page.row += 1
    heads = {_FIRST: "cell", _SECOND: "is", _THIRD: "entry", _HINT: "hint"}
    for column, head in heads.items():
        page.put(column, head, _HEAD)
    for cause, own in _by_cause(marks[:MOST_CELLS]).items():
        if 0 < cause <= len(causes):
            page.row += 1
            page.put(_FIRST, causes[cause - 1].sentence, _CAUSE, to=_LAST)
        _write_marks(page, own)
    _write_rest(page, len(marks) - MOST_CELLS, "more, coloured on their sheets")


def _by_cause(marks: Sequence[Mark]) -> dict[int, list[Mark]]:
    """Return the marks by what explains them, in their order."""
    groups: dict[int, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.cause, []).append(mark)
    return groups


def _write_marks(page: Page, marks: Sequence[Mark]) -> None:
    """Write the cells of a cause, all but the first few folded away."""
    shown = len(marks) if len(marks) <= MOST_UNFOLDED + 1 else MOST_UNFOLDED
    for number, mark in enumerate(marks):
        if number == shown:
            page.row += 1
            page.put(_FIRST, f"… and {len(marks) - shown:,} more: unfold with + at the left", _HEAD)
        page.row += 1
        if number >= shown:
            page.fold()
        target = on_sheet(mark.sheet, mark.cell)
        page.link(_FIRST, f"{mark.sheet}!{mark.cell}", target, _LINK)
        page.put(_SECOND, mark.status, Look(fill=COLOURS[mark.status], align="center"))
        page.put(_THIRD, mark.entry, _PLAIN)
        page.put(_HINT, mark.hint, _TEXT, to=_LAST)


def _write_band(page: Page, text: str) -> None:
    page.row += 2
    page.put(_FIRST, text, _BAND, to=_LAST)


def _write_rest(page: Page, number: int, what: str) -> None:
    if number > 0:
        page.row += 1
        page.put(_FIRST, f"… and {number:,} {what}", _HEAD)
