"""Two tensors in blocks, cell by cell: those of gradients, and those of what they are by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.texts.governed import Governed
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.texts.reading import PARTS, index_of
from xlbackprop.find.gradients.texts.rectangles import Rectangle
from xlbackprop.formula.sheets.plane import Indices

_AXES = 2  # of captions, whose order nobody knows

Blocks = list[tuple[Indices, str]]  # cells, of a block's shape, with its caption


@dataclass(frozen=True)
class Pairs:
    """The cells of two tensors that stand for one another, block by block.

    `is_sure` says that nothing speaks for another order of the blocks.
    """

    own: tuple[Indices, ...]
    its: tuple[Indices, ...]
    is_sure: bool


def aligned(one: Blocks, other: Blocks) -> Pairs | None:
    """Return the cells of two tensors that stand for one another; None where none do.

    Blocks go together by their captions, or else in the order in which one reads them; the cells in
    them as they stand, or transposed where only that fits.
    """
    if len(one) != len(other) or _is_parted(one, other):
        return None
    order, is_sure = _by_captions(one, other)
    own, its = [cells for cells, _ in one], [other[at][0] for at in order]
    for turned in (its, [cells.T for cells in its]):
        if all(cells.shape == by.shape for cells, by in zip(own, turned, strict=True)):
            return Pairs(tuple(own), tuple(turned), is_sure)
    return None


def _is_parted(one: Blocks, other: Blocks) -> bool:
    """Whether captions tell blocks of one tensor apart by samples or steps, and not the other's."""
    own, its = (
        {axis for _, caption in blocks for axis, _ in index_of(caption)} for blocks in (one, other)
    )
    return bool((own ^ its) & PARTS)


def _by_captions(one: Blocks, other: Blocks) -> tuple[Sequence[int], bool]:
    """Return which of the other's blocks goes with each, and whether that is sure."""
    own, its = (_indices([caption for _, caption in blocks]) for blocks in (one, other))
    if all(own) and sorted(own) == sorted(its) and len({*own}) == len(own):
        return [its.index(index) for index in own], True
    most = max(len(index) for index in (*own, *its))
    is_sure = own == its or not (any(own) and any(its))
    return range(len(one)), is_sure and (most < _AXES or own == its)


def _indices(captions: Sequence[str]) -> list[tuple[tuple[str, int], ...]]:
    """Return what captions count, from 0 on."""
    every = [index_of(caption) for caption in captions]
    least: dict[str, int] = {}
    for axis, number in (pair for index in every for pair in index):
        least[axis] = min(number, least.get(axis, number))
    return [tuple((axis, number - least[axis]) for axis, number in index) for index in every]


def blocks_of(title: Governed, labels: Labels, numbers: Array, *, bare: bool = False) -> Blocks:
    """Return the blocks under a title; `bare` without the numbers of rows and columns beside them.

    `numbers` are what the cells of the plane hold.
    """
    found = []
    for one, caption in zip(title.rectangles, title.captions, strict=True):
        cells = one.cells(labels)
        if bare:
            if _counts(numbers[cells[:, 0]]) and _is_edge(one, labels):
                continue
            while cells.shape[0] > 1 and _counts(numbers[cells[0]]):
                cells = cells[1:]
        found.append((cells, caption))
    return found


def _is_edge(one: Rectangle, labels: Labels) -> bool:
    """Whether a rectangle is a column right beside other numbers."""
    box, tops = labels.plane.boxes[one.sheet], labels.tops(one.sheet)
    along = one.right + 1 - box.left
    return one.width == 1 and along < box.width and bool(tops[one.bottom - box.top, along] >= 0)


def _counts(numbers: Array) -> bool:
    """Whether numbers count from 0 or 1 on."""
    first = numbers[0] if numbers.size else np.nan
    return first in (0, 1) and bool((numbers == first + np.arange(numbers.size)).all())
