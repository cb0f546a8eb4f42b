"""Whole tensors into their blocks of cells, with an eye on how much text a workbook can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice, product
from math import prod

import xlsxwriter
from xlsxwriter.format import Format

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Addresses, Block, View
from xlbackprop.formula.stepping import NotTraced
from xlbackprop.formula.traced import Template, Tracer

# What is built must be small enough to be checked again: this is below the reader's limits.
MAX_CHARACTERS = 60_000_000

# To trace a formula takes as long as to write so many.
_FEW_CELLS = 4


class BlockWriter:
    """Writes formulas and counts their characters."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._characters = 0
        self._views: dict[tuple[str, str], View] = {}

    def write_equation(
        self,
        equation: Equation,
        blocks: Mapping[str, tuple[Block, ...]],
        saved: Array,
        styles: tuple[Format, Format],
    ) -> None:
        """Write an equation's formulas into the cells of its target, values saved beside them.

        `blocks` are those of all tensors; `styles` has the format for formulas and that for
        numbers. Raises SpecError where the text grows too long.
        """
        target, at = equation.target, Addresses(equation, blocks, self._views)
        # All blocks of a tensor are of one size.
        is_large = prod(target.block_shape) > _FEW_CELLS
        tracer = Tracer(equation, blocks, at) if is_large else None
        for block in blocks[target.name]:
            try:
                template = tracer.template(block) if tracer else None
            except NotTraced:
                tracer = template = None
            if isinstance(template, Template):
                self._write_template(target, block, template, saved[block.index], styles[0])
            else:
                content = _content_of(equation, at)
                self.write(target, [block], saved, content, styles)

    def write(
        self,
        tensor: Tensor,
        blocks: Iterable[Block],
        saved: Array,
        content: Callable[..., str | float],
        styles: tuple[Format, Format],
    ) -> None:
        """Write `content(*index)` into the cell of each entry, with the value saved beside it.

        A content is a formula without its equals sign, or a number; `styles` has the format for
        formulas and that for numbers. Raises SpecError where the text grows too long.
        """
        # A block's cells, row by row, are its entries in C order, also in a vertical vector.
        for block in blocks:
            sheet = self._workbook.get_worksheet_by_name(block.sheet)
            entries = product(*map(range, tensor.block_shape))
            numbers = saved[block.index].reshape(block.height, block.width).tolist()
            for row, line in enumerate(numbers, start=block.row):
                inside = islice(entries, block.width)
                contents = [content(*block.index, *entry) for entry in inside]
                self._count(tensor, [text for text in contents if isinstance(text, str)])
                sheet.write_block_row(row, block.column, contents, line, styles)

    def _write_template(
        self, tensor: Tensor, block: Block, template: Template, saved: Array, style: Format
    ) -> None:
        """Write a block whose formulas are one but for where they refer to.

        Filled down and to the right, they are one formula that all cells share. No program is
        known to share formulas that refer to another sheet, so these are written out.
        """
        sheet = self._workbook.get_worksheet_by_name(block.sheet)
        numbers = saved.reshape(block.height, block.width).tolist()
        if template.is_shared and not template.has_sheets:
            formula = template.at(0, 0)
            self._count(tensor, [formula])
            sheet.write_shared(block, formula, numbers, style)
            return
        for row, (texts, line) in enumerate(zip(template.rows(), numbers, strict=True)):
            self._count(tensor, texts)
            sheet.write_block_row(block.row + row, block.column, texts, line, (style, style))

    def _count(self, tensor: Tensor, formulas: Iterable[str]) -> None:
        self._characters += sum(map(len, formulas))
        if self._characters > MAX_CHARACTERS:
            raise SpecError(
                f"the formulas up to {tensor.name} take more than {MAX_CHARACTERS:,} characters:"
                " more than a workbook should hold"
            )


def _content_of(equation: Equation, at: Addresses) -> Callable[..., str | float]:
    return lambda *index: equation.formula(at, *index)
