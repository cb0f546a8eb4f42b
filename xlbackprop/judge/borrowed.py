"""Formulas that take their number from where it stands ready: none that somebody worked out.

They refer to a practice page's hidden answers, to another workbook, or to themselves, directly or
by way of other cells that are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Mask
from xlbackprop.equation.indices import indices
from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import Address
from xlbackprop.formula.parser import parse
from xlbackprop.formula.tokens import names_in, split
from xlbackprop.formula.tree import Call, Expression, Reference, walk
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review
from xlbackprop.workbook.description import ANSWERS
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.found import Found
from xlbackprop.workbook.read.workbook import Workbook

# What is asked of a range here is its size or its place, not what it holds.
_PLACES = ("ROW", "ROWS", "COLUMN", "COLUMNS")
_ASKS_FOR_A_PLACE = re.compile(r"(?:ROWS?|COLUMNS?)\(", re.IGNORECASE)
# So many references are followed for all cells together; nobody needs as many for honest work.
MOST_STEPS = 500_000
_LOOKED_AT_IN_A_STEP = 1_000


class Source(StrEnum):
    """Where a number was taken from, as a report says it."""

    ANSWERS = "it takes its number from the hidden answers of the practice page"
    ELSEWHERE = "it takes its number from another workbook"
    ITSELF = "it refers to itself"


def mark_borrowed(review: Review, workbook: Workbook, *, asked: bool) -> Review:
    """Return the review with cells `typed` whose formulas take their number from somewhere.

    With `asked` (for formulas, or a proof) all are told, otherwise not those from another
    workbook: a number that was typed would be right as well. Formulas that lead to too many
    others to follow are not credited: a note counts them.
    """
    wanted = tuple(Source) if asked else (Source.ANSWERS, Source.ITSELF)
    tracer = _Tracer(workbook, review.found, asked=asked)
    results = dict(review.judgements)
    for name, judgement in review.judgements.items():
        credited = np.isin(judgement.statuses, (Status.RIGHT, Status.CARRIED))
        suspects = credited & judgement.found.has_formula & tracer.suspects(judgement.found)
        if suspects.any():
            results[name] = _marked(judgement, suspects, tracer, wanted)
    lost = (Note(NoteKind.UNFOLLOWED, tracer.unfollowed),) if tracer.unfollowed else ()
    return replace(review, judgements=results, notes=review.notes + lost)


def _marked(
    judgement: Judgement, suspects: Mask, tracer: _Tracer, wanted: Collection[Source]
) -> Judgement:
    statuses, notes = judgement.statuses.copy(), dict(judgement.notes)
    for index in indices(suspects):
        source = tracer.source(judgement.found, index)
        if source is not None and source in wanted:
            statuses[index] = Status.TYPED
            notes[index] = source
    return replace(judgement, statuses=statuses, notes=notes)


class _Place(NamedTuple):
    sheet: str
    row: int
    column: int


class _Formula(NamedTuple):
    """A formula, and whether it is part of a judged cell's own way to its number."""

    place: _Place
    text: str
    is_own: bool = True


class _Others(NamedTuple):
    """A sheet's formulas that are followed: not judged, or maybe part of a circle."""

    cells: Cells
    positions: NDArray[np.intp]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    is_judged: Mask


class _Tracer:
    """Follows the references of formulas to cells that are not judged."""

    def __init__(self, workbook: Workbook, found: Mapping[str, Found], *, asked: bool) -> None:
        self._workbook, self._found, self._asked = workbook, found, asked
        self._sheets = {sheet.lower(): sheet for sheet in workbook.sheets}
        self._answers = self._answers_sheet()
        self.unfollowed = 0  # judged cells of which it was not found out
        self._steps = 0
        self._innocent: set[_Place] = set()  # others that lead nowhere, whoever refers to them
        self._others = cache(self._find_others)

    def suspects(self, found: Found) -> Mask:
        """Return which cells' formulas are worth following."""
        if self._answers or (self._asked and found.recalculated is None):
            return np.ones(found.states.shape, dtype=np.bool_)
        return _is_untried(found)

    def source(self, found: Found, index: tuple[int, ...]) -> Source | None:
        """Return where a judged cell's formula takes its number from; None for its own.

        What another judged cell takes from somewhere is that cell's own matter; only in a circle
        all of them are followed.
        """
        sheet, _ = found.places.at(index)
        start = _Place(sheet, int(found.places.rows[index]), int(found.places.columns[index]))
        may_be_circle = found.recalculated is None or bool(found.recalculated.untried[index])
        waiting = [_Formula(start, found.formula(index) or "")]
        known: set[tuple[_Place, bool]] = set()
        while waiting:
            if self._steps >= MOST_STEPS:
                self.unfollowed += 1
                return None
            place, formula, is_own = waiting.pop()
            if is_own and self._answers and self._answers.lower() in formula.lower():
                return Source.ANSWERS
            for address in self._references(formula.removeprefix("="), place.sheet):
                where = self._sheet_of(address, place.sheet)
                if is_own and (address.book or where == self._answers != ""):
                    return Source.ELSEWHERE if address.book else Source.ANSWERS
                if may_be_circle and _covers(address, where, start):
                    return Source.ITSELF
                for other in self._formulas_in(where, address):
                    other_is_own = is_own and other.is_own
                    is_done = not may_be_circle and other.place in self._innocent
                    if not is_done and (other.place, other_is_own) not in known:
                        known.add((other.place, other_is_own))
                        waiting.append(other._replace(is_own=other_is_own))
        self._innocent.update(place for place, is_own in known if is_own)
        return None

    def _sheet_of(self, address: Address, own: str) -> str:
        if address.book:
            return ""
        return self._sheets.get(address.sheet.lower(), "") if address.sheet else own

    def _answers_sheet(self) -> str:
        """Return what the sheet of the answers is called, which somebody may have renamed."""
        _, meaning = self._workbook.meaning(ANSWERS, "")
        sheet = next((one.sheet for one in self._references(meaning, "")), ANSWERS)
        return self._sheets.get(sheet.lower(), "")

    def _references(self, formula: str, sheet: str) -> Iterator[Address]:
        try:
            skeleton, addresses = split(formula)
        except ValueError:  # too long for any spreadsheet
            return
        if _ASKS_FOR_A_PLACE.search(skeleton):
            yield from _whose_numbers_count(skeleton, addresses)
        else:
            yield from addresses
        for name in names_in(skeleton):
            _, meaning = self._workbook.meaning(name, sheet)
            if meaning:
                yield from split(meaning)[1]

    def _formulas_in(self, sheet: str, address: Address) -> Iterator[_Formula]:
        """Yield the formulas in a rectangle that are followed."""
        self._steps += 1
        others = self._others(sheet) if sheet else None
        if others is None or not others.positions.size:
            return
        self._steps += others.positions.size // _LOOKED_AT_IN_A_STEP
        top, left, bottom, right = address.corners
        inside = (others.rows >= top) & (others.rows <= bottom)
        inside &= (others.columns >= left) & (others.columns <= right)
        for number in np.flatnonzero(inside).tolist():
            self._steps += 1
            place = _Place(sheet, int(others.rows[number]), int(others.columns[number]))
            text = others.cells.formula(int(others.positions[number])) or ""
            yield _Formula(place, text, not others.is_judged[number])

    def _find_others(self, sheet: str) -> _Others | None:
        """Return a sheet's formula cells that are not judged, or could not be computed."""
        try:
            cells = self._workbook.cells(sheet)
        except WorkbookError:
            return None
        judged = np.zeros(cells.rows.shape, dtype=np.bool_)
        untried = np.zeros(cells.rows.shape, dtype=np.bool_)
        for found in self._found.values():
            for number, own in enumerate(found.places.sheets):
                if own == sheet:
                    here = found.places.sheet == number
                    at = cells.find(found.places.rows[here], found.places.columns[here])
                    judged[at[at >= 0]] = True
                    untried[at[(at >= 0) & _is_untried(found)[here]]] = True
        at = np.flatnonzero(cells.has_formula & (untried | ~judged))
        return _Others(cells, at, cells.rows[at], cells.columns[at], judged[at])


def _whose_numbers_count(skeleton: str, addresses: Sequence[Address]) -> Sequence[Address]:
    """Return the addresses but for those of which only the size or the place is asked."""
    try:
        tree = parse(skeleton)
    except ValueError:
        return addresses
    parts = walk(tree, beneath=lambda one: not _is_place(one))
    counted = {one.slot for one in parts if isinstance(one, Reference)}
    return [address for slot, address in enumerate(addresses) if slot in counted]


def _is_place(tree: Expression) -> bool:
    return isinstance(tree, Call) and tree.function in _PLACES


def _is_untried(found: Found) -> Mask:
    """Return which cells go round in a circle, maybe: the engine could not compute them."""
    if found.recalculated is None:
        return np.zeros(found.states.shape, dtype=np.bool_)
    return found.recalculated.untried


def _covers(address: Address, sheet: str, place: _Place) -> bool:
    top, left, bottom, right = address.corners
    inside = top <= place.row <= bottom and left <= place.column <= right
    return sheet == place.sheet and inside
