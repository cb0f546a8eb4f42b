"""What all cells of a workbook hold while its formulas are evaluated, in each draw."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import Error, NotKnown, Rectangle, Value
from xlbackprop.formula.sheets.codes import CODE_OF_ERROR, ERRORS, Code, Codes
from xlbackprop.formula.sheets.contents import Contents, SheetContents
from xlbackprop.formula.sheets.plane import Indices, Plane

_PLAIN: dict[int, Value] = {Code.BLANK: None, Code.TRUE: True, Code.FALSE: False}
_PLAIN.update((code, Error(text)) for code, text in ERRORS.items())


class Board:
    """Codes and numbers of all cells of a plane: arrays of shape (cells, draws).

    A number is NaN where the cell holds none, but 0 where it is blank.
    """

    def __init__(self, contents: Contents, plane: Plane, draws: int) -> None:
        self.plane, self._contents = plane, contents
        self._computed_texts: dict[tuple[int, int], str] = {}
        self._stored_texts: dict[int, tuple[SheetContents, int]] | None = None
        self.codes: Codes = np.empty((plane.size, draws), dtype=np.int8)
        self.numbers: Array = np.empty((plane.size, draws))
        self.start_again()

    def start_again(self) -> None:
        """Put what is stored into all cells; nothing is known yet of what is computed."""
        plane, contents = self.plane, self._contents
        codes, numbers = np.zeros(plane.size, dtype=np.int8), np.zeros(plane.size)
        for number, sheet in enumerate(contents.sheets):
            cells = plane.indices(number, sheet.rows, sheet.columns)
            codes[cells], numbers[cells] = _stored(sheet)
            for formula in sheet.arrays_that_fit:
                filled = plane.filled(number, formula)
                codes[filled], numbers[filled] = Code.UNKNOWN, np.nan
        self.codes[:], self.numbers[:] = codes[:, None], numbers[:, None]
        self._computed_texts.clear()

    @property
    def draws(self) -> int:
        """The number of draws."""
        return len(self.codes[0])

    def give(self, cells: Indices, rows: Array) -> None:
        """Put numbers into cells, a row for each draw."""
        if cells.size:
            self.codes[cells], self.numbers[cells] = Code.NUMBER, rows.T

    def put(self, cell: int, draw: int, value: Value) -> None:
        """Put what a formula comes to into a cell."""
        code, number = Code.NUMBER, np.nan
        match value:
            case float():
                number = value
            case bool():
                code = Code.TRUE if value else Code.FALSE
            case str():
                code = Code.TEXT
                self._computed_texts[cell, draw] = value
            case Error(text):
                code = CODE_OF_ERROR.get(text, Code.UNKNOWN)
            case None:
                number = 0.0
        self.codes[cell, draw], self.numbers[cell, draw] = code, number

    def values(self, cells: Indices, draw: int) -> Rectangle:
        """Return what cells hold, in rows. Raises NotKnown where that is not known of one."""
        codes, numbers = self.codes[cells, draw], self.numbers[cells, draw]
        if (codes == Code.NUMBER).all():
            return Rectangle(tuple(map(tuple, numbers.tolist())), is_reference=True)
        rows = zip(cells.tolist(), codes.tolist(), numbers.tolist(), strict=True)
        return Rectangle(
            tuple(
                tuple(
                    number if code == Code.NUMBER else self._value(cell, code, draw)
                    for cell, code, number in zip(*row, strict=True)
                )
                for row in rows
            ),
            is_reference=True,
        )

    def text(self, cell: int, draw: int = 0) -> str:
        """Return the text that a cell holds."""
        if (cell, draw) in self._computed_texts:
            return self._computed_texts[cell, draw]
        if self._stored_texts is None:
            self._stored_texts = self._where_texts_are()
        sheet, position = self._stored_texts[cell]
        return sheet.text(position)

    def _value(self, cell: int, code: int, draw: int) -> Value:
        if code == Code.TEXT:
            return self.text(cell, draw)
        if code == Code.UNKNOWN:
            raise NotKnown("a cell that is not known")
        return _PLAIN[code]

    def _where_texts_are(self) -> dict[int, tuple[SheetContents, int]]:
        found: dict[int, tuple[SheetContents, int]] = {}
        for number, sheet in enumerate(self._contents.sheets):
            at = np.flatnonzero(sheet.codes == Code.TEXT)
            cells = self.plane.indices(number, sheet.rows[at], sheet.columns[at])
            found |= {
                cell: (sheet, position)
                for cell, position in zip(cells.tolist(), at.tolist(), strict=True)
            }
        return found


def _stored(sheet: SheetContents) -> tuple[Codes, Array]:
    """Return what a sheet has stored; nothing is known yet of what is computed."""
    codes = sheet.codes.copy()
    for computed in (sheet.with_formula, sheet.unknown, *(s.cells for s in sheet.shared)):
        codes[computed] = Code.UNKNOWN
    numbers = np.where(codes == Code.NUMBER, sheet.numbers, np.nan)
    numbers[codes == Code.BLANK] = 0.0
    return codes, numbers
