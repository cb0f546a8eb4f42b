"""The formulas of a sheet by their form: the text with its digits blanked tells nearly all.

Texts that differ in digits only are looked at once. Of their runs of digits, those that are rows
of references become arrays; all others (in constants, in names of sheets and functions) have to be
the same, and part the texts further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.sheets.contents import Ints, SharedFormula, SheetContents
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tokens import Reading, read_references

_BETWEEN = b"\1"  # no formula holds this
_BLANKED = bytes.maketrans(b"123456789", b"000000000")
_RUN = re.compile(rb"0+")
_DIGITS = bytes(code if chr(code).isdecimal() and code < 128 else 32 for code in range(256))
_LONGEST_RUN = 15
# A skeleton that is no formula: what has it is not known.
_UNREADABLE = ""
# Pages of one class have the same formulas: so many of no more characters are kept.
_MOST_KEPT, _SHORT = 2048, 256
_TOP, _LEFT, _BOTTOM, _RIGHT = range(4)


@dataclass(frozen=True)
class Slot:
    """What one reference of a form refers to in each cell: rectangles of one size."""

    sheet: str  # "" for the cell's own
    size: tuple[int, int]
    tops: Indices
    lefts: Indices


@dataclass(frozen=True)
class Form:
    """Cells of a sheet, by position, whose formulas are one but for where they refer to."""

    skeleton: str
    cells: Ints
    slots: tuple[Slot, ...]

    def where(self, which: Ints) -> Form:
        """Return the form of some of its cells."""
        slots = tuple(
            replace(one, tops=one.tops[which], lefts=one.lefts[which]) for one in self.slots
        )
        return replace(self, cells=self.cells[which], slots=slots)


def places_of(form: Form, area: tuple[int, int] | None, sheet: SheetContents) -> tuple[Ints, Ints]:
    """Return the rows and columns of a form's cells; of array formulas those of all they fill."""
    if area is None:
        return sheet.rows[form.cells], sheet.columns[form.cells]
    formulas = [sheet.arrays_that_fit[at] for at in form.cells.tolist()]
    down, along = np.indices(area).reshape(2, -1)
    rows = (np.array([one.top for one in formulas])[:, None] + down).ravel()
    return rows, (np.array([one.left for one in formulas])[:, None] + along).ravel()


def forms_of(sheet: SheetContents) -> Iterator[Form]:
    """Yield the forms of a sheet; those of texts that differ in more than digits may be alike."""
    yield from _forms_of_texts(sheet.formulas, sheet.with_formula)
    yield from _forms_of_shared(sheet)


def all_forms(sheet: SheetContents) -> Iterator[tuple[Form, tuple[int, int] | None]]:
    """Yield the forms of a sheet, and those of its array formulas with the size that they fill.

    The `cells` of these are positions among `arrays_that_fit`.
    """
    for form in forms_of(sheet):
        yield form, None
    formulas = sheet.arrays_that_fit
    for form in _forms_of_texts([one.text for one in formulas], np.arange(len(formulas))):
        sizes = [formulas[at].size for at in form.cells.tolist()]
        for size in dict.fromkeys(sizes):
            which = np.array([at for at, one in enumerate(sizes) if one == size])
            yield form.where(which), size


def _forms_of_texts(texts: Sequence[bytes], cells: Ints) -> Iterator[Form]:
    if not len(texts):
        return
    blanked = _BETWEEN.join(texts).translate(_BLANKED).split(_BETWEEN)
    keys = {key: number for number, key in enumerate(dict.fromkeys(blanked))}
    numbers = np.fromiter(map(keys.__getitem__, blanked), np.int64, len(blanked))
    runs = [tuple(len(run) for run in _RUN.findall(key)) for key in keys]
    all_runs = _all_runs(texts, numbers, np.array([max(own, default=0) for own in runs]))
    counts = np.array([len(own) for own in runs], dtype=np.int64)
    starts = np.cumsum(counts[numbers]) - counts[numbers]
    order = np.argsort(numbers, kind="stable")
    members = np.split(order, np.searchsorted(numbers[order], np.arange(1, len(keys))))
    # Keys that differ in columns only are alike.
    alike: dict[tuple[object, tuple[int, ...]], list[tuple[Reading, Ints]]] = {}
    for lengths, own in zip(runs, members, strict=True):
        if max(lengths, default=0) > _LONGEST_RUN:
            yield from _one_by_one(texts, own, cells)
            continue
        reading = _read(texts[own[0]])
        kind = reading.skeleton, _sheets(reading), reading.row_runs
        alike.setdefault((kind, lengths), []).append((reading, own))
    for (_, lengths), same in alike.items():
        together = np.concatenate([own for _, own in same])
        values = all_runs[starts[together][:, None] + np.arange(len(lengths))]
        yield from _forms_of_keys(texts, cells, same, values, lengths)


def _all_runs(texts: Sequence[bytes], numbers: Ints, longest: Ints) -> Ints:
    """Return the numbers that all runs of digits are, of all texts; 0 for those too long."""
    if longest.max(initial=0) > _LONGEST_RUN:
        is_long = longest[numbers] > _LONGEST_RUN
        texts = [
            re.sub(rb"[0-9]+", b"0", text) if is_long[at] else text for at, text in enumerate(texts)
        ]
    digits = b" ".join(texts).translate(_DIGITS)
    return np.fromstring(digits, dtype=np.int64, sep=" ")


def _forms_of_keys(
    texts: Sequence[bytes],
    cells: Ints,
    same: Sequence[tuple[Reading, Ints]],
    values: Ints,
    lengths: tuple[int, ...],
) -> Iterator[Form]:
    """Yield the forms of texts that differ in digits and columns only.

    They are the members of keys, each of which has the reading of its first; `values` are the
    runs of digits of all.
    """
    members = np.concatenate([own for _, own in same])
    key = np.repeat(np.arange(len(same)), [len(own) for _, own in same])
    corners = _corners([reading for reading, _ in same])
    row_runs = same[0][0].row_runs
    runs = {run for pair in row_runs if pair for run in pair}
    odd = np.zeros(len(values), dtype=np.bool_)
    for run in runs:  # a row 0, or beyond the sheet: then it is something else than in the first
        odd |= (values[:, run] < 10 ** (lengths[run] - 1)) | (values[:, run] > MAX_ROWS)
    yield from _one_by_one(texts, members[odd], cells)
    members, values, key = members[~odd], values[~odd], key[~odd]
    literal = [run for run in range(len(lengths)) if run not in runs]
    for alike in _same(values[:, literal]):
        reading = _read(texts[members[alike[0]]])
        if reading.row_runs != row_runs:  # with these digits something else is a reference
            yield from _one_by_one(texts, members[alike], cells)
            continue
        own = corners[:, :, key[alike]]
        for slot, rows in enumerate(row_runs):
            if rows is not None:
                own[_TOP, slot], own[_BOTTOM, slot] = values[alike][:, rows].T - 1
        yield from _by_size(reading, cells[members[alike]], own)


def _forms_of_shared(sheet: SheetContents) -> Iterator[Form]:
    """Yield the forms of formulas that many cells have, moved to where they stand."""
    alike: dict[object, list[tuple[Reading, SharedFormula]]] = {}
    for shared in sheet.shared:
        reading = _read(shared.text.encode("utf-8", "surrogatepass"))
        kind = reading.skeleton, _sheets(reading)
        alike.setdefault(kind, []).append((reading, shared))
    for same in alike.values():
        cells = np.concatenate([shared.cells for _, shared in same])
        formula = np.repeat(np.arange(len(same)), [len(shared.cells) for _, shared in same])
        stands = np.array([(shared.row, shared.column) for _, shared in same]).T[:, formula]
        moved = np.stack([sheet.rows[cells], sheet.columns[cells]]) - stands
        readings = [reading for reading, _ in same]
        stays = np.array([[one.anchors for one in reading.addresses] for reading in readings])
        own = _corners(readings)[:, :, formula]
        stays = stays.reshape(len(same), -1, 4).T[:, :, formula]
        own += np.where(stays, 0, moved[[0, 1, 0, 1], None]).astype(np.int32)
        limits = np.array([MAX_ROWS, MAX_COLUMNS, MAX_ROWS, MAX_COLUMNS])[:, None, None]
        outside = ((own < 0) | (own >= limits)).any(axis=(0, 1))
        if outside.any():
            yield Form(_UNREADABLE, cells[outside], ())
        yield from _by_size(same[0][0], cells[~outside], own[:, :, ~outside])


def _sheets(reading: Reading) -> tuple[tuple[str, str], ...]:
    return tuple((address.sheet, address.book) for address in reading.addresses)


def _corners(readings: Sequence[Reading]) -> Indices:
    """Return the corners of references, of shape (4, references, readings)."""
    corners = [[address.corners for address in reading.addresses] for reading in readings]
    return np.array(corners, dtype=np.int32).reshape(len(readings), -1, 4).T


def _by_size(reading: Reading, cells: Ints, corners: Indices) -> Iterator[Form]:
    """Yield forms, one for each size that the rectangles have.

    `corners` has the first row and column, and the last ones, of each reference in each cell.
    """
    if not len(cells):
        return
    for first, last in ((_TOP, _BOTTOM), (_LEFT, _RIGHT)):
        if (corners[first] > corners[last]).any():
            corners[[first, last]] = np.sort(corners[[first, last]], axis=0)
    sizes = corners[[_BOTTOM, _RIGHT]] - corners[[_TOP, _LEFT]] + 1
    for same in _same(sizes.reshape(-1, len(cells)).T):
        slots = tuple(
            Slot(
                address.sheet,
                (int(sizes[0, slot, same[0]]), int(sizes[1, slot, same[0]])),
                corners[_TOP, slot, same],
                corners[_LEFT, slot, same],
            )
            for slot, address in enumerate(reading.addresses)
        )
        is_foreign = any(address.book for address in reading.addresses)
        yield Form(_UNREADABLE if is_foreign else reading.skeleton, cells[same], slots)


def _one_by_one(texts: Sequence[bytes], members: Ints, cells: Ints) -> Iterator[Form]:
    for member in members.tolist():
        reading = _read(texts[member])
        yield from _by_size(reading, cells[[member]], _corners([reading]))


def _same(values: Ints | Indices) -> Iterator[Ints]:
    """Yield the positions of rows that are the same, group by group."""
    if not len(values):
        return
    if not values.shape[1] or (values == values[0]).all():
        yield np.arange(len(values))
        return
    _, which = np.unique(values, axis=0, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(which.ravel()[order])) + 1)


def _read(text: bytes) -> Reading:
    return _read_again(text) if len(text) <= _SHORT else _read_once(text)


def _read_once(text: bytes) -> Reading:
    try:
        return read_references(text.decode("utf-8", "surrogatepass"))
    except ValueError:
        return Reading(_UNREADABLE, (), ())


_read_again = lru_cache(maxsize=_MOST_KEPT)(_read_once)
