"""What there is to say of a single cell that is not right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Index
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.dates import date_of
from xlbackprop.workbook.read.found import Found, Origin
from xlbackprop.workbook.read.numerals import Kind, Reading, read_text

# More decimals than these nobody counts.
_MOST_DECIMALS = 9


# There may be very many cells, and to look up a member takes longer than to compare numbers.
_INVALID = int(Status.INVALID)
_OFF = (int(Status.WRONG), _INVALID)

_TEXT = "text, where a number belongs"
_WHAT_TEXTS_ARE = {
    Kind.NUMBER: "a number typed as text",
    Kind.PERCENTAGE: "a percentage typed as text",
    Kind.FRACTION: "a fraction typed as text",
    Kind.TOO_LARGE: "a number too large for any spreadsheet",
    Kind.FORMULA: (
        "a formula that stands there as text: format the cell as General and enter it again"
    ),
    Kind.DATE: "a date, where a number belongs: format the cell as a number and type it again",
}


def note_on_cell(judgement: Judgement, index: Index) -> str:
    """Return why a cell is not right, as far as its own content tells, and where it came from."""
    return "; ".join(filter(None, _notes(judgement, index)))


def _notes(judgement: Judgement, index: Index) -> Iterator[str]:
    yield judgement.notes.get(index) or _note(judgement, index)
    yield _note_on_origin(judgement.found, index)


def _note(judgement: Judgement, index: Index) -> str:
    status = int(judgement.statuses[index])
    if status in _OFF and judgement.found.is_date[index]:
        return _note_on_date(float(judgement.found.numbers[index]))
    if judgement.uncredited[index]:
        return "follows only from cells that are blank, invalid or all equal: no credit"
    if status == _INVALID:
        return _note_on_invalid(judgement, index)
    if judgement.rounded[index]:
        return _note_on_rounding(judgement, index)
    return ""


def _note_on_date(number: float) -> str:
    day = date_of(number)
    made = f"your program has made a date of what you typed{f' ({day})' if day else ''}"
    return f"{made}: format the cell as a number and type it again"


def _note_on_invalid(judgement: Judgement, index: Index) -> str:
    found = judgement.found
    match found.states[index]:
        case State.NUMBER:
            return f"expected {found.tensor.domain.expected}"
        case State.BLANK:
            return "a formula without a saved value: open the workbook, let it calculate, save it"
        case State.ERROR:
            return "an error value"
        case State.BOOLEAN:
            return "true or false, where a number belongs"
    if found.has_formula[index]:
        return _TEXT
    return _note_on_text(read_text(found.text(index) or ""))


def _note_on_text(reading: Reading) -> str:
    numbers = [f"{number:.12g}" for number in reading.numbers]
    what, known = _WHAT_TEXTS_ARE.get(reading.kind, _TEXT), " or ".join(numbers)
    if len(numbers) > 1:
        return f"{what}, that may mean {known}: enter the one that you mean as a number"
    return f"{what}: enter it as the number {known}" if numbers else what


def _note_on_rounding(judgement: Judgement, index: Index) -> str:
    if judgement.statuses[index] == Status.CARRIED:
        return "follows from an earlier cell that was rounded too early: keep more decimals there"
    needed = judgement.decimals
    if not needed:
        return (
            "one number in all cells, or a copy of an earlier tensor, and should be neither: type"
            " as many decimals as tell them apart"
        )
    decimals = f"at least {needed} decimals" if needed <= _MOST_DECIMALS else "more digits"
    return f"rounded too much: type {decimals}"


def _note_on_origin(found: Found, index: Index) -> str:
    """Return what there is to say of a recalculated value, or nothing."""
    again = found.recalculated
    match found.origin(index) if again else Origin.STORED:
        case Origin.STALE if again and np.isfinite(again.saved[index]):
            return f"stale: the saved value was {again.saved[index]:.6g}"
        case Origin.UNABLE if again:
            return f"not recalculated: it has, or rests on, {again.texts[index]}"
    return ""
