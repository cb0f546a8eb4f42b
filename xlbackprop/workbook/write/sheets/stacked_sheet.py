"""A sheet on which blocks stand one below another, all from the first column on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import xlsxwriter

from xlbackprop.equation import Array, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_ROWS, cell, on_sheet, rectangle
from xlbackprop.formula.grid import Block, Range
from xlbackprop.workbook.write.sheets.block_writer import BlockWriter
from xlbackprop.workbook.write.sheets.sheet import BlockSheet
from xlbackprop.workbook.write.sheets.style import Formats

Blocks = tuple[Block, ...]


class StackedSheet:
    """Writes blocks of formulas, shaped like those of the pages, on a very hidden sheet."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        name: str,
        pages: Mapping[str, Blocks],
        formats: Formats,
    ) -> None:
        self._name, self._pages, self._rows = name, pages, 0
        self._styles = (formats({}), formats({}))
        # With a count of its own: the verifier never reads this sheet.
        self._writer = BlockWriter(workbook)
        self._sheet = workbook.add_worksheet(name, worksheet_class=BlockSheet)
        self._sheet.very_hidden()

    def place(self, tensor: Tensor) -> Blocks:
        """Return blocks for the tensor below all others; raises SpecError where no row is left."""
        blocks = tuple(
            replace(block, sheet=self._name, row=self._take(block.height), column=0)
            for block in self._pages[tensor.name]
        )
        if self._rows > MAX_ROWS:
            raise SpecError(
                f"practice: the answers up to {tensor.name} take more than the {MAX_ROWS:,} rows of"
                " a sheet: leave fewer tensors blank"
            )
        return blocks

    def write(
        self, tensor: Tensor, blocks: Blocks, saved: Array, content: Callable[..., str | float]
    ) -> None:
        """Write `content(*index)` into the cell of each entry, with the value saved beside it."""
        self._writer.write(tensor, blocks, saved, content, self._styles)

    def stack(self, tensor: Tensor, saved: Array, content: Callable[..., str | float]) -> str:
        """Place blocks, write them, and return the range of them all."""
        blocks = self.place(tensor)
        self.write(tensor, blocks, saved, content)
        return self.range(blocks)

    def range(self, blocks: Blocks) -> str:
        """Return the range of blocks that stand below one another."""
        first = blocks[0]
        text = rectangle(first.row, first.column, len(blocks) * first.height, first.width)
        return text if first.sheet == self._name else on_sheet(first.sheet, text)

    def place_cell(self) -> Range:
        """Return a cell below all blocks, anchored."""
        return Range(Range(cell(self._take(1), 0)).fixed)

    def write_cell(self, address: Range, formula: str, saved: float) -> None:
        """Write a formula into a cell that was placed."""
        row = int(address.rpartition("$")[2]) - 1
        self._sheet.write_block_row(row, 0, [formula], [saved], self._styles)

    def _take(self, rows: int) -> int:
        self._rows += rows
        return self._rows - rows
