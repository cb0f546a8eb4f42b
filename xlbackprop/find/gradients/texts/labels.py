"""What the texts beside cells say of them: that one is L, or the gradient of another."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.formula.sheets.contents import Contents, SheetContents
from xlbackprop.formula.sheets.plane import Box, Indices, Plane

_MOST_KEPT = 4096  # texts that are read once
# Texts that are longer tell a story, and name nothing.
_LONGEST = 40
# So many cells to the right or below a text may be what it names.
_REACH = 4
# Columns to the left in which the text of a block is looked for.
_WIDEST = 256

_LOSS_WORDS = {
    "loss", "error", "err", "cost", "mse", "sse", "rmse", "mae", "bce", "cce", "nll", "objective",
    "entropy", "crossentropy", "verlust", "fehler", "gesamtfehler", "kosten", "kostenfunktion",
    "fehlerfunktion", "verlustfunktion", "kreuzentropie", "perte", "erreur", "cout", "entropie",
    "perdida", "coste", "costo", "custo", "perda", "erro", "errore", "perdita", "verlies", "fout",
}  # fmt: skip
_LOSS_SIGNS = {"e", "l", "j", "c"}
_WHOLE_WORDS = {
    "tot", "total", "totale", "ges", "gesamt", "sum", "summe", "somme", "suma", "all", "mean",
    "avg", "average", "mittel", "overall",
}  # fmt: skip
_D = r"(?:[d∂δ𝜕𝛿ϑ]|partial)"
_QUOTIENT = re.compile(
    rf"{_D}[\s_]*(?P<of>[^\W\d_]\w{{0,14}}?)\s*[/÷:_ ]\s*{_D}[\s_]*(?P<by>\w.{{0,20}})",
    re.IGNORECASE,
)
# A derivative of something is another than one by it: sigmoid's, on the way to that of L.
_GRADIENT = re.compile(
    r"(?:(?:grad(?:ient)?s?|∇)[\s_:]*(?:of|von|nach|by|wrt)?"
    r"|(?:ableitung|derivative)[\s_:]*(?:nach|by|wrt|with respect to))[\s_:]*(?P<by>\w.{0,20})",
    re.IGNORECASE,
)
_DATIVE = re.compile(r"\b([a-z]{4,}e)n\b")
_SUM = re.compile(r"[Σ∑](?=[\s_]*[^\W\d_])")  # of `ΣE`; a small one is a sigmoid
# The index of a block, and no loss that is called c.
_INDEX = re.compile(r"\w\s*=\s*\d+(?:\s*[,;+].*)?")
_DELTA = re.compile(r"(?:d|Δ|∆|delta)[\s_]?(?P<by>\w{1,12})", re.IGNORECASE)


@dataclass(frozen=True)
class Derivative:
    """What a text calls a gradient: by what, and whether it is said outright, as `dE/dw1`."""

    by: str
    is_quotient: bool


@dataclass(frozen=True)
class Texts:
    """The texts of one sheet, by row and by column, in order."""

    by_row: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    by_column: dict[int, list[tuple[int, str]]] = field(default_factory=dict)


class Labels:
    """The texts of a workbook, by where they stand."""

    def __init__(self, contents: Contents, plane: Plane) -> None:
        self.plane = plane
        self._texts: list[Texts] = []
        self._tops = [
            _tops(sheet, box) for sheet, box in zip(contents.sheets, plane.boxes, strict=True)
        ]
        self._at: dict[tuple[int, int, int], str] = {}
        self._headings: dict[tuple[int, int, int], tuple[str, int]] = {}
        for number, sheet in enumerate(contents.sheets):
            own = Texts()
            at = np.flatnonzero(sheet.codes == Code.TEXT)
            order = at[np.lexsort((sheet.columns[at], sheet.rows[at]))]
            for position in order.tolist():
                text = sheet.text(position).strip()
                row, column = int(sheet.rows[position]), int(sheet.columns[position])
                if text:
                    self._at[number, row, column] = text
                    own.by_row.setdefault(row, []).append((column, text))
                    own.by_column.setdefault(column, []).append((row, text))
            self._texts.append(own)

    @cached_property
    def _places(self) -> tuple[list[int], list[int], list[int]]:
        """The sheet, by number, the row and the column of all cells."""
        sheets, rows, columns = (places.tolist() for places in self.plane.places)
        return sheets, rows, columns

    def place(self, cell: int) -> tuple[int, int, int]:
        """Return a cell's sheet, by number, its row and its column."""
        sheets, rows, columns = self._places
        return sheets[cell], rows[cell], columns[cell]

    def tops(self, sheet: int) -> Indices:
        """Return the first row of the filled cells of a box that stand on one another, or -1."""
        return self._tops[sheet]

    def text(self, sheet: int, row: int, column: int) -> str:
        """Return the text of a place, "" where none stands."""
        return self._at.get((sheet, row, column), "")

    @property
    def every(self) -> frozenset[str]:
        """All texts, each once."""
        return frozenset(self._at.values())

    def above(self, cell: int) -> tuple[int, str]:
        """Return how far above a cell the next text in its column stands, and the text."""
        sheet, row, column = self.place(cell)
        return _before(self._texts[sheet].by_column.get(column, []), row)

    def left(self, cell: int) -> tuple[int, str]:
        """Return how far to the left of a cell the next text in its row stands, and the text."""
        sheet, row, column = self.place(cell)
        return _before(self._texts[sheet].by_row.get(row, []), column)

    def heading(self, cell: int) -> tuple[str, int, int]:
        """Return the text over the block of filled cells in which a cell stands, or beside it.

        And how far down and along the block the cell stands, from the text's column on.
        """
        sheet, row, column = self.place(cell)
        box, tops = self.plane.boxes[sheet], self._tops[sheet]
        top = int(tops[row - box.top, column - box.left])
        if top < 0:
            return "", 0, 0
        if (sheet, top, column) not in self._headings:
            self._headings[sheet, top, column] = self._heading(sheet, top, column)
        text, along = self._headings[sheet, top, column]
        return (text, row - top, along) if text else ("", 0, 0)

    def _heading(self, sheet: int, top: int, column: int) -> tuple[str, int]:
        """Return the text over a block that begins in a row, or beside it, and how far it is."""
        box, tops = self.plane.boxes[sheet], self._tops[sheet]
        left = column
        while left >= box.left and tops[top - box.top, left - box.left] == top:
            if text := self._at.get((sheet, top - 1, left)):
                return text, column - left
            left -= 1
            if column - left > _WIDEST:
                return "", 0
        return self._at.get((sheet, top, left), ""), column - left - 1

    def texts(self, sheet: int, *, is_row: bool, at: int) -> list[tuple[int, str]]:
        """Return the texts of a row, with their columns, or of a column, with their rows."""
        texts = self._texts[sheet]
        return (texts.by_row if is_row else texts.by_column).get(at, [])

    @cached_property
    def derivatives(self) -> frozenset[str]:
        """The names of all that texts call gradients by."""
        said = (derivative(text) for text in self.every)
        return frozenset(one.by for one in said if one is not None)

    def beside(self, is_wanted: Callable[[str], bool]) -> Mask:
        """Return the cells of the plane that may have such a text above, to the left or over them.

        All that have are among them.
        """
        found = np.zeros(self.plane.size, dtype=np.bool_)
        wanted = {text for text in self.every if is_wanted(text)}
        for number, box in enumerate(self.plane.boxes):
            own = [place for place, text in self._at.items() if place[0] == number]
            places = [place[1:] for place in own if self._at[place] in wanted]
            if places:
                rows, columns = np.array(places).T
                mask = _near(rows, columns, box, self._tops[number])
                found[box.first : box.first + mask.size] = mask.ravel()
        return found

    def losses(self, is_formula: Indices) -> Iterator[tuple[int, str]]:
        """Yield the cells that are named as L or as a part of it, and the text that does so."""
        for sheet, texts in enumerate(self._texts):
            for row, own in texts.by_row.items():
                for column, text in own:
                    if names_loss(text):
                        for cell in self._named(sheet, row, column, is_formula):
                            yield cell, text

    def _named(self, sheet: int, row: int, column: int, is_formula: Indices) -> Iterator[int]:
        """Yield the next formulas below and to the right of a text."""
        reach = np.arange(1, _REACH + 1)
        for down, along in ((reach, 0 * reach), (0 * reach, reach)):
            cells = self.plane.indices(sheet, row + down, column + along)
            found = cells[is_formula[cells] > 0]
            if found.size:
                yield int(found[0])


def _tops(sheet: SheetContents, box: Box) -> Indices:
    """Return the first row of the filled cells that stand on one another, -1 where none stands."""
    filled = np.zeros((box.height, box.width), dtype=np.bool_)
    own = (sheet.codes != Code.BLANK) & (sheet.codes != Code.TEXT)
    own[sheet.with_formula] = True
    filled[sheet.rows[own] - box.top, sheet.columns[own] - box.left] = True
    for one in sheet.arrays_that_fit:  # of which some programs store no more than the first cell
        top, left, (height, width) = one.top - box.top, one.left - box.left, one.size
        filled[top : top + height, left : left + width] = True
    tops = np.full(filled.shape, -1, dtype=np.int32)
    above = np.full(box.width, -1, dtype=np.int32)
    for row in range(box.height):
        above = np.where(filled[row], np.where(above < 0, box.top + row, above), -1).astype(
            np.int32
        )
        tops[row] = above
    return tops


def _near(rows: Indices, columns: Indices, box: Box, tops: Indices) -> Mask:
    """Return the cells of a box below texts, to the right of them, or in a block beside one."""
    far = np.iinfo(np.int32).max
    end = max(box.top + box.height, int(rows.max()) + 1) + 1
    first_row = np.full(max(box.left + box.width, int(columns.max()) + 1), far)
    np.minimum.at(first_row, columns, rows)
    first_column = np.full(end, far)
    np.minimum.at(first_column, rows, columns)
    down = box.top + np.arange(box.height)[:, None]
    along = box.left + np.arange(box.width)
    found = (down > first_row[along]) | (along > first_column[down])
    # The text is right over the first row of a block, or to the left of that.
    for text_row in (tops - 1, tops):
        found |= (text_row >= 0) & (tops >= 0) & (along >= first_column[text_row])
    return np.asarray(found)


def names_loss(text: str) -> bool:
    """Return whether a text names a loss: `E_tot`, `Error`, `L`, `Gesamtfehler`."""
    if len(text) > _LONGEST or derivative(text) is not None or _INDEX.fullmatch(text):
        return False
    if _QUOTIENT.search(text):
        return False
    words = [word for word in re.findall(r"[^\W\d_]+", _plain(text)) if word]
    if any(word in _LOSS_WORDS for word in words):
        return True
    rest = [word for word in words if word not in _WHOLE_WORDS and word not in ("o", "out")]
    joined = {sign + whole for sign in _LOSS_SIGNS for whole in _WHOLE_WORDS}
    first = (rest or words or [""])[0]
    return len(rest) <= 1 and (first in _LOSS_SIGNS or first in joined)


def names_whole(text: str) -> bool:
    """Return whether a text says that it names a total."""
    words = re.findall(r"[^\W\d_]+", _plain(text))
    return any(word in _WHOLE_WORDS or word.startswith("gesamt") for word in words)


@lru_cache(maxsize=_MOST_KEPT)
def derivative(text: str) -> Derivative | None:
    """Return what gradient a text names, if it does: of `∂E/∂w1` that by `w1`.

    `∂out/∂net` is none: a factor on the way, and no gradient of L; nor is that of a part, `E_o1`.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if (found := _QUOTIENT.search(text)) and not _is_whole_loss(found["of"]):
        return None
    for pattern in (_QUOTIENT, _GRADIENT):
        if found := pattern.search(text):
            return Derivative(name(found["by"]), is_quotient=True)
    if (found := _DELTA.fullmatch(text)) and name(found["by"]):
        return Derivative(name(found["by"]), is_quotient=False)
    return None


def _is_whole_loss(text: str) -> bool:
    return names_loss(text) and not text[-1].isdigit()


@lru_cache(maxsize=_MOST_KEPT)
def name(text: str) -> str:
    """Return a name without what people write differently: `w_1`, `W1` and `w 1` are one.

    `Ableitung nach Gewichten` is that by `Gewichte`.
    """
    return re.sub(r"[\W_]+", "", _DATIVE.sub(r"\1", _plain(text)))


def _plain(text: str) -> str:
    text = _SUM.sub(" sum ", text)
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _before(listed: list[tuple[int, str]], place: int) -> tuple[int, str]:
    at = bisect_left(listed, (place,)) - 1
    return (place - listed[at][0], listed[at][1]) if at >= 0 else (0, "")
