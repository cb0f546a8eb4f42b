"""The very hidden sheet of a practice workbook: right answers as live formulas.

Its blocks stand one below another. For each tensor that was left empty, and for those between two
such tensors, there are up to four:

    answer    the page's formula, on answers where its sources were left empty too
    follows   the page's formula on what is accepted of its sources
    nearest   whichever of the two is closer to what was typed
    accepted  what was typed where that is right, else the answer

So a number that was worked out from right but rounded ones is right as well, as it is for the
verifier. A tensor that rests on none that was left empty has nothing to follow from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

import xlsxwriter

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_ROWS
from xlbackprop.formula.grid import Addresses, Block, View, view_from
from xlbackprop.workbook.write.block_writer import BlockWriter
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.sheet import BlockSheet
from xlbackprop.workbook.write.style import Formats

SHEET = "_answers"

Blocks = tuple[Block, ...]


def equations_to_answer(
    equations: Iterable[Equation], blank: Collection[str]
) -> tuple[Equation, ...]:
    """Return the equations of the blank tensors, and of those on the way from one to another."""
    equations = tuple(equations)
    resting = set(blank)
    for equation in equations:
        if not resting.isdisjoint(_sources(equation)):
            resting.add(equation.target.name)
    needed = set(blank)
    for equation in reversed(equations):
        if equation.target.name in needed:
            needed.update(_sources(equation))
    return tuple(e for e in equations if e.target.name in resting & needed)


def _sources(equation: Equation) -> set[str]:
    return {tensor.name for tensor in equation.sources.values()}


class AnswerSheet:
    """Writes the hidden sheet; then `nearest` has, for each blank tensor, what to compare with."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        contents: Contents,
        answers: Mapping[str, Array],
        formats: Formats,
    ) -> None:
        self._pages, self._blank = contents.layout.blocks, contents.blank
        self._equations = equations_to_answer(contents.network.equations, contents.blank)
        self._saved = answers
        self._plain = formats({})
        # With a count of its own: the verifier never reads this sheet.
        self._writer = BlockWriter(workbook)
        self._rows = 0
        # Where a formula finds its sources: on the pages, unless they are answered here.
        self._answers, self._accepted = dict(self._pages), dict(self._pages)
        self.nearest: dict[str, Blocks] = {}
        workbook.add_worksheet(SHEET, worksheet_class=BlockSheet).very_hidden()

    def write(self, marks: Mapping[str, Blocks]) -> None:
        """Write all answers; `marks` has the blocks on the pages that hold 1 where one is right.

        Raises SpecError where they are more than a sheet can hold.
        """
        used = set().union(*map(_sources, self._equations))
        answered: set[str] = set()
        for equation in self._equations:
            tensor = equation.target
            self._write_answer(equation)
            self.nearest[tensor.name] = self._answers[tensor.name]
            if not answered.isdisjoint(_sources(equation)):
                self._write_follows(equation)
                if tensor.name in self._blank:
                    self._write_nearest(tensor)
            if tensor.name in self._blank & used:
                self._write_accepted(tensor, marks[tensor.name])
            answered.add(tensor.name)

    def _write_answer(self, equation: Equation) -> None:
        tensor = equation.target
        self._answers[tensor.name] = self._stacked(tensor)
        formula = partial(equation.formula, Addresses(equation, self._answers))
        self._write(tensor, self._answers[tensor.name], formula)

    def _write_follows(self, equation: Equation) -> None:
        tensor = equation.target
        self._accepted[tensor.name] = self._stacked(tensor)
        formula = partial(equation.formula, Addresses(equation, self._accepted))
        answer = self._view(tensor, self._answers)

        def follows(*index: int) -> str | float:
            text = formula(*index)
            # A divisor rounded to 0 may be right, and yet nothing follows from it.
            return f"IFERROR({text},{answer[index]})" if isinstance(text, str) else text

        self._write(tensor, self._accepted[tensor.name], follows)

    def _write_nearest(self, tensor: Tensor) -> None:
        typed, answer = self._view(tensor, self._pages), self._view(tensor, self._answers)
        follows = self._view(tensor, self._accepted)

        def nearest(*index: int) -> str:
            x, a, f = typed[index], answer[index], follows[index]
            return f"IF(ABS({x}-{f})<ABS({x}-{a}),{f},{a})"

        self.nearest[tensor.name] = self._stacked(tensor)
        self._write(tensor, self.nearest[tensor.name], nearest)

    def _write_accepted(self, tensor: Tensor, marks: Blocks) -> None:
        typed, answer = self._view(tensor, self._pages), self._view(tensor, self._answers)
        mark = view_from(SHEET, tensor, marks)
        self._accepted[tensor.name] = self._stacked(tensor)
        self._write(
            tensor,
            self._accepted[tensor.name],
            lambda *index: f"IF({mark[index]}=1,{typed[index]},{answer[index]})",
        )

    def _view(self, tensor: Tensor, blocks: Mapping[str, Blocks]) -> View:
        return view_from(SHEET, tensor, blocks[tensor.name])

    def _stacked(self, tensor: Tensor) -> Blocks:
        """Return blocks for the tensor below all others."""
        blocks = []
        for block in self._pages[tensor.name]:
            blocks.append(replace(block, sheet=SHEET, row=self._rows, column=0))
            self._rows += block.height
        if self._rows > MAX_ROWS:
            raise SpecError(
                f"practice: the answers up to {tensor.name} take more than the {MAX_ROWS:,} rows of"
                " a sheet: leave fewer tensors blank"
            )
        return tuple(blocks)

    def _write(self, tensor: Tensor, blocks: Blocks, content: Callable[..., str | float]) -> None:
        styles = (self._plain, self._plain)
        self._writer.write(tensor, blocks, self._saved[tensor.name], content, styles)
