"""A workbook of which nothing says what network it holds: judged by its own formulas."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from shlex import quote

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import NothingFound
from xlbackprop.find.sheets import listed, sheets_together, wanted_sheet
from xlbackprop.judge.gradients.by_map import said_by
from xlbackprop.judge.gradients.review import review_sheet
from xlbackprop.judge.options import CheckOptions
from xlbackprop.judge.review import Review
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.settings import EngineName
from xlbackprop.workbook.read.workbook import Workbook


def review_own_sheets(workbook: Workbook, options: CheckOptions, name: str = "WORKBOOK") -> Review:
    """Judge the gradients of a workbook by differentiating its own formulas.

    `name` is the file's, for the commands that help on. Raises WorkbookError where the formulas
    tell nothing.
    """
    tell("reading the workbook")
    if options.engine == EngineName.NONE:
        raise WorkbookError(_hint("with --engine none its formulas are not evaluated", name))
    tell("differentiating its formulas")
    sheet = wanted_sheet(workbook, options.sheet) if options.sheet is not None else None
    reviews, reasons = dict[str, Review](), []
    said = said_by(options.map, workbook)
    ends = time.monotonic() + options.limits.seconds
    with _without_collecting():
        for sheets in _looked_at(workbook, sheet, options.loss):
            own = said.on(sheets) if said else None
            if said and not own:
                continue  # the map says nothing of these
            found = find_gradients(
                workbook,
                sheets=sheets,
                sheet=sheet,
                loss=options.loss,
                said=own,
                seconds=ends - time.monotonic(),
            )
            if isinstance(found, NothingFound):
                reasons.append(found.reason)
            else:
                reviews[listed(sheets)] = review_sheet(workbook, found)
    if not reviews:
        reason = max(reasons, key=len, default="there are none")
        raise WorkbookError(_hint(f"its own formulas do not tell ({reason})", name))
    return _together(reviews)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Look for no unused cycles: so many objects are made, and no cycles, that it only costs."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def _looked_at(workbook: Workbook, sheet: str | None, loss: str | None) -> list[tuple[str, ...]]:
    """Return the groups of sheets that are differentiated each by itself.

    Sheets that have nothing to do with one another may each hold a network with an L of its own.
    """
    if loss is not None and sheet is None:
        return [tuple(workbook.sheets)]
    groups = sheets_together(workbook)
    if sheet is not None:
        return [group for group in groups if sheet in group]
    with_formulas = {one for one in workbook.sheets if workbook.cells(one).has_formula.any()}
    return [group for group in groups if with_formulas & {*group}] or groups[:1]


def _together(reviews: Mapping[str, Review]) -> Review:
    """Return one review of all; what is noted of one says of which."""
    if len(reviews) == 1:
        return next(iter(reviews.values()))
    notes = [
        replace(note, reason=f"{sheets}: {note.reason}") if note.reason else note
        for sheets, review in reviews.items()
        for note in review.notes
    ]
    every = tuple(reviews.values())
    return replace(
        every[0],
        found={name: found for one in every for name, found in one.found.items()},
        judgements={name: own for one in every for name, own in one.judgements.items()},
        diagnoses={name: own for one in every for name, own in one.diagnoses.items()},
        own_rules={name: own for one in every for name, own in one.own_rules.items()},
        notes=tuple(notes),
        not_judged=tuple(left_out for one in every for left_out in one.not_judged),
        unsettled=frozenset().union(*(one.unsettled for one in every)),
    )


def _hint(why: str, name: str) -> str:
    file = quote(one_line(name, 80))
    return (
        f"nothing in it says which network it holds, and {why}: say which, as in `xlbackprop check"
        f" {file} --spec conv5x5x2` (`xlbackprop templates` lists some, or write a TOML file), look"
        f" with `xlbackprop locate {file} --guess`, or say with --loss which cell is L"
    )
