"""What an engine gives, put where the tensors are read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.equation.indices import index_at, indices
from xlbackprop.formula.addresses import on_sheet
from xlbackprop.tolerance import allowance
from xlbackprop.workbook.engine.cell_list import UNABLE, Values
from xlbackprop.workbook.engine.disputes import Settled, reason_for
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, Origin, Recalculated

Codes = NDArray[np.int8]

_MOST_NAMED = 6


def with_values(found: Sequence[Found], settled: Settled, untried: Mask) -> dict[str, Found]:
    """Return the tensors with what their formulas give.

    `settled` has their formula cells, tensor by tensor in C order, and maybe others after these;
    `untried` says of each whether it cannot be tried on other numbers. A cell that cannot be
    computed keeps what was saved.
    """
    results, start = {}, 0
    for one in found:
        end = start + int(one.has_formula.sum())
        results[one.tensor.name] = _with_values(
            one, _slice(settled, start, end), untried[start:end]
        )
        start = end
    return results


def notes_on(found: Mapping[str, Found], elsewhere: int) -> Iterator[Note]:
    """Yield what is to be said of the workbook as a whole."""
    origins = [one.recalculated.origins for one in found.values() if one.recalculated]
    stale = sum(int((own == Origin.STALE).sum()) for own in origins)
    unable = sum(int((own == Origin.UNABLE).sum()) for own in origins)
    if stale:
        yield Note(NoteKind.STALE, stale)
    if unable:
        yield Note(NoteKind.UNABLE, unable)
    if elsewhere:
        yield Note(NoteKind.ELSEWHERE, elsewhere)


def notes_on_dates(found: Mapping[str, Found]) -> Iterator[Note]:
    """Yield what is to be said of givens and parameters that are shown as dates."""
    given = [one for one in found.values() if not one.tensor.kind.is_computed and one.is_date.any()]
    places = [one.places.at(index) for one in given for index in indices(one.is_date)]
    if places:
        cells = tuple(on_sheet(*place) for place in places[:_MOST_NAMED])
        names = tuple(one.tensor.name for one in given)
        yield Note(NoteKind.DATES, len(places), names=names, cells=cells)


def _slice(settled: Settled, start: int, end: int) -> Settled:
    values = settled.values
    texts = {at - start: text for at, text in values.texts.items() if start <= at < end}
    unable = {at - start: text for at, text in settled.unable.items() if start <= at < end}
    elsewhere = frozenset(at - start for at in settled.elsewhere if start <= at < end)
    own = Values(values.kinds[start:end], values.numbers[start:end], texts)
    return Settled(own, unable, elsewhere)


def _with_values(found: Found, settled: Settled, untried: Mask) -> Found:
    """Return a tensor whose formula cells have the values, in C order."""
    (at,) = np.nonzero(found.has_formula.ravel())
    values, shape = settled.values, found.tensor.shape
    saved_states, saved = found.states.ravel()[at], found.numbers.ravel()[at]
    unable = values.kinds == UNABLE
    unable[list(settled.unable)] = True
    unable[list(settled.elsewhere)] = False
    keeps = unable & (saved_states != State.BLANK)
    states = np.where(keeps, saved_states, np.where(unable, np.int8(State.ERROR), values.kinds))
    numbers = np.where(keeps, saved, values.numbers)
    is_stale = _differs(saved_states, saved, states, numbers)
    computed = np.where(is_stale, np.int8(Origin.STALE), np.int8(Origin.COMPUTED))
    origins = np.where(unable, np.int8(Origin.UNABLE), computed)
    texts = {index_at(int(at[number]), shape): text for number, text in values.texts.items()}
    for number in np.flatnonzero(unable).tolist():
        text = settled.unable.get(number) or reason_for(values.texts.get(number, ""))
        texts[index_at(int(at[number]), shape)] = text
    recalculated = Recalculated(
        _put(np.zeros(found.states.shape, np.int8), at, origins),
        found.numbers,
        texts,
        _put(np.zeros(found.states.shape, np.bool_), at, untried | unable),
    )
    return replace(
        found,
        numbers=_put(found.numbers, at, numbers),
        states=_put(found.states, at, states),
        recalculated=recalculated,
    )


def _put(array: NDArray[Any], at: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of an array with other values at some flat positions."""
    copy = array.copy()
    copy.reshape(-1)[at] = values
    return copy


def _differs(old_states: Codes, old: Array, states: Codes, numbers: Array) -> Mask:
    """Return where a value was saved, and is another now."""
    with np.errstate(invalid="ignore"):
        far = np.abs(numbers - old) > allowance(numbers, largest=1.0)
    both = (old_states == State.NUMBER) & (states == State.NUMBER)
    return np.asarray(np.where(both, far, (old_states != states) & (old_states != State.BLANK)))
