"""All sheets of a workbook, and where each block stands on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlbackprop.formula.grid import Block
from xlbackprop.layout.contents import sheet_contents
from xlbackprop.layout.pages import Page
from xlbackprop.layout.rows import StepsPage
from xlbackprop.layout.sheet import Sheet
from xlbackprop.network import Network
from xlbackprop.network.training import OWNER as TRAINING


@dataclass(frozen=True)
class Layout:
    """All sheets, and all blocks by tensor in the order of their leading indices."""

    sheets: tuple[Sheet, ...]
    blocks: Mapping[str, tuple[Block, ...]]


def lay_out(network: Network, *, shelves: bool = True) -> Layout:
    """Return where everything stands.

    `shelves` says whether what would be too wide goes on below, as it does but in older workbooks.

    Raises SpecError where a sheet would be too large.
    """
    sheets: list[Sheet] = []
    blocks: dict[str, tuple[Block, ...]] = {}
    for page in _pages(network, shelves=shelves):
        sheets.append(page.sheet())
        blocks.update(page.blocks)
    return Layout(tuple(sheets), blocks)


def _pages(network: Network, *, shelves: bool) -> Iterator[Page | StepsPage]:
    contents = list(sheet_contents(network))
    if network.has_rows:
        yield StepsPage(network)
        contents = [content for content in contents if content.name == TRAINING]
    for content in contents:
        yield Page(content, network.tensors, network.equation_of, shelves=shelves)
