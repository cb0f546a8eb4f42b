"""The page of one layer: where its blocks stand.

One sheet for each layer. On it, columns of tensors from input (left) to output (right), and two
bands: forward above, backward below, each gradient under its own tensor. What would be too wide
stands on shelves, and each band goes through all that it has tensors on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import ceil

from xlbackprop.equation import Equation, Kind, Place, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.grid import Block, block_size
from xlbackprop.layout.contents import SheetContent
from xlbackprop.layout.paper import (
    COLUMN_WIDTH,
    GAP_WIDTH,
    SMALLEST_SCALE,
    Frames,
    Paper,
    column_breaks,
    printed,
)
from xlbackprop.layout.paper_choice import best_paper, rows_on
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
from xlbackprop.layout.shelves import SHELVES, Columns, is_too_wide, side_by_side
from xlbackprop.layout.tiles import places_of, rows_of, tile_size, tiling

# How wide the fonts of titles and equations run, in characters of the standard font.
_TITLE_CHARACTER, _EQUATION_CHARACTER = 0.82, 0.72


class Page:
    """A sheet while its tensors are being placed."""

    def __init__(
        self,
        content: SheetContent,
        tensors: Mapping[str, Tensor],
        equations: Mapping[str, Equation],
        *,
        shelves: bool = True,
    ) -> None:
        self.content, self.tensors, self.equations = content, tensors, equations
        self._has_shelves = shelves
        self.blocks: dict[str, tuple[Block, ...]] = {}
        self.bands: list[Text] = []
        self.bars: dict[int, int] = {}
        self.headings: list[Heading] = []
        self.edges: list[Text] = []
        self.reasons: list[Text] = []

    def sheet(self) -> Sheet:
        """Return the sheet. Raises SpecError where it would be too large."""
        content = self.content
        self._columns, self._most = self._side_by_side()
        across = self._columns.across
        bands = list(self._bands_on_shelves())
        heights = [self._height(tensors) for _, tensors in bands]
        paper = self._paper(heights)
        self._frames = Frames(FIRST_ROW, rows_on(paper))
        cuts = column_breaks(across, paper.columns(SMALLEST_SCALE))
        self._page_starts = [FIRST_COLUMN, *cuts]
        row = FIRST_ROW
        for (title, tensors), height in zip(bands, heights, strict=True):
            self._frames.begin_band(row, height)
            row = self._place(title, tensors, row) + 1
            self._frames.end_band(row - 2)
        end = max(across[-1][1], FEWEST_COLUMNS) if not cuts else cuts[0]
        gaps = sum(gap < end for _, gap, _ in across[:-1])
        room = (end - FIRST_COLUMN) * COLUMN_WIDTH - gaps * (COLUMN_WIDTH - GAP_WIDTH)
        printed_rows, row = self._explain(row, end, room)
        columns = self._columns.end + 1
        self._check_size(row, columns)
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
            printed=printed(
                paper, FIRST_ROW, (printed_rows, columns - 1), self._frames.breaks, cuts
            ),
        )

    def _check_size(self, rows: int, columns: int) -> None:
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise SpecError(
                f'layer "{self.content.name}": its sheet would need {rows:,} rows and {columns:,}'
                f" columns; a sheet has {MAX_ROWS:,} and {MAX_COLUMNS:,}"
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
            heights[column] = heights.get(column, 1) + 3 + rows_of(tensor, self._most)
        return max(heights.values(), default=1)

    def _paper(self, heights: Sequence[int]) -> Paper:
        tiles = [tile_size(t) for _, tensors in self.content.bands for t in tensors]
        reasons = len(self._reason_lines(self._columns.across[-1][1] * COLUMN_WIDTH)) + 3
        return best_paper(self._columns, tiles, heights, reasons)

    def _column_of(self, tensor: Tensor) -> str:
        if tensor.place is Place.PARAMETERS:
            return Place.PARAMETERS
        if tensor.place is Place.COLUMN or tensor.belongs_to is None:
            return tensor.short
        column = self._column_of(self.tensors[tensor.belongs_to])
        return f"{column}+" if tensor.place is Place.BESIDE else column

    def _side_by_side(self) -> tuple[Columns, int]:
        """Return where the columns of tensors stand, and how wide a tensor may be."""
        widths, blocks = self._widths(MAX_COLUMNS)
        if not self._has_shelves or not is_too_wide(list(widths.values())):
            return side_by_side(widths, blocks), MAX_COLUMNS
        fitting = (one for one in SHELVES if max(self._widths(one)[0].values()) <= one)
        # What is wider than any paper is cut, and nothing else.
        shelf = next(fitting, SHELVES[0])
        return side_by_side(*self._widths(shelf), shelf), shelf

    def _widths(self, most: int) -> tuple[dict[str, int], dict[str, int]]:
        """Return how wide the columns of tensors are, from left to right, and the blocks in each.

        The blocks of a tensor take at most so many columns of the sheet.
        """
        widths: dict[str, int] = {}
        blocks: dict[str, int] = {}
        for tensor in (tensor for _, tensors in self.content.bands for tensor in tensors):
            column = self._column_of(tensor)
            widths[column] = max(widths.get(column, 0), self._width(tensor, most))
            blocks[column] = max(blocks.get(column, 0), tile_size(tensor)[1])
        order = list(widths)
        names = sorted(widths, key=lambda c: (order.index(c.rstrip("+")), c))
        return {name: widths[name] for name in names}, blocks

    def _bands_on_shelves(self) -> Iterator[tuple[str, list[Tensor]]]:
        """Yield the bands, in parts where there are shelves; backward, as they are computed."""
        if not self._columns.are_folded:
            yield from self.content.bands
            return
        rank = {name: at for at, name in enumerate(self.equations)}
        for title, tensors in self.content.bands:
            shelves: dict[int, list[Tensor]] = {}
            for tensor in tensors:
                shelf = self._columns.shelves[self._column_of(tensor)]
                shelves.setdefault(shelf, []).append(tensor)
            order = sorted(shelves)
            if next(iter(shelves), 0) > 0:  # where a gradient comes in
                order.sort(key=lambda shelf: self._last_rank(shelves[shelf], rank))
            for at, shelf in enumerate(order, start=1):
                part = f"  {at} of {len(order)}" if len(order) > 1 else ""
                yield f"{title}{part}", shelves[shelf]

    def _last_rank(self, tensors: Sequence[Tensor], rank: Mapping[str, int]) -> int:
        """Return when the last of them is computed that leads on to further ones."""
        main = [
            one
            for one in tensors
            if one.kind is not Kind.HELPER
            and one.place is not Place.BESIDE
            and self._column_of(one) != Place.PARAMETERS
        ]
        return max(rank.get(one.name, -1) for one in main or tensors)

    def _width(self, tensor: Tensor, most: int) -> int:
        across, _ = tiling(tensor, most)
        _, width = tile_size(tensor)
        characters = max(
            len(heading_text(tensor)) * _TITLE_CHARACTER,
            len(self._equation_text(tensor)) * _EQUATION_CHARACTER,
        )
        return max(across * width, ceil(characters / COLUMN_WIDTH))

    def _equation_text(self, tensor: Tensor) -> str:
        equation = self.equations.get(tensor.name)
        return equation.math.text if equation else ""

    def _place(self, band: str, tensors: list[Tensor], top: int) -> int:
        """Place a band's tensors below its bar; return the first row after them."""
        # On paper, each page says which band it belongs to; a page with nothing else is none.
        starts = self._columns.starts
        last = max((starts[self._column_of(tensor)] for tensor in tensors), default=0)
        first_of_pages = [one for one in self._page_starts if one <= last or one == FIRST_COLUMN]
        self.bands += [Text(top, column, band, "band") for column in first_of_pages]
        self.bars[top] = [*self._page_starts, self._columns.end + 1][len(first_of_pages)]
        next_rows = dict.fromkeys(starts, top + 2)
        for tensor in tensors:
            column = self._column_of(tensor)
            next_rows[column] = self._place_tensor(tensor, next_rows[column], column) + 1
        return max(next_rows.values())

    def _place_tensor(self, tensor: Tensor, row: int, name: str) -> int:
        """Place a tensor on one page, or at least each of its blocks; return the row after it."""
        column = self._columns.starts[name]
        height, width = tile_size(tensor)
        rows = rows_of(tensor, self._most)
        row = self._frames.fit(self._frames.fit(row, 2 + height), 2 + rows)
        room = (self._columns.ends[name] - column) * COLUMN_WIDTH / _TITLE_CHARACTER
        equation = self.equations.get(tensor.name)
        self.headings.append(heading(row, column, tensor, equation, room))
        tops = [row + 2]
        for _ in range(1, rows // height):
            tops.append(self._frames.fit(tops[-1] + height, height))
        places = places_of(tensor, self._most)
        self.blocks[tensor.name] = tuple(
            self._place_block(tensor, index, tops[below], column + along * width)
            for index, (below, along) in zip(tensor.block_indices(), places, strict=True)
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
