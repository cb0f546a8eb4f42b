"""The program's own evaluator in the place of an engine's process, where none can be started.

It takes the same messages (see `process.messages`) and answers them at once. What it does not know
is a cell that the engine cannot compute.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import CODE_OF_ERROR, ERRORS, Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents, SheetContents
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.workbook.engine.process import messages
from xlbackprop.workbook.engine.process.messages import BLANK, FORMULA, UNABLE, Header, receive

_KINDS = {Code.NUMBER: messages.NUMBER, Code.TEXT: messages.TEXT, Code.UNKNOWN: UNABLE}
_KINDS |= dict.fromkeys((Code.TRUE, Code.FALSE), messages.BOOLEAN)
_KINDS |= dict.fromkeys(ERRORS, messages.ERROR)
_BY_CODE = np.array([_KINDS.get(Code(code), BLANK) if code in set(Code) else BLANK
                     for code in range(max(Code) + 1)], dtype=np.int8)  # fmt: skip

_TEXTS = {Code.TRUE: "TRUE", Code.FALSE: "FALSE", Code.UNKNOWN: "#N/IMPL!"} | ERRORS
_CIRCLE, _LONGEST_TEXT = "#CIRC!", 255

# Draws that are computed together: more of them take more memory.
_AT_ONCE = 5
# Cells of array formulas, each of which takes a place.
_MOST = 1_000_000

Area = tuple[int, int, int, int]


@dataclass
class _Sheet:
    """The cells of a sheet in the order in which they came, as columns; of two the last counts."""

    name: str
    cells: list[tuple[NDArray[Any], ...]]  # rows, columns, kinds, numbers, texts
    arrays: list[Area]

    def clear(self, area: Area) -> None:
        """Take away what stands in some rows and columns."""
        self.cells = [tuple(one[~_inside(part, area)] for one in part) for part in self.cells]
        self.arrays = [one for one in self.arrays if one != area]

    def contents(self) -> SheetContents:
        """Return the sheet as the evaluator takes it."""
        if sum((area[2] - area[0] + 1) * (area[3] - area[1] + 1) for area in self.arrays) > _MOST:
            raise NotKnown("array formulas of too many cells")
        for top, left, bottom, right in self.arrays:
            rows, columns = np.indices((bottom - top + 1, right - left + 1)).reshape(2, -1)
            self.cells.append(_part(rows + top, columns + left, UNABLE))
        self.arrays = []
        nothing = np.empty(0, dtype=np.int64)
        parts = self.cells or [_part(nothing, nothing, BLANK)]
        together = [np.concatenate(part) for part in zip(*parts, strict=True)]
        keys = together[0].astype(np.int64) << 20 | together[1]
        last = len(keys) - 1 - np.unique(keys[::-1], return_index=True)[1]
        rows, across, kinds, numbers, texts = (one[last] for one in together)
        own = texts.tolist()
        codes = np.array(list(map(_code, kinds.tolist(), own)), dtype=np.int8)
        (formulas,) = np.nonzero(kinds == FORMULA)
        return SheetContents(
            self.name,
            rows.astype(np.int64) - 1,
            across.astype(np.int64) - 1,
            codes,
            np.where(codes == Code.NUMBER, numbers, np.nan),
            lambda position: str(own[position].decode("utf-8", "replace")),
            [own[at] for at in formulas.tolist()],
            formulas,
            unknown=np.flatnonzero(kinds == UNABLE),
        )


class Evaluator:
    """What `EngineProcess` is, without a process."""

    def __init__(self, seconds: float) -> None:
        self.is_late = False
        self._ends = time.monotonic() + seconds
        self._sheets: list[_Sheet] = []
        self._names: dict[tuple[int | None, str], str] = {}
        self._computation: Computation | None = None
        self._answers = BytesIO()

    def put(self, message: bytes) -> None:
        """Take a message; answer it if it asks for anything."""
        received = receive(BytesIO(message))
        if received is None or self.is_late:
            return
        if "draws" not in received[0]:
            self._computation = None
            self._take(*received)
            return
        self._answers = BytesIO()
        try:
            with np.errstate(all="ignore"):
                self._answer(*received)
        except Exception as error:  # as of a process: a stranger's formulas end in a note
            self._answers = BytesIO()
            messages.send(self._answers, {"failed": str(error) or type(error).__name__})
        self._answers.seek(0)

    def read(self, count: int) -> bytes:
        """Return so many bytes of the answers, fewer where there are no more."""
        return self._answers.read(count)

    def end(self) -> None:
        """Forget everything."""
        self._sheets, self._computation = [], None

    kill = end

    def _take(self, header: Header, body: bytes) -> None:
        if "sheet" in header:
            self._sheets.append(_Sheet(header["sheet"], [], []))
        elif "names" in header:
            self._names |= {(sheet, name.casefold()): text for name, sheet, text in header["names"]}
        elif "clear" in header:
            for sheet, *area in header["clear"]:
                self._sheets[sheet].clear(tuple(area))
        elif "arrays" in header:
            for sheet, row, column, height, width, _ in header["arrays"]:
                area = row, column, row + height - 1, column + width - 1
                self._sheets[sheet].arrays.append(area)
        else:
            self._sheets[header["on"]].cells.append(_columns(header["cells"], body))

    def _meaning(self, name: str, sheet: str) -> str | None:
        numbers = [at for at, one in enumerate(self._sheets) if one.name == sheet]
        keys = [(own, name.casefold()) for own in (*numbers, None)]
        return next((self._names[key] for key in keys if key in self._names), None)

    def _answer(self, header: Header, body: bytes) -> None:
        if self._computation is None:
            sheets = [sheet.contents() for sheet in self._sheets]
            self._computation = Computation(Contents(sheets, self._meaning))
        integers = np.frombuffer(body, np.int32, 3 * (header["inputs"] + header["cells"]))
        inputs = self._places(integers[: 3 * header["inputs"]])
        cells = self._places(integers[3 * header["inputs"] :])
        draws = header["draws"]
        if not draws:
            self._send(self._computation.page(), cells, 0, with_texts=True)
            return
        numbers = np.frombuffer(body, np.float64, offset=integers.nbytes).reshape(draws, -1)
        for first in range(0, draws, _AT_ONCE):
            if time.monotonic() > self._ends:
                self.is_late = True
                return
            board = self._computation.draws(inputs, numbers[first : first + _AT_ONCE])
            for draw in range(board.draws):
                self._send(board, cells, draw, with_texts=False)

    def _places(self, integers: NDArray[np.int32]) -> Indices:
        """Return the indices of cells of which sheets, rows and columns follow each other."""
        sheets, rows, columns = integers.reshape(3, -1)
        found = np.zeros(len(sheets), dtype=np.int32)
        if self._computation is not None:
            for sheet in np.unique(sheets).tolist():
                (at,) = np.nonzero(sheets == sheet)
                plane = self._computation.plane
                found[at] = plane.indices(sheet, rows[at] - 1, columns[at] - 1)
        return found

    def _send(self, board: Board, cells: Indices, draw: int, *, with_texts: bool) -> None:
        codes, numbers = board.codes[cells, draw], board.numbers[cells, draw]
        texts = []
        unknown = self._computation.unknown if self._computation else {}
        for at in np.flatnonzero(codes > Code.NUMBER).tolist() if with_texts else ():
            code, cell = Code(int(codes[at])), int(cells[at])
            text = board.text(cell) if code == Code.TEXT else _TEXTS[code]
            circular = "circular" in unknown.get(cell, "")
            texts.append((at, _CIRCLE if circular else text[:_LONGEST_TEXT]))
        numbers = np.where(codes == Code.NUMBER, numbers, 0.0)
        body = _BY_CODE[codes].tobytes() + numbers.astype(np.float64).tobytes()
        messages.send(self._answers, {"texts": texts}, body)


def _columns(count: int, body: bytes) -> tuple[NDArray[Any], ...]:
    columns = messages.Unpacking(body)
    rows, across, kinds, numbers, ends = (
        np.array(columns.column(code, count)) for code in ("i", "i", "b", "d", "i")
    )
    text, starts = columns.rest(), [0, *ends.tolist()]
    texts = np.empty(count, dtype=object)
    texts[:] = [text[first:end] for first, end in zip(starts, ends.tolist(), strict=False)]
    return rows, across, kinds, numbers, texts


def _part(rows: NDArray[Any], columns: NDArray[Any], kind: int) -> tuple[NDArray[Any], ...]:
    """Return cells of one kind that hold nothing else."""
    texts: NDArray[Any] = np.full(len(rows), b"", dtype=object)
    kinds: Array = np.full(len(rows), kind, dtype=np.int8)
    return rows, columns, kinds, np.zeros(len(rows)), texts


def _inside(part: tuple[NDArray[Any], ...], area: Area) -> Mask:
    rows, columns = part[:2]
    top, left, bottom, right = area
    return np.asarray((rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right))


def _code(kind: int, text: bytes) -> int:
    if kind == messages.ERROR:
        return CODE_OF_ERROR.get(text.decode("utf-8", "replace"), Code.VALUE)
    if kind == messages.BOOLEAN:
        return Code.TRUE if text == b"TRUE" else Code.FALSE
    return kind if kind in (BLANK, messages.NUMBER, messages.TEXT) else Code.UNKNOWN
