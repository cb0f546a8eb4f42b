"""The cells in a piece of a sheet, from its tags."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from xlbackprop.workbook.read.arrays import Ints
from xlbackprop.workbook.read.cell_reader import MAX_CHARACTERS
from xlbackprop.workbook.read.cell_store import (
    MAX_STORED_CELLS,
    TOO_MANY_CELLS,
    CellStore,
    Part,
)
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.scan.attributes import Meanings, read_attributes, read_places
from xlbackprop.workbook.read.scan.formulas import FormulaTexts
from xlbackprop.workbook.read.scan.spans import Spans
from xlbackprop.workbook.read.scan.tags import (
    CELLS,
    ENDS,
    FORMULAS,
    ROWS,
    VALUES,
    WITH_TEXT,
    Group,
    Kind,
    Positions,
    RefusedError,
    StrangeError,
    Tags,
    read_tags,
)
from xlbackprop.workbook.read.scan.values import read_values, type_number
from xlbackprop.workbook.read.xml import MAX_ELEMENTS, TOO_MANY_ELEMENTS

_CELL, _ROW, _FORMULA, _VALUE = Group(*CELLS), Group(*ROWS), Group(*FORMULAS), Group(*VALUES)
_HAS_TEXT, _BEGINS = Group(*WITH_TEXT), Group(*(set(Kind) - set(ENDS)))
_NAME, _NUMBER = len("<row"), b' r="'
_MOST_NOTED = 1_000


class PieceReader:
    """Puts the cells of a sheet into a store, piece by piece. Raises StrangeError, RefusedError.

    `elements` are those that have been read, to which the first ones may be added.
    """

    def __init__(self, store: CellStore, date_styles: Collection[str]) -> None:
        self._store, self._date_styles = store, date_styles
        self._formats = Meanings(self._read_format)
        self._formulas = FormulaTexts(store)
        self._rests_of_rows: set[bytes] = set()
        self.elements = self.characters = 0

    def read(self, piece: bytes) -> None:
        """Add the cells of whole rows."""
        tags = read_tags(piece)
        self._check_rows(tags)
        is_cell = _CELL.has(tags.kinds)
        cells = np.flatnonzero(is_cell)
        rows, columns, ends = read_places(tags, cells)
        closing = tags.ends[cells] - (tags.kinds[cells] == Kind.CELL_EMPTY)
        formats = self._formats.numbers(tags, ends + 1, closing)
        number = np.cumsum(is_cell, dtype=np.int32)
        formulas, values = _spans(tags, _FORMULA, number), _spans(tags, _VALUE, number)
        holds, (formulas, values) = _only_held(len(cells), formulas, values)
        self.elements += int(_BEGINS.has(tags.kinds).sum())
        self.characters += sum(int((own.ends - own.starts).sum()) for own in (formulas, values))
        self._add(tags, rows[holds], columns[holds], formats[holds], formulas, values)
        self._store.seen += len(cells)

    def _add(
        self, tags: Tags, rows: Ints, columns: Ints, formats: Ints, formulas: Spans, values: Spans
    ) -> None:
        types, dates = np.array(self._formats.found, dtype=np.int8).reshape(-1, 2).T
        held = read_values(tags, values, types[formats], self._store)
        texts, own_lengths = self._formulas.read(tags, formulas, rows, columns)
        lengths, has_formula = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
        lengths[formulas.cells], has_formula[formulas.cells] = own_lengths, True
        is_date = (dates[formats] > 0) & (held.states == State.NUMBER)
        self._check_limits(len(rows))
        self._store.extend(
            Part(
                rows,
                columns,
                held.states,
                held.numbers,
                held.texts,
                texts,
                lengths,
                has_formula,
                np.flatnonzero(is_date),
            )
        )

    def _check_limits(self, more: int) -> None:
        """Refuse what is too much; which of two limits comes first, the careful reader tells."""
        too_long = self.characters > MAX_CHARACTERS
        too_many = self.elements > MAX_ELEMENTS
        too_full = len(self._store) + more > MAX_STORED_CELLS
        if too_long or (too_many and too_full):
            raise StrangeError
        if too_many or too_full:
            reason = TOO_MANY_ELEMENTS if too_many else TOO_MANY_CELLS
            raise RefusedError(reason, is_of_part=too_many)

    def _read_format(self, text: bytes) -> tuple[int, bool]:
        """Return a cell's type, and whether it shows a number as a date."""
        attributes = read_attributes(text)
        if "r" in attributes:
            raise StrangeError
        return type_number(attributes.get("t", "n")), attributes.get("s") in self._date_styles

    def _check_rows(self, tags: Tags) -> None:
        """Refuse rows whose tags are not well formed; what they say is not needed."""
        numbers = np.flatnonzero(_ROW.has(tags.kinds))
        ends = tags.ends[numbers] - (tags.kinds[numbers] == Kind.ROW_EMPTY)
        starts = tags.starts[numbers] + _NAME
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            text = tags.content[start:end]
            if text.startswith(_NUMBER):
                number, _, rest = text[len(_NUMBER) :].partition(b'"')
                if number.isdigit() and rest in self._rests_of_rows:
                    continue
                self._note_row(rest)
            read_attributes(text)

    def _note_row(self, rest: bytes) -> None:
        """Note what follows a row's number, that it need not be taken apart again."""
        if len(self._rests_of_rows) < _MOST_NOTED and "r" not in read_attributes(rest):
            self._rests_of_rows.add(rest)


def _spans(tags: Tags, wanted: Group, number: NDArray[np.int32]) -> Spans:
    """Return the texts after tags of some kinds, empty for those that have none.

    `number` says for each tag how many cells have begun by then.
    """
    at = np.flatnonzero(wanted.has(tags.kinds))
    starts = tags.ends[at] + 1
    following = np.minimum(at + 1, len(tags.kinds) - 1)
    ends = np.where(_HAS_TEXT.has(tags.kinds[at]), tags.starts[following], starts)
    return Spans(number[at].astype(np.int64) - 1, at, starts, ends)


def _only_held(
    cells: int, formulas: Spans, values: Spans
) -> tuple[NDArray[np.bool_], tuple[Spans, Spans]]:
    """Return which cells hold anything, and the texts by the numbers of those alone."""
    holds = np.zeros(cells, dtype=np.bool_)
    holds[formulas.cells] = holds[values.cells] = True
    number: Positions = np.cumsum(holds, dtype=np.int64) - 1
    return holds, (
        Spans(number[formulas.cells], formulas.tags, formulas.starts, formulas.ends),
        Spans(number[values.cells], values.tags, values.starts, values.ends),
    )
