"""What there is to say of a single cell that is not right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Index
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, Origin
from xlbackprop.workbook.read.numerals import read_numeral

# More decimals than these nobody counts.
_MOST_DECIMALS = 9


def note_on_cell(judgement: Judgement, index: Index) -> str:
    """Return why a cell is not right, as far as its own content tells, and where it came from."""
    return "; ".join(filter(None, _notes(judgement, index)))


def _notes(judgement: Judgement, index: Index) -> Iterator[str]:
    yield judgement.notes.get(index) or _note(judgement, index)
    yield _note_on_origin(judgement.found, index)


def _note(judgement: Judgement, index: Index) -> str:
    status = judgement.statuses[index]
    if judgement.uncredited[index]:
        return "follows only from cells that are blank, invalid or all equal: no credit"
    if status == Status.INVALID:
        return _note_on_invalid(judgement, index)
    if judgement.rounded[index]:
        return _note_on_rounding(judgement, index)
    return ""


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
    number = read_numeral(found.text(index) or "")
    if number is None:
        return "text, where a number belongs"
    return f"a number typed as text: enter it as the number {number:g}"


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
