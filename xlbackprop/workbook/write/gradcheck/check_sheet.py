"""The sheet of the gradient check: what one picks, what comes of it, and what it should be near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import xlsxwriter

from xlbackprop.equation import Index
from xlbackprop.formula.addresses import cell, on_sheet, rectangle
from xlbackprop.formula.grid import Range
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats, fill_in_format

SHEET = "gradient check"
EPSILON = 1e-5
NEAR = 1e-5  # relative

_TENSOR, _INDEX, _EPSILON, _NUMBER = 4, 5, 6, 7  # rows
_VALUE, _HERE, _PLUS, _MINUS, _NUMERIC, _SLOPE, _OFF, _MAY, _VERDICT = range(9, 18)
_LEFT, _RIGHT = 19, 20
_COLUMN = 2  # of what one picks, and of the numbers
_AGREE, _DIFFER = "they agree", "they differ: a mistake, or a kink (see below)"
_KINK = "where both differ much, L has a kink"
# The lists that one picks from, and what stands where, in hidden columns.
_NAMES, _FIRSTS, _LASTS, _KEYS, _INDICES, _VALUES, _SLOPES = range(12, 19)


def _fixed(row: int) -> str:
    return Range(cell(row, _COLUMN)).fixed


# The number of the entry that is picked, and how far it is nudged.
PICKED, NUDGE = on_sheet(SHEET, _fixed(_NUMBER)), on_sheet(SHEET, _fixed(_EPSILON))

SavedLoss = tuple[str, float]  # where L stands, and the number that is saved there
Saved = tuple[str, float]


@dataclass(frozen=True)
class Entry:
    """What may be picked: its cell and that of its gradient, each with the number saved there."""

    tensor: str
    index: Index
    value: Saved
    slope: Saved

    @property
    def index_text(self) -> str:
        """The index as one picks it: `0,2,1`."""
        return ",".join(map(str, self.index))


class CheckSheet:
    """Writes the sheet; its place among the sheets is that of its making."""

    def __init__(
        self, workbook: xlsxwriter.Workbook, entries: Sequence[Entry], formats: Formats
    ) -> None:
        self._entries, self._formats = entries, formats
        self._sheet = workbook.add_worksheet(SHEET)

    def write(self, here: SavedLoss, plus: SavedLoss, minus: SavedLoss) -> None:
        """Write everything, given L on the page and L with the entry nudged to both sides."""
        sheet = self._sheet
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 2)
        sheet.set_column(1, 1, 26)
        sheet.set_column(2, 2, 22)
        sheet.set_column(_NAMES, _SLOPES, None, None, {"hidden": True})
        self._text(0, 1, "gradient check", "title")
        about = "pick an entry and an epsilon: the network is computed twice more with it nudged"
        self._text(1, 1, about, "about")
        self._write_lists()
        self._write_choice()
        self._write_numbers(here, plus, minus)
        sheet.set_paper(9)
        sheet.print_area(0, 0, _RIGHT + 1, 6)
        sheet.fit_to_pages(1, 1)

    def _write_lists(self) -> None:
        row = 0
        for number, (name, own) in enumerate(groupby(self._entries, key=lambda one: one.tensor)):
            first = row
            for entry in own:
                self._sheet.write_string(row, _KEYS, f"{name}[{entry.index_text}]")
                self._sheet.write_string(row, _INDICES, entry.index_text)
                for column, (address, saved) in ((_VALUES, entry.value), (_SLOPES, entry.slope)):
                    self._sheet.write_formula(row, column, f"={address}", None, saved)
                row += 1
            self._sheet.write_string(number, _NAMES, name)
            self._sheet.write_number(number, _FIRSTS, first + 1)
            self._sheet.write_number(number, _LASTS, row)
        self._tensors = number + 1

    def _write_choice(self) -> None:
        first, pick = self._entries[0], fill_in_format("@")
        pick["align"] = "left"
        self._choice(_TENSOR, "tensor", first.tensor, "pick one from the list")
        self._choice(_INDEX, "index", first.index_text, "from 0, as in NumPy: pick one")
        self._label(_EPSILON, "epsilon", "how far the entry is nudged to each side")
        style = self._formats({**pick, "num_format": "0.0E+00"})
        self._sheet.write_number(_EPSILON, _COLUMN, EPSILON, style)
        names = self._list(_NAMES, self._tensors)
        self._sheet.data_validation(
            _TENSOR, _COLUMN, _TENSOR, _COLUMN, {"validate": "list", "source": f"={names}"}
        )
        indices = self._list(_INDICES, len(self._entries))
        at = f"MATCH({_fixed(_TENSOR)},{names},0)"
        ends = (
            f"INDEX({indices},INDEX({self._list(column, self._tensors)},{at}))"
            for column in (_FIRSTS, _LASTS)
        )
        source = {"validate": "list", "source": f"={':'.join(ends)}", "ignore_blank": False}
        self._sheet.data_validation(_INDEX, _COLUMN, _INDEX, _COLUMN, source)
        self._label(_NUMBER, "number of the entry", "which of all that can be picked")
        key = f'{_fixed(_TENSOR)}&"["&{_fixed(_INDEX)}&"]"'
        number = f"=MATCH({key},{self._list(_KEYS, len(self._entries))},0)"
        self._number(_NUMBER, number, 1, "0")

    def _write_numbers(self, here: SavedLoss, plus: SavedLoss, minus: SavedLoss) -> None:
        self._write_losses(here, plus, minus)
        nudge, slope = _fixed(_EPSILON), self._entries[0].slope[1]
        numeric = (plus[1] - minus[1]) / (2 * EPSILON)
        page, found = _fixed(_SLOPE), _fixed(_NUMERIC)
        quotient = f"=({_fixed(_PLUS)}-{_fixed(_MINUS)})/(2*{nudge})"
        self._line(_NUMERIC, "by nudging", quotient, numeric, "(L₊ - L₋) / 2ε")
        self._line(_SLOPE, "dL/d on the page", self._picked(_SLOPES), slope)
        off = abs(numeric - slope)
        self._line(_OFF, "they differ by", f"=ABS({found}-{page})", off)
        largest, rounding = (
            f"MAX(ABS({found}),ABS({page}))",
            f"64*2^-52*ABS({_fixed(_HERE)})/{nudge}",
        )
        may = NEAR * max(abs(numeric), abs(slope)) + _rounding(here[1], EPSILON)
        about = "a 100,000th, and the last digits of L"
        self._line(_MAY, "and may by", f"={NEAR}*{largest}+{rounding}", may, about)
        verdict = f'=IF({_fixed(_OFF)}<={_fixed(_MAY)},"{_AGREE}","{_DIFFER}")'
        style = self._formats(TEXTS["progress"])
        self._sheet.write_formula(
            _VERDICT, _COLUMN, verdict, style, _AGREE if off <= may else _DIFFER
        )

    def _write_losses(self, here: SavedLoss, plus: SavedLoss, minus: SavedLoss) -> None:
        self._line(_VALUE, "the entry", self._picked(_VALUES), self._entries[0].value[1])
        self._line(_HERE, "L", f"={here[0]}", here[1], "as on the pages")
        self._line(_PLUS, "L, the entry a little more", f"={plus[0]}", plus[1], "L₊")
        self._line(_MINUS, "L, the entry a little less", f"={minus[0]}", minus[1], "L₋")
        for row, side, (more, less), saved, about in (
            (_LEFT, "left", (_HERE, _MINUS), here[1] - minus[1], "(L - L₋) / ε"),
            (_RIGHT, "right", (_PLUS, _HERE), plus[1] - here[1], f"(L₊ - L) / ε; {_KINK}"),
        ):
            formula = f"=({_fixed(more)}-{_fixed(less)})/{_fixed(_EPSILON)}"
            self._line(row, f"slope on the {side}", formula, saved / EPSILON, about)

    def _picked(self, column: int) -> str:
        return f"=INDEX({self._list(column, len(self._entries))},{_fixed(_NUMBER)})"

    def _line(self, row: int, label: str, formula: str, saved: float, about: str = "") -> None:
        self._label(row, label, about)
        self._number(row, formula, saved)

    def _choice(self, row: int, label: str, text: str, about: str) -> None:
        self._label(row, label, about)
        style = self._formats({**fill_in_format("@"), "align": "left"})
        self._sheet.write_string(row, _COLUMN, text, style)

    def _number(self, row: int, formula: str, saved: float, shown: str = "General") -> None:
        style = self._formats({**TEXTS["text"], "align": "left", "num_format": shown})
        self._sheet.write_formula(row, _COLUMN, formula, style, saved)

    def _label(self, row: int, label: str, about: str) -> None:
        self._text(row, 1, label, "text")
        self._text(row, _COLUMN + 1, about, "legend")

    def _text(self, row: int, column: int, text: str, style: str) -> None:
        if text:
            self._sheet.write_string(row, column, text, self._formats(TEXTS[style]))

    @staticmethod
    def _list(column: int, count: int) -> str:
        return Range(rectangle(0, column, count, 1)).fixed


def _rounding(number: float, epsilon: float) -> float:
    """Return by how much a quotient of differences may be off for want of digits."""
    return 64 * 2.0**-52 * abs(number) / epsilon
