"""A layout and its numbers to the bytes of an .xlsx workbook with live formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname

from xlbackprop.equation import Array, Equation, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.grid import Block, Range
from xlbackprop.layout import (
    COLUMN_WIDTH,
    GAP_WIDTH,
    MARGIN_WIDTH,
    Heading,
    Sheet,
)
from xlbackprop.progress import each, tell
from xlbackprop.workbook import description
from xlbackprop.workbook.write.colours import write_colours
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.draft import Draft, Page
from xlbackprop.workbook.write.gradcheck.gradcheck import write_gradcheck
from xlbackprop.workbook.write.head import write_head
from xlbackprop.workbook.write.links import OVERVIEW, write_way_to_source, write_ways
from xlbackprop.workbook.write.overview.overview import write_overview
from xlbackprop.workbook.write.practice.ladder import without_reasons, write_ladder
from xlbackprop.workbook.write.practice.ladder_sheet import rule_asked, rungs_of
from xlbackprop.workbook.write.practice.marks import write_practice
from xlbackprop.workbook.write.sheets.block_writer import BlockWriter
from xlbackprop.workbook.write.sheets.drawing_sheet import DrawingSheet
from xlbackprop.workbook.write.sheets.printing import set_up_print
from xlbackprop.workbook.write.sheets.sheet import BlockSheet
from xlbackprop.workbook.write.sheets.style import (
    TEXTS,
    Formats,
    constant_format,
    fill_in_format,
    kind_format,
    number_format,
)
from xlbackprop.workbook.write.walk.walk import write_walk

# A fixed date, so that the same spec gives the same bytes.
_CREATED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def write_workbook(contents: Contents) -> bytes:
    """Return the bytes of the workbook."""
    network, layout = contents.network, contents.layout
    buffer = BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_urls": False})
    workbook.set_properties({"title": network.spec.name, "created": _CREATED})
    workbook.set_size(2400, 1600)
    formats = Formats(workbook)
    overview = workbook.add_worksheet(OVERVIEW, worksheet_class=DrawingSheet)
    for sheet in layout.sheets:
        worksheet = workbook.add_worksheet(sheet.name, worksheet_class=BlockSheet)
        shown = without_reasons(sheet) if contents.ladder else sheet
        _write_page(Page(worksheet, contents, formats, shown))
    write_overview(Draft(overview, contents, formats))
    writer = BlockWriter(workbook)
    _Cells(workbook, contents, formats, writer).write()
    write_walk(workbook, contents, formats)  # whose rules go first
    write_colours(workbook, contents, formats)
    write_gradcheck(workbook, contents, formats)
    write_ladder(workbook, contents, formats)  # whose rules go first
    write_practice(workbook, contents, formats, writer)
    _describe(workbook, contents)
    tell("packing the file")
    workbook.close()
    return buffer.getvalue()


class _Cells:
    """Writes the numbers and formulas of every tensor into its blocks."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        contents: Contents,
        formats: Formats,
        writer: BlockWriter,
    ) -> None:
        self.workbook, self.formats, self._writer = workbook, formats, writer
        self.network, self.layout = contents.network, contents.layout
        self.arrays, self.blank = contents.arrays, contents.blank
        self.answers = contents.answers
        # Of a thousand blocks, most have one of a few formats.
        self._of_kind = cache(lambda kind, shown: formats(kind_format(kind, shown)))
        self._of_constants = cache(lambda k, hidden: formats(constant_format(k, hidden=hidden)))

    def write(self) -> None:
        for tensor in self.network.inputs:
            self._each_block(tensor, self._write_numbers)
        for equation in each("writing the formulas", self.network.equations):
            if equation.target.name in self.blank:
                self._each_block(equation.target, self._write_blanks)
            else:
                self._write_equation(equation)

    def _each_block(
        self, tensor: Tensor, write: Callable[[BlockSheet, Tensor, Block, Array], None]
    ) -> None:
        array = self.arrays[tensor.name]
        for block in self.layout.blocks[tensor.name]:
            worksheet = self.workbook.get_worksheet_by_name(block.sheet)
            write(worksheet, tensor, block, array[block.index].reshape(block.height, block.width))

    def _write_numbers(
        self, sheet: BlockSheet, tensor: Tensor, block: Block, numbers: Array
    ) -> None:
        style = self._kind_format(tensor)
        for row, line in enumerate(numbers.tolist(), start=block.row):
            sheet.write_block_row(row, block.column, line, line, (style, style))

    def _write_blanks(self, sheet: BlockSheet, tensor: Tensor, block: Block, _: Array) -> None:
        # Where the answers are no secret, what is typed is shown as the page would show it.
        answers = self.answers
        style = self.formats(
            fill_in_format(number_format(answers[tensor.name]) if answers else "General")
        )
        for row in range(block.row, block.row + block.height):
            sheet.write_blanks(row, block.column, block.width, style)

    def _write_equation(self, equation: Equation) -> None:
        tensor = equation.target
        styles = (self._kind_format(tensor), self._constant_format(tensor))
        array = self.arrays[tensor.name]
        self._writer.write_equation(equation, self.layout.blocks, array, styles)

    def _kind_format(self, tensor: Tensor) -> Format:
        return self._of_kind(tensor.kind, number_format(self.arrays[tensor.name]))

    def _constant_format(self, tensor: Tensor) -> Format:
        return self._of_constants(tensor.kind, tensor.hides_constants)


def _write_page(page: Page) -> None:
    worksheet, sheet = page.worksheet, page.sheet
    texts = {name: page.formats(properties) for name, properties in TEXTS.items()}
    worksheet.hide_gridlines(2)
    worksheet.set_column(0, 0, MARGIN_WIDTH)
    worksheet.set_column(1, max(1, sheet.columns), COLUMN_WIDTH)
    for gap in sheet.gaps:
        worksheet.set_column(gap, gap, GAP_WIDTH)
    write_head(page)
    _write_bars(worksheet, sheet, texts["band"])
    write_ways(page)
    for heading in sheet.headings:
        _write_heading(page, heading, texts)
    for edge in (*sheet.edges, *sheet.reasons):
        place = edge.row, edge.column
        if isinstance(edge.text, str):
            worksheet.write_plain_text(*place, edge.text, texts[edge.style])
        else:
            worksheet.write_plain_number(*place, edge.text, texts[edge.style])
    worksheet.freeze_panes(*sheet.frozen)
    set_up_print(worksheet, sheet, page.contents.network.spec.name)


def _write_bars(worksheet: BlockSheet, sheet: Sheet, style: Format) -> None:
    """Write the bands' titles, and the bars that go on behind them."""
    starts: dict[int, list[int]] = {row: [1] for row in sheet.bars}
    for band in sheet.bands:
        worksheet.write_plain_text(band.row, band.column, str(band.text), style)
        starts[band.row] += [band.column, band.column + 1]
    for row, end in sheet.bars.items():
        for start, stop in zip(starts[row][::2], [*starts[row][1::2], end], strict=True):
            if start < stop:
                worksheet.write_blanks(row, start, stop - start, style)


def _write_heading(page: Page, heading: Heading, texts: Mapping[str, Format]) -> None:
    tensor, (row, column) = heading.tensor, (heading.row, heading.column)
    worksheet, contents = page.worksheet, page.contents
    is_link = write_way_to_source(page, heading)
    symbol = texts["symbol to source" if is_link else "symbol"]
    chain = [(texts["chain"], f" = {heading.chain}")] if heading.chain else []
    runs = [(symbol, tensor.title), *chain, (texts["kind"], f"  {heading.about}")]
    # LibreOffice shows what is a link in the cell's own font.
    worksheet.write_runs(row, column, runs, texts["kind"] if is_link else None)
    rungs = {} if contents.network.has_rows or not contents.ladder else rungs_of(contents)
    if tensor.name in rungs:
        said = rule_asked(rungs[tensor.name])
        worksheet.write_formula(row + 1, column, f"={said}", texts["equation"], "")
    elif heading.equation:
        worksheet.write_plain_text(row + 1, column, heading.equation, texts["equation"])


def _describe(workbook: xlsxwriter.Workbook, contents: Contents) -> None:
    worksheet = workbook.add_worksheet(description.SHEET)
    inputs = {one.name: contents.arrays[one.name].ravel() for one in contents.network.inputs}
    numbers = {name: array.tolist() for name, array in inputs.items()}
    spec_text = contents.network.spec.to_toml()
    cells = description.description_cells(
        spec_text,
        numbers,
        contents.blank,
        contents.handout,
        has_folds=contents.network.has_folds,
    )
    for row, column, value in cells:
        write = worksheet.write_string if isinstance(value, str) else worksheet.write_number
        write(row, column, value)
    worksheet.hide()
    for blocks in contents.layout.blocks.values():
        for block in blocks:
            address = f"={quote_sheetname(block.sheet)}!{Range(block.range).fixed}"
            if workbook.define_name(block.name, address) != 0:
                raise SpecError(f"a spreadsheet would not take {block.name} for a name")
