"""The formulas of a sheet by their form: the text with its digits blanked tells nearly all.

Texts that differ in digits only are looked at once. Of their runs of digits, those that are rows
of references become arrays; all others (in constants, in names of sheets and functions) have to be
the same, and part the texts further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.sheets.contents import Ints, SharedFormula, SheetContents
from xlbackprop.formula.tokens import Reading, read_references

_BETWEEN = b"\1"  # no formula holds this
_BLANKED = bytes.maketrans(b"123456789", b"000000000")
_RUN = re.compile(rb"0+")
_DIGITS = bytes(code if chr(code).isdecimal() and code < 128 else 32 for code in range(256))
_LONGEST_RUN = 15
# A skeleton that is no formula: what has it is not known.
_UNREADABLE = ""
_TOP, _LEFT, _BOTTOM, _RIGHT = range(4)


@dataclass(frozen=True)
class Slot:
    """What one reference of a form refers to in each cell: rectangles of one size."""

    sheet: str  # "" for the cell's own
    size: tuple[int, int]
    tops: Ints
    lefts: Ints


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
    for shared in sheet.shared:
        yield from _forms_of_shared(sheet, shared)


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
    keys: dict[bytes, int] = {}
    blanked = _BETWEEN.join(texts).translate(_BLANKED).split(_BETWEEN)
    numbers = np.fromiter((keys.setdefault(key, len(keys)) for key in blanked), np.int64)
    runs = [[len(run) for run in _RUN.findall(key)] for key in keys]
    all_runs = _all_runs(texts, numbers, np.array([max(own, default=0) for own in runs]))
    counts = np.array([len(own) for own in runs], dtype=np.int64)
    starts = np.cumsum(counts[numbers]) - counts[numbers]
    order = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[order], np.arange(len(keys) + 1))
    for key, lengths in enumerate(runs):
        members = order[bounds[key] : bounds[key + 1]]
        if max(lengths, default=0) > _LONGEST_RUN:
            yield from _one_by_one(texts, members, cells)
            continue
        values = all_runs[starts[members][:, None] + np.arange(len(lengths))]
        yield from _forms_of_key(texts, members, cells, values, lengths)


def _all_runs(texts: Sequence[bytes], numbers: Ints, longest: Ints) -> Ints:
    """Return the numbers that all runs of digits are, of all texts; 0 for those too long."""
    if longest.max(initial=0) > _LONGEST_RUN:
        is_long = longest[numbers] > _LONGEST_RUN
        texts = [
            re.sub(rb"[0-9]+", b"0", text) if is_long[at] else text for at, text in enumerate(texts)
        ]
    digits = b" ".join(texts).translate(_DIGITS)
    return np.fromstring(digits, dtype=np.int64, sep=" ")


def _forms_of_key(
    texts: Sequence[bytes], members: Ints, cells: Ints, values: Ints, lengths: list[int]
) -> Iterator[Form]:
    """Yield the forms of texts that differ in digits only; `values` are their runs of digits."""
    runs = {run for pair in _read(texts[members[0]]).row_runs if pair for run in pair}
    odd = np.zeros(len(values), dtype=np.bool_)
    for run in runs:  # a row 0, or beyond the sheet: then it is something else than in the first
        odd[1:] |= (values[1:, run] < 10 ** (lengths[run] - 1)) | (values[1:, run] > MAX_ROWS)
    yield from _one_by_one(texts, members[odd], cells)
    members, values = members[~odd], values[~odd]
    literal = [run for run in range(len(lengths)) if run not in runs]
    for same in _same(values[:, literal]):
        reading = _read(texts[members[same[0]]])
        own = np.empty((4, len(reading.addresses), len(same)), dtype=np.int64)
        for slot, (address, rows) in enumerate(
            zip(reading.addresses, reading.row_runs, strict=True)
        ):
            own[:, slot] = np.array(address.corners)[:, None]
            if rows is not None:
                first, last = values[same, rows[0]] - 1, values[same, rows[1]] - 1
                own[_TOP, slot], own[_BOTTOM, slot] = first, last
        yield from _by_size(reading, cells[members[same]], own)


def _forms_of_shared(sheet: SheetContents, shared: SharedFormula) -> Iterator[Form]:
    """Yield the forms of a formula that many cells have, moved to where they stand."""
    reading, cells = _read(shared.text.encode()), shared.cells
    down, along = sheet.rows[cells] - shared.row, sheet.columns[cells] - shared.column
    own = np.empty((4, len(reading.addresses), len(cells)), dtype=np.int64)
    for slot, address in enumerate(reading.addresses):
        for corner, (at, stays) in enumerate(zip(address.corners, address.anchors, strict=True)):
            moved = along if corner in (_LEFT, _RIGHT) else down
            own[corner, slot] = at if stays else at + moved
    limits = np.array([MAX_ROWS, MAX_COLUMNS, MAX_ROWS, MAX_COLUMNS])[:, None, None]
    outside = ((own < 0) | (own >= limits)).any(axis=(0, 1))
    if outside.any():
        yield Form(_UNREADABLE, cells[outside], ())
    yield from _by_size(reading, cells[~outside], own[:, :, ~outside])


def _by_size(reading: Reading, cells: Ints, corners: Ints) -> Iterator[Form]:
    """Yield forms, one for each size that the rectangles have.

    `corners` has the first row and column, and the last ones, of each reference in each cell.
    """
    corners[[_TOP, _BOTTOM]] = np.sort(corners[[_TOP, _BOTTOM]], axis=0)
    corners[[_LEFT, _RIGHT]] = np.sort(corners[[_LEFT, _RIGHT]], axis=0)
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
        corners = np.array([address.corners for address in reading.addresses], dtype=np.int64)
        yield from _by_size(reading, cells[[member]], corners.reshape(-1, 4).T[:, :, None].copy())


def _same(values: Ints) -> Iterator[Ints]:
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
    try:
        return read_references(text.decode("utf-8", "surrogatepass"))
    except ValueError:
        return Reading(_UNREADABLE, (), ())
