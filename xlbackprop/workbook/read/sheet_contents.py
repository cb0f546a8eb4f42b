"""A sheet's cells as the evaluation of formulas takes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.codes import CODE_OF_ERROR, Code, Codes
from xlbackprop.formula.sheets.contents import (
    ArrayFormula,
    Ints,
    SharedFormula,
    SheetContents,
)
from xlbackprop.workbook.read.arrays import ArrayFormula as StoredArray
from xlbackprop.workbook.read.cells import SHARED, Cells, State

# Cells of array formulas, each of which takes a place whether it is stored or not.
_MOST_OF_ARRAYS = 1_000_000
_SHARED = ord(SHARED)
_NOTHING = np.empty(0, dtype=np.int64)


def sheet_contents(
    cells: Cells, name: str, needed: Mask, arrays: Collection[int], claimed: Ints
) -> SheetContents:
    """Return those cells of a sheet that are needed, each once.

    `arrays` are the numbers of the array formulas that count, whose cells may be stored or not.
    `claimed` are further places, of shape (2, places), that numbers may be put into. Raises
    NotKnown.
    """
    at = _each_once(cells, np.flatnonzero(needed))
    filling = [cells.arrays.formulas[one] for one in sorted(arrays)]
    beside, overlap = _beside(cells, filling, claimed), _overlap(filling)
    rows, columns = (
        np.concatenate([own[at], more]).astype(np.int64)
        for own, more in zip((cells.rows, cells.columns), beside, strict=True)
    )
    has_text = cells.formulas.present[at]
    if cells.formulas.has_empty:  # a what-if table: what it once gave stands for it
        has_text = has_text & (cells.formulas.lengths[at] > 0)
    in_array = np.concatenate([cells.array_of[at], cells.arrays.of(*beside)]) >= 0
    has_formula = has_text & ~in_array[: len(at)]
    alone = np.flatnonzero(has_formula & _is_array_alone(cells, at))
    has_formula[alone] = False
    is_shared = has_formula & cells.formulas.begin_with(_SHARED)[at]
    with_formula = np.flatnonzero(has_formula & ~is_shared)
    return SheetContents(
        name,
        rows,
        columns,
        np.concatenate([_codes(cells, at), np.zeros(len(beside[0]), dtype=np.int8)]),
        np.concatenate([cells.numbers[at], np.full(len(beside[0]), np.nan)]),
        lambda position: cells.texts.get(int(at[position])) or "",
        cells.formulas.raws(at[with_formula]),
        with_formula,
        list(_shared(cells, at, np.flatnonzero(is_shared))),
        np.flatnonzero(in_array) if overlap else _NOTHING,
        [*([] if overlap else _filling(filling)), *_filling_one(cells, at[alone])],
    )


def _is_array_alone(cells: Cells, at: Ints) -> Mask:
    """Return which cells have an array formula for themselves."""
    if not cells.arrays.places:
        return np.zeros(len(at), dtype=np.bool_)
    return np.isin(cells.rows[at] * MAX_COLUMNS + cells.columns[at], list(cells.arrays.places))


def _filling(arrays: Sequence[StoredArray]) -> Iterator[ArrayFormula]:
    for top, left, bottom, right, text in arrays:
        yield ArrayFormula(text.encode("utf-8", "surrogatepass"), top, left, bottom, right)


def _filling_one(cells: Cells, at: Ints) -> Iterator[ArrayFormula]:
    for position in at.tolist():
        row, column = int(cells.rows[position]), int(cells.columns[position])
        text = (cells.formula(position) or "").encode("utf-8", "surrogatepass")
        yield ArrayFormula(text, row, column, row, column)


def _overlap(arrays: Sequence[StoredArray]) -> bool:
    """Return whether a cell is filled by more than one: then there is no telling by which."""
    keys = [
        (np.arange(one.top, one.bottom + 1)[:, None] * MAX_COLUMNS)
        + np.arange(one.left, one.right + 1)
        for one in arrays
    ]
    every = np.concatenate([_NOTHING, *(own.ravel() for own in keys)])
    every.sort()
    return bool((every[1:] == every[:-1]).any())


def _each_once(cells: Cells, at: Ints) -> Ints:
    """Return the positions without those of cells that are stored once more later on."""
    keys, order = cells.in_order
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    return at if not twice.size else np.setdiff1d(at, order[twice])


def _beside(cells: Cells, arrays: Sequence[StoredArray], claimed: Ints) -> Ints:
    """Return the places, each once, that are claimed or of an array, and not stored."""
    sizes = [(one.bottom - one.top + 1) * (one.right - one.left + 1) for one in arrays]
    if sum(sizes) > _MOST_OF_ARRAYS:
        raise NotKnown("array formulas of too many cells")
    places = [claimed]
    for one in arrays:
        height, width = one.bottom - one.top + 1, one.right - one.left + 1
        corner = np.array([[one.top], [one.left]])
        places.append(np.indices((height, width)).reshape(2, -1) + corner)
    rows, columns = np.concatenate(places, axis=1)
    _, first = np.unique(rows * MAX_COLUMNS + columns, return_index=True)
    every = np.stack([rows[first], columns[first]])
    return every[:, cells.find(*every) < 0]


def _codes(cells: Cells, at: Ints) -> Codes:
    """Return what stands in the cells: a State is such a code, but for words."""
    codes = cells.states[at].astype(np.int8)
    for position in np.flatnonzero(codes > State.TEXT).tolist():
        text = cells.texts.get(int(at[position])) or ""
        if codes[position] == State.ERROR:
            codes[position] = CODE_OF_ERROR.get(text, Code.VALUE)
        else:
            codes[position] = Code.TRUE if text == "TRUE" else Code.FALSE
    return codes


def _shared(cells: Cells, at: Ints, sharers: Ints) -> Iterator[SharedFormula]:
    """Yield the formulas that several cells share, with those cells by their position in `at`."""
    if not sharers.size:
        return
    marks, which = cells.formulas.distinct(at[sharers])
    order = np.argsort(which, kind="stable")
    bounds = np.cumsum(np.bincount(which.astype(np.intp), minlength=len(marks)))
    for mark, own in zip(marks, np.split(sharers[order], bounds[:-1]), strict=True):
        key = mark.decode("utf-8", "surrogatepass").removeprefix(SHARED)
        yield SharedFormula(*cells.shared.stored(key), own)
