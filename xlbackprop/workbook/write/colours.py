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
from xlbackprop.workbook.write.here import HERE
from xlbackprop.workbook.write.sheets.style import EMPHASIS, NEGATIVE, POSITIVE, ZERO, Formats
from xlbackprop.workbook.write.walk.steps import steps_of

# Excel takes so many characters in a list of ranges.
_MOST_CHARACTERS = 8_000
_BEYOND = "1E+300"  # on a scale that ends there, all numbers are as white as 0


def write_colours(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Give all pages their colour scales, and what stands out on them."""
    emphasised, steps = set(), steps_of(contents) if contents.walk else {}
    for one in emphases(contents):
        _write_emphasis(workbook, one, contents, formats)
        emphasised.add(one.tensor.name)
    for tensor in contents.network.tensors.values():
        if is_coloured(tensor, contents):
            parts = parts_of(tensor, contents, is_emphasised=tensor.name in emphasised)
            _write_scale(workbook, parts, _largest(tensor, contents), steps.get(tensor.name, 0))


def parts_of(tensor: Tensor, contents: Contents, *, is_emphasised: bool) -> Iterator[list[Block]]:
    """Yield a tensor's blocks as its rules have them together."""
    # LibreOffice shows several rules only where they are for the same cells.
    blocks = contents.layout.blocks[tensor.name]
    return ([one] for one in blocks) if is_emphasised else _parts(blocks)


def has_colours(contents: Contents) -> bool:
    """Return whether a page has a colour scale."""
    return any(is_coloured(tensor, contents) for tensor in contents.network.tensors.values())


def is_coloured(tensor: Tensor, contents: Contents) -> bool:
    """Return whether a tensor is seen better than read, and nobody is to fill it in."""
    if contents.plain or tensor.name in contents.blank:
        return False
    return is_seen(tensor, contents.network) and _largest(tensor, contents) > 0


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
    workbook: xlsxwriter.Workbook, parts: Iterable[Sequence[Block]], largest: float, step: int
) -> None:
    """Write a tensor's scale; in a walk, all is white until its step, for which 0 is none."""
    low, high = (f"=IF({HERE}<{step},{end}{_BEYOND},{end}{largest})" for end in ("-", ""))
    rule = {
        "type": "3_color_scale",
        "min_type": "formula" if step else "num", "mid_type": "num",
        "max_type": "formula" if step else "num",
        "min_value": low if step else -largest, "mid_value": 0,
        "max_value": high if step else largest,
        "min_color": NEGATIVE, "mid_color": ZERO, "max_color": POSITIVE,
    }  # fmt: skip
    for blocks in parts:
        write_rule(workbook, blocks, rule)


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
        write_rule(workbook, [block], rule)


def _parts(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield the blocks in parts whose addresses are short enough together."""
    part: list[Block] = []
    for block in blocks:
        if sum(len(one.range) + 1 for one in (*part, block)) > _MOST_CHARACTERS:
            yield part
            part = []
        part.append(block)
    yield part


def write_rule(
    workbook: xlsxwriter.Workbook, blocks: Sequence[Block], rule: dict[str, Any]
) -> None:
    """Write a conditional format of blocks on one sheet."""
    worksheet = workbook.get_worksheet_by_name(blocks[0].sheet)
    ranges = " ".join(block.range for block in blocks)
    worksheet.conditional_format(blocks[0].range, {**rule, "multi_range": ranges})
