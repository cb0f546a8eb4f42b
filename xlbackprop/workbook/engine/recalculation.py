"""The user's formulas evaluated anew, so that what is judged is not what was once saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.equation.indices import index_at
from xlbackprop.errors import EngineError, shown, suggestion
from xlbackprop.formula.tokens import links_elsewhere
from xlbackprop.tolerance import allowance
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values, list_cells
from xlbackprop.workbook.engine.engine import EngineStopped, start_engine
from xlbackprop.workbook.engine.libreoffice import LibreOffice, find_libreoffice
from xlbackprop.workbook.engine.settings import EngineName, Limits
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, Origin, Recalculated

_REASONS = {
    "#CIRC!": "a circular reference",
    "#NAME?": "an unknown function or name",
    "#N/IMPL!": "a function that the engine does not have",
    "#ERROR!": "a formula that the engine cannot read",
}
_OTHER_WORKBOOKS = "a link to another workbook"


Codes = NDArray[np.int8]


def engine_name(engine: EngineName | str, *, proves: bool = False) -> EngineName:
    """Return the engine of a name.

    Raises EngineError where there is none, it is missing, or it is to prove and cannot.
    """
    if engine not in set(EngineName):
        raise EngineError(f"there is no engine {shown(engine)}{suggestion(engine, EngineName)}")
    name = EngineName(engine)
    if proves and name is not EngineName.IRONCALC:
        raise EngineError(f"nothing can be proven with the engine {name}: leave --engine out")
    if name is EngineName.LIBREOFFICE:
        find_libreoffice()
    return name


class Recalculating(Protocol):
    """What is asked of an engine. Raises EngineStopped."""

    def values(self, cells: CellList) -> Values:
        """Return what the cells hold after all formulas have been evaluated anew."""
        ...


@contextmanager
def start(path: Path, name: EngineName, limits: Limits) -> Iterator[Recalculating | None]:
    """Start to recalculate a workbook that has passed the guard; None for no engine."""
    match name:
        case EngineName.IRONCALC:
            with start_engine(path, limits) as engine:
                yield engine
        case EngineName.LIBREOFFICE:
            yield LibreOffice(path, limits)
        case EngineName.NONE:
            yield None


def recalculate(
    found: Mapping[str, Found], engine: Recalculating | None
) -> tuple[dict[str, Found], tuple[Note, ...]]:
    """Return the tensors with the values that their formulas give, and notes on the workbook.

    A cell that the engine cannot compute keeps its saved value, and so do all where it stopped.
    """
    if engine is None:
        return dict(found), ()
    tensors = [one for one in found.values() if one.has_formula.any()]
    everywhere = list_cells([one.places for one in tensors])
    mask = np.concatenate([[], *(one.has_formula.ravel() for one in tensors)]).astype(np.bool_)
    try:
        values = engine.values(everywhere.where(mask))
    except EngineStopped as reason:
        return dict(found), (Note(NoteKind.NOT_RECALCULATED, reason=str(reason)),)
    start, results = 0, dict(found)
    for one in tensors:
        own = _slice(values, start, start + int(one.has_formula.sum()))
        start += len(own.kinds)
        results[one.tensor.name] = _with_values(one, own)
    return results, tuple(_notes(results))


def _slice(values: Values, start: int, end: int) -> Values:
    texts = {at - start: text for at, text in values.texts.items() if start <= at < end}
    return Values(values.kinds[start:end], values.numbers[start:end], texts)


def _with_values(found: Found, values: Values) -> Found:
    """Return a tensor whose formula cells have the values, in C order."""
    (at,) = np.nonzero(found.has_formula.ravel())
    indices = {
        position: index_at(int(at[position]), found.tensor.shape) for position in values.texts
    }
    saved_states, saved = found.states.ravel()[at], found.numbers.ravel()[at]
    unable = values.kinds == UNABLE
    links = {
        position
        for position, index in indices.items()
        if values.kinds[position] in (UNABLE, State.ERROR)
        and links_elsewhere(found.formula(index) or "")
    }
    unable[list(links)] = True
    keeps = unable & (saved_states != State.BLANK)
    states = np.select([keeps, unable], [saved_states, State.ERROR], values.kinds)
    numbers = np.where(keeps, saved, values.numbers)
    origins = np.select(
        [unable, _differs(saved_states, saved, states, numbers)],
        [Origin.UNABLE, Origin.STALE],
        Origin.COMPUTED,
    )
    texts = {
        index: _reason(values.texts[position], position in links)
        if unable[position]
        else values.texts[position]
        for position, index in indices.items()
    }
    all_origins = _put(np.zeros(found.states.shape, np.int8), at, origins)
    return replace(
        found,
        numbers=_put(found.numbers, at, numbers),
        states=_put(found.states, at, states),
        recalculated=Recalculated(all_origins, found.numbers, texts),
    )


def _put(array: NDArray[Any], at: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of an array with other values at some flat positions."""
    copy = array.copy()
    copy.reshape(-1)[at] = values
    return copy


def _differs(old_states: Codes, old: Array, states: Codes, numbers: Array) -> Mask:
    """Return where a value was saved, and is another now."""
    with np.errstate(invalid="ignore"):
        far = np.abs(numbers - old) > allowance(numbers)
    both = (old_states == State.NUMBER) & (states == State.NUMBER)
    return np.asarray(np.where(both, far, (old_states != states) & (old_states != State.BLANK)))


def _reason(text: str, links: bool) -> str:
    return _OTHER_WORKBOOKS if links else _REASONS.get(text, f"a formula that gives {text} there")


def _notes(found: Mapping[str, Found]) -> Iterator[Note]:
    """Yield what is to be said of the workbook as a whole."""
    origins = [one.recalculated.origins for one in found.values() if one.recalculated]
    stale = sum(int((own == Origin.STALE).sum()) for own in origins)
    unable = sum(int((own == Origin.UNABLE).sum()) for own in origins)
    if stale:
        yield Note(NoteKind.STALE, stale)
    if unable:
        yield Note(NoteKind.UNABLE, unable)
