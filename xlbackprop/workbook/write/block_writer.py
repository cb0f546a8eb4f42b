"""Whole tensors into their blocks of cells, with an eye on how much text a workbook can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, product

import xlsxwriter
from xlsxwriter.format import Format

from xlbackprop.equation import Array, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Block

# What is built must be small enough to be checked again: this is below the reader's limits.
MAX_CHARACTERS = 60_000_000


class BlockWriter:
    """Writes formulas and counts their characters."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._characters = 0

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
                self._count_characters(tensor, contents)
                sheet.write_block_row(row, block.column, contents, line, styles)

    def _count_characters(self, tensor: Tensor, contents: list[str | float]) -> None:
        self._characters += sum(len(text) for text in contents if isinstance(text, str))
        if self._characters > MAX_CHARACTERS:
            raise SpecError(
                f"the formulas up to {tensor.name} take more than {MAX_CHARACTERS:,} characters:"
                " more than a workbook should hold"
            )
