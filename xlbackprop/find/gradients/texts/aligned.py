"""Two tensors in blocks, cell by cell: those of gradients, and those of what they are by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.texts.governed import Governed
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.texts.reading import index_of
from xlbackprop.find.gradients.texts.rectangles import Rectangle
from xlbackprop.formula.sheets.plane import Indices

Blocks = list[tuple[Indices, str]]  # cells, of a block's shape, with its caption


def aligned(one: Blocks, other: Blocks) -> tuple[Indices, Indices] | None:
    """Return the cells of two tensors that stand for one another; None where that is not certain.

    Blocks go together by their captions, or by their order where both stand alike; the cells in
    them as they stand, or transposed where only that fits.
    """
    if len(one) != len(other):
        return None
    order = _by_captions(one, other)
    pairs = [(own, other[at][0]) for (own, _), at in zip(one, order, strict=True)]
    if all(own.shape == its.shape for own, its in pairs):
        return _together(pairs)
    turned = [(own, its.T) for own, its in pairs]
    if all(own.shape == its.shape for own, its in turned):
        return _together(turned)
    return None


def _together(pairs: Sequence[tuple[Indices, Indices]]) -> tuple[Indices, Indices]:
    first, second = ([pair[which].ravel() for pair in pairs] for which in (0, 1))
    return np.concatenate(first), np.concatenate(second)


def _by_captions(one: Blocks, other: Blocks) -> Sequence[int]:
    """Return which of the other's blocks goes with each."""
    own, its = ([index_of(caption) for _, caption in blocks] for blocks in (one, other))
    if all(own) and sorted(own) == sorted(its) and len({*own}) == len(own):
        return [its.index(index) for index in own]
    return range(len(one))


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
