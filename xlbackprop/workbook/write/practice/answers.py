"""The very hidden sheet of a practice workbook: right answers as live formulas.

Its blocks stand one below another. For each tensor that was left empty, and for those between two
such tensors, there are up to four:

    answer    the page's formula, on answers where its sources were left empty too
    follows   the page's formula on what is accepted of its sources
    nearest   what follows where it is near the answer and closer to what was typed, else the answer
    accepted  what was typed where that is right, else the answer

So a number that was worked out from right but rounded ones is right as well, as it is for the
verifier. A tensor that rests on none that was left empty has nothing to follow from.

What a typed number may be off is in cells of their own: see `limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import xlsxwriter

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.formula.grid import Addresses, View, view_from
from xlbackprop.workbook import description
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.practice.limits import Limit, LimitWriter
from xlbackprop.workbook.write.practice.rounding import nearest_formula
from xlbackprop.workbook.write.sheets.stacked_sheet import Blocks, StackedSheet
from xlbackprop.workbook.write.sheets.style import Formats

SHEET = description.ANSWERS


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


@dataclass(frozen=True)
class Compared:
    """What the numbers typed into a tensor are compared with, all on the hidden sheet."""

    nearest: Blocks
    limit: Limit


class AnswerSheet:
    """Writes the hidden sheet; then `compared` has, for each blank tensor, what is right there."""

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
        self._sheet = StackedSheet(workbook, SHEET, self._pages, formats)
        # Where a formula finds its sources: on the pages, unless they are answered here.
        self._answers, self._accepted = dict(self._pages), dict(self._pages)
        self._limits = LimitWriter(
            self._sheet, contents.network, self._pages, self._answers, answers, SHEET
        )
        self.compared: dict[str, Compared] = {}

    def write(self, marks: Mapping[str, Blocks]) -> None:
        """Write all answers; `marks` has the blocks on the pages that hold 1 where one is right.

        Raises SpecError where they are more than a sheet can hold.
        """
        used = set().union(*map(_sources, self._equations))
        answered: set[str] = set()
        for equation in self._equations:
            tensor = equation.target
            self._write_answer(equation)
            follows = not answered.isdisjoint(_sources(equation))
            if follows:
                self._write_follows(equation)
            if tensor.name in self._blank:
                limit, nearest = self._limits.write(tensor), self._answers[tensor.name]
                if follows:
                    nearest = self._write_nearest(tensor, limit)
                self.compared[tensor.name] = Compared(nearest, limit)
            if tensor.name in self._blank & used:
                self._write_accepted(tensor, marks[tensor.name])
            answered.add(tensor.name)

    def _write_answer(self, equation: Equation) -> None:
        tensor = equation.target
        self._answers[tensor.name] = self._sheet.place(tensor)
        formula = partial(equation.formula, Addresses(equation, self._answers))
        self._write(tensor, self._answers[tensor.name], formula)

    def _write_follows(self, equation: Equation) -> None:
        tensor = equation.target
        self._accepted[tensor.name] = self._sheet.place(tensor)
        formula = partial(equation.formula, Addresses(equation, self._accepted))
        answer = self._view(tensor, self._answers)

        def follows(*index: int) -> str | float:
            text = formula(*index)
            # A divisor rounded to 0 may be right, and yet nothing follows from it.
            return f"IFERROR({text},{answer[index]})" if isinstance(text, str) else text

        self._write(tensor, self._accepted[tensor.name], follows)

    def _write_nearest(self, tensor: Tensor, limit: Limit) -> Blocks:
        typed, answer = self._view(tensor, self._pages), self._view(tensor, self._answers)
        follows, blocks = self._view(tensor, self._accepted), self._sheet.place(tensor)

        def nearest(*index: int) -> str:
            return nearest_formula(typed[index], answer[index], follows[index], limit.largest)

        self._write(tensor, blocks, nearest)
        return blocks

    def _write_accepted(self, tensor: Tensor, marks: Blocks) -> None:
        typed, answer = self._view(tensor, self._pages), self._view(tensor, self._answers)
        mark = view_from(SHEET, tensor, marks)
        self._accepted[tensor.name] = self._sheet.place(tensor)
        self._write(
            tensor,
            self._accepted[tensor.name],
            lambda *index: f"IF({mark[index]}=1,{typed[index]},{answer[index]})",
        )

    def _view(self, tensor: Tensor, blocks: Mapping[str, Blocks]) -> View:
        return view_from(SHEET, tensor, blocks[tensor.name])

    def _write(self, tensor: Tensor, blocks: Blocks, content: Callable[..., str | float]) -> None:
        self._sheet.write(tensor, blocks, self._saved[tensor.name], content)
