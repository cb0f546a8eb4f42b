"""The page of one layer: where its blocks stand.

One sheet for each layer. On it, columns of tensors from input (left) to output (right), and two
bands: forward above, backward below, each gradient under its own tensor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from xlbackprop.equation import Equation, Place, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.grid import Block, block_size
from xlbackprop.layout.contents import SheetContent
from xlbackprop.layout.paper import (
    A3,
    A4,
    COLUMN_WIDTH,
    GAP_WIDTH,
    SMALLEST_SCALE,
    Frames,
    Paper,
    Printed,
    column_breaks,
    printed,
)
from xlbackprop.layout.reasons import BAND as WHY
from xlbackprop.layout.reasons import FEWEST_COLUMNS, reason_lines
from xlbackprop.layout.sheet import (
    FIRST_COLUMN,
    FIRST_ROW,
    Heading,
    Sheet,
    Text,
    heading,
    heading_text,
)
from xlbackprop.layout.tiles import rows_of, tile_size, tiling

# How wide the fonts of titles and equations run, in characters of the standard font.
_TITLE_CHARACTER, _EQUATION_CHARACTER = 0.82, 0.72


class Page:
    """A sheet while its tensors are being placed."""

    def __init__(
        self,
        content: SheetContent,
        tensors: Mapping[str, Tensor],
        equations: Mapping[str, Equation],
    ) -> None:
        self.content, self.tensors, self.equations = content, tensors, equations
        self.blocks: dict[str, tuple[Block, ...]] = {}
        self.bands: list[Text] = []
        self.bars: dict[int, int] = {}
        self.headings: list[Heading] = []
        self.edges: list[Text] = []
        self.reasons: list[Text] = []

    def sheet(self) -> Sheet:
        """Return the sheet. Raises SpecError where it would be too large."""
        content = self.content
        starts, across = self._columns([t for _, tensors in content.bands for t in tensors])
        heights = [self._height(tensors) for _, tensors in content.bands]
        paper = self._paper(across, heights)
        self._frames = _frames_on(paper)
        cuts = column_breaks(across, paper.columns(SMALLEST_SCALE))
        self._page_starts = [FIRST_COLUMN, *cuts]
        self._room = {start: (end - start) * COLUMN_WIDTH for start, end, _ in across}
        row = FIRST_ROW
        for (title, tensors), height in zip(content.bands, heights, strict=True):
            self._frames.begin_band(row, height)
            row = self._place(title, tensors, row, starts) + 1
            self._frames.end_band(row - 2)
        end = max(across[-1][1], FEWEST_COLUMNS) if not cuts else cuts[0]
        gaps = sum(gap < end for _, gap, _ in across[:-1])
        room = (end - FIRST_COLUMN) * COLUMN_WIDTH - gaps * (COLUMN_WIDTH - GAP_WIDTH)
        printed_rows, row = self._explain(row, end, room)
        columns = max(starts.values())
        if row > MAX_ROWS or columns > MAX_COLUMNS:
            raise SpecError(
                f'layer "{content.name}": its sheet would need {row:,} rows and {columns:,}'
                f" columns; a sheet has {MAX_ROWS:,} and {MAX_COLUMNS:,}"
            )
        ends = (printed_rows, columns - 1)
        return Sheet(
            name=content.name,
            title=content.title,
            about=content.about,
            bands=tuple(self.bands),
            bars=self.bars,
            headings=tuple(self.headings),
            edges=tuple(self.edges),
            reasons=tuple(self.reasons),
            rows=row,
            columns=columns,
            gaps=tuple(end for _, end, _ in across[:-1]),
            printed=printed(paper, FIRST_ROW, ends, self._frames.breaks, cuts),
        )

    def _explain(self, row: int, end: int, room: float) -> tuple[int, int]:
        """Write why the equations are so, below all bands, up to the column `end`.

        So many characters of the standard font fit there. Return the rows that are printed, and the
        first row after all. Where it would need a page of its own, it is not printed.
        """
        lines = self._reason_lines(room)
        if not lines:
            return row - 2, row
        page = self._frames.last_page
        fits = row + len(lines) + 1 <= page.stop and any(
            block.row + block.height > page.start and block.column < end
            for own in self.blocks.values()
            for block in own
        )
        self.bands.append(Text(row, FIRST_COLUMN, WHY, "band"))
        self.bars[row] = end
        for at, line in enumerate(lines, start=row + 1):
            self.reasons.append(Text(at, FIRST_COLUMN, line, "kind"))
        after = row + len(lines) + 1
        return after if fits else row - 2, after + 2

    def _reason_lines(self, room: float) -> list[str]:
        tensors = [tensor for _, own in self.content.bands for tensor in own]
        without_chain = {one.tensor.name for one in self.headings if not one.chain}
        return reason_lines(tensors, self.equations, without_chain, room)

    def _height(self, tensors: Sequence[Tensor]) -> int:
        """Return how many rows a band takes where nothing in it is moved to another page."""
        heights: dict[str, int] = {}
        for tensor in tensors:
            column = self._column_of(tensor)
            heights[column] = heights.get(column, 1) + 3 + rows_of(tensor)
        return max(heights.values(), default=1)

    def _paper(self, across: Sequence[tuple[int, int, int]], heights: Sequence[int]) -> Paper:
        """Return the paper on which the sheet takes the fewest pages: A4 where blocks fit on it."""
        tiles = [tile_size(t) for _, tensors in self.content.bands for t in tensors]
        highest = max((height for height, _ in tiles), default=1) + 2  # with the title above
        widest = max((width for _, width in tiles), default=1)

        def fits(paper: Paper) -> bool:
            return highest <= _rows_on(paper) and widest <= paper.columns(SMALLEST_SCALE)

        def order(paper: Paper) -> tuple[int, int]:
            whole = _printed_roughly(paper, across, heights)
            return whole.pages, -whole.scale

        choice = [one for one in A4 if fits(one)] or [one for one in A3 if fits(one)] or A4[:1]
        # Where all is on one page, the reasons should be so, too.
        reasons = len(self._reason_lines(across[-1][1] * COLUMN_WIDTH)) + 3
        whole = [
            one
            for one in choice
            if order(one)[0] == 1 and sum(heights) + reasons + 3 <= _rows_on(one)
        ]
        return min(whole or choice, key=order)

    def _column_of(self, tensor: Tensor) -> str:
        if tensor.place is Place.PARAMETERS:
            return "parameters"
        if tensor.place is Place.COLUMN or tensor.belongs_to is None:
            return tensor.short
        column = self._column_of(self.tensors[tensor.belongs_to])
        return f"{column}+" if tensor.place is Place.BESIDE else column

    def _columns(
        self, tensors: Sequence[Tensor]
    ) -> tuple[dict[str, int], list[tuple[int, int, int]]]:
        """Return each column's first sheet column, and under "" the one after the last.

        And where each begins and ends, from left to right, and how wide its blocks are.
        """
        widths: dict[str, int] = {}
        blocks: dict[str, int] = {}
        for tensor in tensors:
            column = self._column_of(tensor)
            widths[column] = max(widths.get(column, 0), self._width(tensor))
            blocks[column] = max(blocks.get(column, 0), tile_size(tensor)[1])
        starts, across, next_start = {}, [], FIRST_COLUMN
        order = list(widths)
        for column in sorted(widths, key=lambda c: (order.index(c.rstrip("+")), c)):
            starts[column] = next_start
            across.append((next_start, next_start + widths[column], blocks[column]))
            next_start += widths[column] + 1
        return {**starts, "": next_start}, across

    def _width(self, tensor: Tensor) -> int:
        across, _ = tiling(tensor)
        _, width = tile_size(tensor)
        characters = max(
            len(heading_text(tensor)) * _TITLE_CHARACTER,
            len(self._equation_text(tensor)) * _EQUATION_CHARACTER,
        )
        return max(across * width, ceil(characters / COLUMN_WIDTH))

    def _equation_text(self, tensor: Tensor) -> str:
        equation = self.equations.get(tensor.name)
        return equation.math.text if equation else ""

    def _place(self, band: str, tensors: list[Tensor], top: int, starts: dict[str, int]) -> int:
        """Place a band's tensors below its bar; return the first row after them."""
        # On paper, each page says which band it belongs to; a page with nothing else is none.
        last = max((starts[self._column_of(tensor)] for tensor in tensors), default=0)
        first_of_pages = [one for one in self._page_starts if one <= last or one == FIRST_COLUMN]
        self.bands += [Text(top, column, band, "band") for column in first_of_pages]
        self.bars[top] = [*self._page_starts, starts[""]][len(first_of_pages)]
        next_rows = dict.fromkeys(starts, top + 2)
        for tensor in tensors:
            column = self._column_of(tensor)
            next_rows[column] = self._place_tensor(tensor, next_rows[column], starts[column]) + 1
        return max(next_rows.values())

    def _place_tensor(self, tensor: Tensor, row: int, column: int) -> int:
        """Place a tensor on one page, or at least each of its blocks; return the row after it."""
        across, down = tiling(tensor)
        height, width = tile_size(tensor)
        row = self._frames.fit(self._frames.fit(row, 2 + height), 2 + rows_of(tensor))
        equation, room = self.equations.get(tensor.name), self._room[column] / _TITLE_CHARACTER
        self.headings.append(heading(row, column, tensor, equation, room))
        tops = [row + 2]
        for _ in range(1, down):
            tops.append(self._frames.fit(tops[-1] + height, height))
        if tensor.row_length:  # in the order in which one reads
            places = [(top, along) for top in tops for along in range(across)]
        else:
            places = [(top, along) for along in range(across) for top in tops]
        self.blocks[tensor.name] = tuple(
            self._place_block(tensor, index, top, column + along * width)
            for index, (top, along) in zip(tensor.block_indices(), places, strict=False)
        )
        return tops[-1] + height

    def _place_block(self, tensor: Tensor, index: tuple[int, ...], row: int, column: int) -> Block:
        height, width = block_size(tensor)
        if index and tensor.block_shape:
            letters = tensor.axes[: len(index)]
            label = "  ".join(f"{letter}={i}" for letter, i in zip(letters, index, strict=True))
            self.edges.append(Text(row, column + 1, label, "label"))
            row += 1
        if tensor.row_length:
            self._edge_of_folded(tensor, row, column)
            column += 1
        elif tensor.block_shape:
            self._edge(tensor, row, column, height, width)
            column += 1
        elif index:
            self.edges.append(Text(row, column, index[-1], "edge"))
        if tensor.shape:
            row += 1
        return Block(tensor.name, index, self.content.name, row, column, height, width)

    def _edge_of_folded(self, tensor: Tensor, row: int, column: int) -> None:
        """Write the index with which each row begins, and above the columns what is added to it."""
        height, width = block_size(tensor)
        self.edges += [Text(row, column + 1 + j, j, "edge") for j in range(width)]
        self.edges += [Text(row + 1 + i, column, i * width, "side") for i in range(height)]

    def _edge(self, tensor: Tensor, row: int, column: int, height: int, width: int) -> None:
        """Write the indices above a block and on its left, where there are several."""
        if len(tensor.block_shape) == 2 or not tensor.vertical:
            self.edges += [Text(row, column + 1 + j, j, "edge") for j in range(width)]
        if len(tensor.block_shape) == 2 or tensor.vertical:
            self.edges += [Text(row + 1 + i, column, i, "side") for i in range(height)]


def _frames_on(paper: Paper) -> Frames:
    return Frames(FIRST_ROW, _rows_on(paper))


def _rows_on(paper: Paper) -> int:
    """Return how many rows fit on a page below those that each repeats."""
    return paper.rows(SMALLEST_SCALE) - FIRST_ROW


def _printed_roughly(
    paper: Paper, across: Sequence[tuple[int, int, int]], heights: Sequence[int]
) -> Printed:
    """Return how bands of those heights would be printed, before anything is placed."""
    frames, row = _frames_on(paper), FIRST_ROW
    for height in heights:
        frames.begin_band(row, height)
        row += height + 1
        frames.end_band(row - 1)
    ends = (row - 1, max(end for _, end, _ in across))
    cuts = column_breaks(across, paper.columns(SMALLEST_SCALE))
    return printed(paper, FIRST_ROW, ends, frames.breaks, cuts)
