"""The program's own evaluator, asked for cells of a workbook as an engine is.

What it does not know is UNABLE in its answers. It works in this process, so it stops by itself:
when its time is up, and before it takes more memory than it may.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.board import Board
from xlbackprop.formula.sheets.codes import ERRORS, Code
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices, Plane
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values
from xlbackprop.workbook.read.cells import State

_KINDS: dict[int, int] = {Code.NUMBER: State.NUMBER, Code.TEXT: State.TEXT, Code.UNKNOWN: UNABLE}
_KINDS |= dict.fromkeys((Code.TRUE, Code.FALSE), State.BOOLEAN)
_KINDS |= dict.fromkeys(ERRORS, State.ERROR)
_KIND_OF = np.array([_KINDS.get(code, State.BLANK) for code in range(max(Code) + 1)], dtype=np.int8)

_TEXTS = {Code.TRUE: "TRUE", Code.FALSE: "FALSE", Code.UNKNOWN: "#N/IMPL!"} | ERRORS
_CIRCLE, _LONGEST_TEXT = "#CIRC!", 255

# What a stranger's formulas may rightly lead to: too much of something, or a meaning that is not
# known here. (A formula of a thousand parentheses is nested too deep to be walked through.)
_EXPECTED = (NotKnown, TimeoutError, MemoryError, RecursionError, OverflowError)

# So many draws are computed together at most: more of them cost as much each.
_MOST_AT_ONCE = 20
# Of the memory that an engine may take, a board takes so much.
_SHARE = 0.125
_BYTES_FOR_ONE = 9


class Evaluator:
    """A workbook that is evaluated in this process; `contents` is asked once, and may not know."""

    def __init__(self, contents: Callable[[], Contents], megabytes: int) -> None:
        self._contents, self._bytes = contents, megabytes * 1_000_000
        self._computation: Computation | None = None
        self._gave_up = False
        self.failure = ""  # the name of what went wrong, where that was a mistake of the program's
        self._pinned: list[tuple[CellList, Array]] = []

    def pin(self, cells: CellList, numbers: Array) -> None:
        """Put numbers in the place of formulas."""
        self._pinned.append((cells, numbers))

    def draws(
        self, inputs: CellList, numbers: Array, cells: CellList, ends: float
    ) -> Iterator[Values]:
        """Yield what cells hold after the inputs were given a row of numbers, for each row.

        From the time `ends` on nothing more is known.
        """

        def look_up() -> None:
            if time.monotonic() > ends:
                raise TimeoutError

        done, board = 0, None
        while done < len(numbers):
            board = None if self._gave_up else self._board(inputs, numbers[done:], look_up, board)
            if board is None:
                yield _nothing(len(cells))
                done += 1
                continue
            at = _indices(board.plane, cells)
            for draw in range(board.draws):
                yield self._values(board, at, draw, with_texts=not len(inputs))
            done += board.draws

    def _board(
        self,
        inputs: CellList,
        numbers: Array,
        look_up: Callable[[], None],
        before: Board | None,
    ) -> Board | None:
        """Return what all cells hold in as many draws as go together; None where that fails."""
        try:
            with np.errstate(all="ignore"):
                if self._computation is None:
                    self._computation = Computation(self._contents(), look_up)
                plane = self._computation.plane
                given = [*self._pinned, (inputs, numbers[: self._at_once(plane, len(numbers))])]
                draws = len(given[-1][1])
                at = np.concatenate([_indices(plane, cells) for cells, _ in given])
                if (at == OUTSIDE).any():
                    raise NotKnown("a number in a cell that is not there")
                rows = [np.broadcast_to(own, (draws, own.shape[-1])) for _, own in given]
                return self._computation.draws(at, np.concatenate(rows, axis=1), look_up, before)
        except _EXPECTED:
            self._gave_up = True
        except Exception as mistake:  # a stranger's formulas: whatever it was, there is the engine
            self._gave_up, self.failure = True, type(mistake).__name__
        self._computation = None
        return None

    def _at_once(self, plane: Plane, draws: int) -> int:
        """Return how many draws go together: in portions of about one size."""
        together = int(self._bytes * _SHARE) // (plane.size * _BYTES_FOR_ONE)
        if not together:
            raise NotKnown("more cells than there is memory for")
        portions = -(-draws // min(_MOST_AT_ONCE, together))
        return -(-draws // portions)

    def _values(self, board: Board, cells: Indices, draw: int, *, with_texts: bool) -> Values:
        codes, numbers = board.codes[cells, draw], board.numbers[cells, draw]
        numbers[codes != Code.NUMBER] = np.nan
        worded = np.flatnonzero(codes > Code.NUMBER).tolist() if with_texts else ()
        texts = {at: self._text(board, int(cells[at]), int(codes[at])) for at in worded}
        return Values(_KIND_OF[codes], numbers, texts)

    def _text(self, board: Board, cell: int, code: int) -> str:
        unknown = self._computation.unknown if self._computation else {}
        if "circular" in unknown.get(cell, ""):
            return _CIRCLE
        return board.text(cell)[:_LONGEST_TEXT] if code == Code.TEXT else _TEXTS[Code(code)]


def _indices(plane: Plane, cells: CellList) -> Indices:
    """Return the indices of cells on a plane, OUTSIDE for those of sheets that it has not."""
    found = np.full(len(cells), OUTSIDE, dtype=np.int32)
    for number, name in enumerate(cells.sheets):
        sheet = plane.number.get(name.casefold())
        if sheet is not None:
            (at,) = np.nonzero(cells.cells[:, 0] == number)
            found[at] = plane.indices(sheet, *cells.cells[at, 1:].T)
    return found


def _nothing(count: int) -> Values:
    """Return values of which none is known."""
    kinds = np.full(count, UNABLE, dtype=np.int8)
    texts = dict.fromkeys(range(count), _TEXTS[Code.UNKNOWN])
    return Values(kinds, np.full(count, np.nan), texts)
