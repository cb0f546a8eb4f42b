"""The sheet of the ladder: the tensors to fill in, one after another, and hints for who asks.

A hidden column has 1 for each rung that is open: the first, and each whose predecessor is open and
right in all its cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from xlbackprop.equation import Equation, Math
from xlbackprop.formula.addresses import cell, on_sheet, rectangle
from xlbackprop.formula.grid import Block, Range
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.sheets.stacked_sheet import Blocks
from xlbackprop.workbook.write.sheets.style import TEXTS, Formats, fill_in_format

SHEET = "the ladder"  # no layer has a name with a space
RIGHT, LATER, NOT_YET = "right", "later", "not yet"
SHOW = "show"
END = "all is right"

_NUMBER, _TENSOR, _STATE, _RIGHT, _CELLS, _ASKED, _HINT = range(1, 8)
_OPEN, _RULE, _TARGET, _WORDS, _COUNTS = range(11, 16)  # hidden
_HEADS = {
    _NUMBER: "Rung", _TENSOR: "Fill in", _STATE: "", _RIGHT: "Right", _CELLS: "Of",
    _ASKED: "Hint", _HINT: "the rule, where the cell beside says show",
}  # fmt: skip
_WIDTHS = (2, 6, 26, 10, 8, 8, 8, 100)
_FIRST_ROW = 5
_LINE_HEIGHT, _CHARACTERS = 15, 105  # of a line of a hint
_MIDDLE = {"valign": "vcenter"}
_TEXT = {**TEXTS["text"], **_MIDDLE}
_BLOCKS_OF_A_COUNT = 100  # so that no formula grows too long


def rungs_of(contents: Contents) -> dict[str, int]:
    """Return the number of each tensor to fill in, in the order of the equations, from 1."""
    return {one.target.name: rung for rung, one in enumerate(_to_fill_in(contents), start=1)}


def _to_fill_in(contents: Contents) -> list[Equation]:
    return [one for one in contents.network.equations if one.target.name in contents.blank]


def is_open(rung: int) -> str:
    """Return the address, on any sheet, of 1 where a rung is open."""
    return _at(rung, _OPEN)


def rule_asked(rung: int) -> str:
    """Return the formula of a tensor's rule where somebody asked for it, else of nothing."""
    return f'IF({_at(rung, _ASKED)}="","",{_at(rung, _RULE)})'


def reached(contents: Contents) -> str:
    """Return the formula of the rung that one has come to; one more than there are at the end."""
    return f"SUM({_all(_OPEN, contents)})"


def name_of(rung: str, contents: Contents) -> str:
    """Return the formula of what a rung asks for, from the address of its number."""
    return f"INDEX({_all(_TENSOR, contents)},{rung})"


def target_of(rung: str, contents: Contents) -> str:
    """Return the formula of where that stands, as a link has it."""
    return f"INDEX({_all(_TARGET, contents)},{rung})"


def state_of(rung: str, contents: Contents) -> str:
    """Return the formula of how far it is right, in words."""
    cells, right = (f"INDEX({_all(one, contents)},{rung})" for one in (_CELLS, _RIGHT))
    said = f'"{NOT_YET}, "&{right}&" of "&{cells}&" right"'
    return f'IF({rung}>{len(rungs_of(contents))},"",{said})'


def _at(rung: int, column: int) -> str:
    return on_sheet(SHEET, Range(cell(_FIRST_ROW + rung - 1, column)).fixed)


def _all(column: int, contents: Contents) -> str:
    """Return a column's range, with the line after the last rung."""
    count = len(rungs_of(contents)) + 1
    return on_sheet(SHEET, Range(rectangle(_FIRST_ROW, column, count, 1)).fixed)


def _counted(marks: Block) -> str:
    place = on_sheet(marks.sheet, Range(marks.range).fixed)
    # IronCalc knows COUNTIF for several cells only.
    return f"COUNTIF({place},1)" if marks.height * marks.width > 1 else f"IF({place}=1,1,0)"


class LadderSheet:
    """Writes the sheet; `marks` has the blocks that hold 1 where an entry is right."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        contents: Contents,
        marks: Mapping[str, Blocks],
        formats: Formats,
    ) -> None:
        self._contents, self._marks, self._formats = contents, marks, formats
        self._sheet: Worksheet = workbook.add_worksheet(SHEET)

    def write(self, overview: str) -> None:
        """Write a line for each rung; `overview` is the cell to which the last line leads."""
        self._write_head()
        equations = _to_fill_in(self._contents)
        for rung, equation in enumerate(equations, start=1):
            self._write_rung(rung, equation)
        end = _FIRST_ROW + len(equations)
        self._text(end, _TENSOR, END)
        self._text(end, _TARGET, f"#{overview}")
        self._write_open(len(equations) + 1)
        asked = (_FIRST_ROW, _ASKED, end - 1, _ASKED)
        self._sheet.data_validation(*asked, {"validate": "list", "source": [SHOW]})
        later = {"type": "cell", "criteria": "==", "value": f'"{LATER}"'}
        style = self._formats({"font_color": "#52606D"})
        self._sheet.conditional_format(
            _FIRST_ROW, _STATE, end - 1, _STATE, {**later, "format": style}
        )

    def _write_head(self) -> None:
        sheet = self._sheet
        sheet.hide_gridlines(2)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_column(_OPEN, _COUNTS + self._most_counts(), None, None, {"hidden": True})
        self._text(0, 1, SHEET, "title")
        self._text(1, 1, "a rung opens when all cells of the one before are right", "about")
        for column, head in _HEADS.items():
            self._text(_FIRST_ROW - 1, column, head, "head")
        sheet.freeze_panes(_FIRST_ROW, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.repeat_rows(_FIRST_ROW - 1)
        sheet.print_area(0, 0, _FIRST_ROW + len(self._marks), _HINT)
        sheet.fit_to_pages(1, 0)

    def _write_rung(self, rung: int, equation: Equation) -> None:
        tensor, row = equation.target, _FIRST_ROW + rung - 1
        block = self._contents.layout.blocks[tensor.name][0]
        place = on_sheet(block.sheet, cell(block.row, block.column))
        link = self._formats({**TEXTS["link"], **_MIDDLE})
        self._number(row, _NUMBER, rung)
        self._sheet.write_url(row, _TENSOR, f"internal:{place}", link, tensor.name)
        self._text(row, _TARGET, f"#{place}")
        self._text(row, _RULE, equation.math.text)
        self._write_open(rung)
        self._write_counts(rung, tensor.name)
        self._number(row, _CELLS, tensor.size)
        right, cells = cell(row, _RIGHT), cell(row, _CELLS)
        done = f'IF({right}={cells},"{RIGHT}","{NOT_YET}")'
        state = f'=IF({cell(row, _OPEN)}=1,{done},"{LATER}")'
        saved = NOT_YET if rung == 1 else LATER
        self._sheet.write_formula(row, _STATE, state, self._formats(_TEXT), saved)
        self._write_hint(row, equation.math)

    def _write_hint(self, row: int, math: Math) -> None:
        words = f"{math.text}. {math.why}" if math.why else math.text
        # No program makes a row higher for the text of a formula.
        self._sheet.set_row(row, _LINE_HEIGHT * ceil(len(words) / _CHARACTERS))
        self._sheet.write_blank(row, _ASKED, None, self._formats({**fill_in_format(), **_MIDDLE}))
        self._text(row, _WORDS, words)
        said = f'=IF({cell(row, _ASKED)}="","",{cell(row, _WORDS)})'
        wrapped = self._formats({**_TEXT, "text_wrap": True, "indent": 1})
        self._sheet.write_formula(row, _HINT, said, wrapped, "")

    def _write_open(self, rung: int) -> None:
        """Write 1 where a rung is open, for the end too: then all is right."""
        row = _FIRST_ROW + rung - 1
        if rung == 1:
            self._number(row, _OPEN, 1)
            return
        before = [cell(row - 1, column) for column in (_OPEN, _RIGHT, _CELLS)]
        formula = "=IF({1}={2},{0},0)".format(*before)
        self._sheet.write_formula(row, _OPEN, formula, None, 0)

    def _write_counts(self, rung: int, name: str) -> None:
        row = _FIRST_ROW + rung - 1
        parts = list(self._parts(name))
        for number, blocks in enumerate(parts):
            counted = "+".join(map(_counted, blocks))
            self._sheet.write_formula(row, _COUNTS + number, f"={counted}", None, 0)
        counts = rectangle(row, _COUNTS, 1, len(parts))
        left = self._formats({**_TEXT, "align": "left"})
        self._sheet.write_formula(row, _RIGHT, f"=SUM({counts})", left, 0)

    def _parts(self, name: str) -> Iterator[Blocks]:
        blocks = self._marks[name]
        for start in range(0, len(blocks), _BLOCKS_OF_A_COUNT):
            yield blocks[start : start + _BLOCKS_OF_A_COUNT]

    def _most_counts(self) -> int:
        return max(len(list(self._parts(name))) for name in self._marks)

    def _number(self, row: int, column: int, number: float) -> None:
        left = self._formats({**_TEXT, "align": "left"})
        self._sheet.write_number(row, column, number, left)

    def _text(self, row: int, column: int, text: str, style: str = "text") -> None:
        self._sheet.write_string(row, column, text, self._formats(TEXTS[style]))
