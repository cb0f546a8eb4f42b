"""Numbers in colours: images one can see, the winners of windows and the active units in bold.

Blue is negative, white is 0, orange is positive: a pair that the colour-blind tell apart. All
blocks of a tensor have one scale, that of the numbers with which the page was built.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import xlsxwriter

from xlbackprop.contract.emphasis import Emphasis
from xlbackprop.equation import Tensor
from xlbackprop.formula.grid import Block, view_from
from xlbackprop.layout.images import end_of_scale, is_seen
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.style import EMPHASIS, NEGATIVE, POSITIVE, ZERO, Formats

# Excel takes so many characters in a list of ranges.
_MOST_CHARACTERS = 8_000


def write_colours(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Give all pages their colour scales, and what stands out on them."""
    emphasised = set()
    for one in emphases(contents):
        _write_emphasis(workbook, one, contents, formats)
        emphasised.add(one.tensor.name)
    for tensor in contents.network.tensors.values():
        if is_coloured(tensor, contents):
            # LibreOffice shows both only where they are rules for the same cells.
            blocks = contents.layout.blocks[tensor.name]
            parts = ([one] for one in blocks) if tensor.name in emphasised else _parts(blocks)
            _write_scale(workbook, parts, _largest(tensor, contents))


def has_colours(contents: Contents) -> bool:
    """Return whether a page has a colour scale."""
    return any(is_coloured(tensor, contents) for tensor in contents.network.tensors.values())


def is_coloured(tensor: Tensor, contents: Contents) -> bool:
    """Return whether a tensor is seen better than read, and nobody is to fill it in."""
    if contents.plain or tensor.name in contents.blank or not _largest(tensor, contents):
        return False
    return is_seen(tensor, contents.network)


def emphases(contents: Contents) -> Iterator[Emphasis]:
    """Yield what stands out on the pages, where all that it rests on is there."""
    if contents.plain or contents.network.has_rows:
        return
    for step in contents.network.steps:
        for layer in step.layers:
            for one in layer.equations.emphasis:
                names = {tensor.name for tensor in (one.tensor, *one.sources.values())}
                if contents.blank.isdisjoint(names):
                    yield one


def _largest(tensor: Tensor, contents: Contents) -> float:
    return end_of_scale(contents.arrays[tensor.name])


def _write_scale(
    workbook: xlsxwriter.Workbook, parts: Iterable[Sequence[Block]], largest: float
) -> None:
    rule = {
        "type": "3_color_scale",
        "min_type": "num", "mid_type": "num", "max_type": "num",
        "min_value": -largest, "mid_value": 0, "max_value": largest,
        "min_color": NEGATIVE, "mid_color": ZERO, "max_color": POSITIVE,
    }  # fmt: skip
    for blocks in parts:
        _write_rule(workbook, blocks, rule)


def _write_emphasis(
    workbook: xlsxwriter.Workbook, one: Emphasis, contents: Contents, formats: Formats
) -> None:
    for block in contents.layout.blocks[one.tensor.name]:
        views = {
            letter: view_from(block.sheet, tensor, contents.layout.blocks[tensor.name])
            for letter, tensor in one.sources.items()
        }
        criteria = f"={one.condition(views, block.index)}"
        rule = {"type": "formula", "criteria": criteria, "format": formats(EMPHASIS)}
        _write_rule(workbook, [block], rule)


def _parts(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield the blocks in parts whose addresses are short enough together."""
    part: list[Block] = []
    for block in blocks:
        if sum(len(one.range) + 1 for one in (*part, block)) > _MOST_CHARACTERS:
            yield part
            part = []
        part.append(block)
    yield part


def _write_rule(
    workbook: xlsxwriter.Workbook, blocks: Sequence[Block], rule: dict[str, Any]
) -> None:
    worksheet = workbook.get_worksheet_by_name(blocks[0].sheet)
    ranges = " ".join(block.range for block in blocks)
    worksheet.conditional_format(blocks[0].range, {**rule, "multi_range": ranges})
