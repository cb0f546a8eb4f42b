"""Where a workbook of this program has a network's blocks: by its names, or where they were built.

Programs lose names: they drop them, keep them for one sheet only, or put an underscore for a dot.
A block whose name is gone is taken from where it was built, as long as its sheet still has all
titles, and the indices along the edges, where they were written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from operator import or_
from typing import TYPE_CHECKING

import numpy as np

from xlbackprop.equation import Index, Tensor
from xlbackprop.errors import SpecError, WorkbookError
from xlbackprop.formula.addresses import read_area
from xlbackprop.formula.grid import Block, block_size
from xlbackprop.network import Network
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.workbook import Workbook

if TYPE_CHECKING:
    from xlbackprop.layout import Layout, Sheet, Text

# Of the indices along the edges so many must be there: a person may have written over some.
_MOST_EDGES = 0.95


class NamesGone(WorkbookError):  # noqa: N818  (an error like the others, after which one may look)
    """The names of blocks are gone, and these do not stand where they were built."""


@dataclass(frozen=True)
class FoundBlocks:
    """The blocks of all tensors, and the names of those whose names the workbook has lost."""

    blocks: Mapping[str, tuple[Block, ...]]
    nameless: tuple[str, ...] = ()


def find_blocks(workbook: Workbook, network: Network) -> FoundBlocks:
    """Return where the workbook has each tensor's blocks.

    Raises NamesGone where a name is missing and the block is not where it was built, and
    WorkbookError where the cells of a name were deleted, or are not of the block's size.
    """
    finder = _Finder(workbook, network)
    blocks = {
        tensor.name: tuple(
            finder.block(tensor, number, index)
            for number, index in enumerate(tensor.block_indices())
        )
        for tensor in network.tensors.values()
    }
    return FoundBlocks(blocks, tuple(finder.nameless))


def stands_unfolded(workbook: Workbook, network: Network) -> bool:
    """Return whether a workbook has in one row what the network has folded: it is an older one.

    Its names tell: a folded matrix has one for each block, and a folded vector is no row.
    """
    for tensor in network.tensors.values():
        meaning = workbook.names.get(tensor.name) if tensor.row_length else None
        area = read_area(meaning) if meaning else None
        if area is not None:
            return bool(tensor.leading) or area.height == 1
    return False


class _Finder:
    def __init__(self, workbook: Workbook, network: Network) -> None:
        self._workbook, self._network = workbook, network
        self.nameless: list[str] = []

    def block(self, tensor: Tensor, number: int, index: Index) -> Block:
        name = ".".join([tensor.name, *map(str, index)])
        meaning = self._meaning(name)
        if meaning is None:
            self.nameless.append(name)
            return self._where_it_was_built(tensor, number, name)
        area = read_area(meaning)
        if area is None or area.sheet not in self._workbook.sheets:
            raise WorkbookError(f"the cells of {name} were deleted")
        height, width = block_size(tensor)
        if (area.height, area.width) != (height, width):
            raise WorkbookError(
                f"{name} has {area.height}×{area.width} cells and should have {height}×{width}:"
                " rows or columns were inserted into it or deleted from it"
            )
        return Block(tensor.name, index, area.sheet, area.row, area.column, height, width)

    def _meaning(self, name: str) -> str | None:
        """Return what a name stands for, None where it is gone."""
        names = self._workbook.names
        return names[name] if name in names else self._others.get(_plain(name))

    @cached_property
    def _others(self) -> dict[str, str]:
        """The names as other programs have them: with underscores, or for one sheet only."""
        local = self._workbook.local_names.items()
        ours = {_plain(name): text for (sheet, name), text in local if _is_on(text, sheet)}
        return ours | {_plain(name): text for name, text in self._workbook.names.items()}

    def _where_it_was_built(self, tensor: Tensor, number: int, name: str) -> Block:
        for layout, unmoved in self._layouts:
            block = layout.blocks[tensor.name][number]
            if block.sheet in unmoved:
                return block
        raise NamesGone(
            f"the name {name} is gone, by which the block's cells are found: start again from a"
            " freshly built workbook, and leave the names as they are"
        )

    @cached_property
    def _layouts(self) -> list[tuple[Layout, set[str]]]:
        """Where blocks were built by this version and by earlier ones, with the sheets they fit."""
        from xlbackprop.layout import lay_out  # noqa: PLC0415  (rarely)

        layouts = []
        for shelves in (True, False):
            with suppress(SpecError):
                layout = lay_out(self._network, shelves=shelves)
                layouts.append((layout, self._unmoved(layout)))
        return layouts

    def _unmoved(self, layout: Layout) -> set[str]:
        known = self._workbook.sheets
        return {
            sheet.name
            for sheet in layout.sheets
            if sheet.name in known and _is_unmoved(sheet, self._workbook.cells(sheet.name))
        }


def _plain(name: str) -> str:
    return name.replace(".", "_").lower()


def _is_on(text: str, sheet: str) -> bool:
    area = read_area(text)
    return area is not None and area.sheet == sheet


def _is_unmoved(sheet: Sheet, cells: Cells) -> bool:
    """Return whether a sheet's titles and the edges of its blocks stand where they were written."""
    from xlbackprop.layout import Text, heading_text  # noqa: PLC0415

    heads = sheet.headings
    titles = _are_there([Text(one.row, one.column, one.text, "") for one in heads], cells)
    # Pages of earlier versions have no chain rule in their titles.
    shorter = [Text(one.row, one.column, heading_text(one.tensor), "") for one in heads]
    if not all(titles) and not all(map(or_, titles, _are_there(shorter, cells))):
        return False
    edges = _are_there(sheet.edges, cells)
    return sum(edges) >= _MOST_EDGES * len(edges)


def _are_there(texts: Sequence[Text], cells: Cells) -> list[bool]:
    rows = np.array([one.row for one in texts], dtype=np.int64)
    columns = np.array([one.column for one in texts], dtype=np.int64)
    positions = cells.find(rows, columns).tolist()
    return [
        at >= 0 and cells.value(at) == one.text for at, one in zip(positions, texts, strict=True)
    ]
