"""The labels near a block of cells: above it, to its left, and the name of its sheet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from math import prod
from statistics import fmean

import numpy as np

from xlbackprop.equation import Array, Tensor
from xlbackprop.find.locate.captions.labels import (
    fit,
    is_of_a_later_entry,
    names_a_strange_gradient,
    names_plainly,
)
from xlbackprop.find.locate.page.page import ACROSS, DOWN, NEXT_SHEET, Keys, Page, split

_ABOVE, _LEFT, _HEAD = 4, 6, 3
_SHEET_COUNTS = 0.3
_LONGEST_HEAD = 40
_MOST_BLOCKS = 16  # of a tensor, whose labels are read

Label = tuple[int, str]  # the key of its cell, and the text
Box = tuple[int, int, int, int]  # around a block: its first key, height, width, number of cells
_fit = lru_cache(maxsize=65_536)(fit)
_names = lru_cache(maxsize=65_536)(names_plainly)


class Captions:
    """Tells how well the labels near some cells fit a tensor."""

    def __init__(self, page: Page, orders: dict[str, int]) -> None:
        self._page, self._orders = page, orders
        self._known: dict[Box, list[list[Label]]] = {}
        self._known_above: dict[Box, list[list[Label]]] = {}
        self._fits: dict[tuple[Box, str], float] = {}
        self._filled = frozenset(page.keys.tolist())

    def fit(self, keys: Keys, tensor: Tensor) -> float:
        """Return how well the labels fit, from -1 to about 2; 0 where they say nothing."""
        return float(self.fits(keys[None], tensor)[0])

    def fits(self, readings: Keys, tensor: Tensor) -> Array:
        """Return how well the labels of each reading fit; the first axis numbers the readings."""
        return np.array([self._fit_of_boxes(boxes, tensor) for boxes in _boxes_of_all(readings)])

    def _fit_of_boxes(self, boxes: list[Box], tensor: Tensor) -> float:
        fits = [self._fit_of_block(box, tensor) for box in boxes]
        following = [one for one in fits[1:] if one]
        score = fits[0] + (0.3 * fmean(following) if following else 0.0)
        sheet = self._page.sheets[boxes[0][0] // NEXT_SHEET]
        return score + _SHEET_COUNTS * _fit(sheet, tensor, self._orders[tensor.name])

    def best(self, keys: Keys, tensor: Tensor) -> str:
        """Return the label that fits best, or an empty text where none does."""
        first = _boxes(keys)[0]
        labels = [label for group in self._labels(first) for _, label in group]
        order = self._orders[tensor.name]
        fitting = [label for label in labels if _fit(label, tensor, order) > 0]
        return max(fitting, key=lambda label: _fit(label, tensor, order), default="")

    def cells_of_labels(self, keys: Keys, tensor: Tensor) -> set[int]:
        """Return the keys of the labels near a tensor's blocks that are its own."""
        order = self._orders[tensor.name]
        groups = (group for box in _boxes(keys) for group in self._labels(box))
        return {key for group in groups for key, text in group if _fit(text, tensor, order) > 0}

    def name(self, keys: Keys, tensor: Tensor) -> bool:
        """Return whether a label near a tensor's first block names the tensor plainly."""
        order = self._orders[tensor.name]
        groups = self._labels_of(_boxes(keys)[0], tensor)
        return any(_names(text, tensor, order) for group in groups for _, text in group)

    def head(self, keys: Keys, tensor: Tensor) -> bool:
        """Return whether a label right before the first cell, or a little above, names the tensor.

        As far above as leaves room for a line of headings between them.
        """
        first, order = int(keys.ravel()[0]), self._orders[tensor.name]
        near = (first - ACROSS, *(first - n * DOWN for n in range(1, _HEAD + 1)))
        texts = (self._page.texts[key] for key in near if key in self._page.texts)
        return any(_names(text, tensor, order) and not is_of_a_later_entry(text) for text in texts)

    def naming(self, tensor: Tensor) -> Iterator[Label]:
        """Yield the page's labels that plainly name a tensor, beside numbers or empty cells."""
        order = self._orders[tensor.name]
        for key, text in self._page.texts.items():
            if _names(text, tensor, order) and (
                self.numbers_beside(key) or self._heads_empty_cells(key, text)
            ):
                yield key, text

    def strange_gradients(self) -> Iterator[Label]:
        """Yield the page's labels of gradients of what has a name that is not known here."""
        for key, text in self._page.texts.items():
            if names_a_strange_gradient(text):
                yield key, text

    def _heads_empty_cells(self, key: int, text: str) -> bool:
        """Return whether a label is one of a block with nothing in it, and no remark."""
        is_short = len(text) <= _LONGEST_HEAD and "=" not in text
        beside = (key - ACROSS, key + ACROSS)
        return is_short and not any(at in self._page.texts for at in beside)

    def numbers_beside(self, key: int) -> list[int]:
        """Return the keys of the nearest cells with a number to the right of a label and below."""
        right = (key + n * ACROSS for n in range(1, _LEFT + 1))
        below = (key + n * DOWN for n in range(1, _ABOVE + 1))
        nearest = (next((at for at in way if at in self._filled), None) for way in (right, below))
        return [at for at in nearest if at is not None]

    def _fit_of_block(self, box: Box, tensor: Tensor) -> float:
        known = self._fits.get((box, tensor.name))
        if known is None:
            known = self._fits[box, tensor.name] = self._read_fit(box, tensor)
        return known

    def _read_fit(self, box: Box, tensor: Tensor) -> float:
        order = self._orders[tensor.name]
        found = []
        for group in self._labels_of(box, tensor):
            fits = [one for _, label in group if (one := _fit(label, tensor, order))]
            if fits:
                found.append(fmean(fits))
        return max(found, key=lambda one: (one > 0, abs(one)), default=0.0)

    def _labels_of(self, box: Box, tensor: Tensor) -> list[list[Label]]:
        """Return the labels near a block without those above one that means another tensor.

        That is a block's own title; several beside each other are headings, which have a title.
        """
        groups, order = self._labels(box), self._orders[tensor.name]
        above = self._nearest_above(box)
        is_title = len(above) > 1 and len(above[0]) == 1
        if is_title and _fit(above[0][0][1], tensor, order) < 0:
            return groups[:-1]
        return groups

    def _labels(self, box: Box) -> list[list[Label]]:
        if box not in self._known:
            above, left = self._nearest_above(box), list(self._left(box))
            self._known[box] = [group for group in (*above[:1], left, *above[1:]) if group]
        return self._known[box]

    def _nearest_above(self, box: Box) -> list[list[Label]]:
        if box not in self._known_above:
            self._known_above[box] = list(islice(self._above(box), 2))
        return self._known_above[box]

    def _above(self, box: Box) -> Iterator[list[Label]]:
        """Yield the texts of each row above that has any, nearest first, up to other numbers."""
        first, height, width, size = box
        column, own = first % DOWN, np.arange(0, width, _apart(width, height, size))
        for distance in range(1, _ABOVE + 1):
            start = first - distance * DOWN
            if start % NEXT_SHEET > first % NEXT_SHEET or start < 0:
                return
            texts = self._texts((start + own).tolist())
            if not texts and self._has_other_numbers(start + own):
                return
            if not texts and column:
                texts = self._texts([start - ACROSS])
            if texts:
                yield texts

    def _has_other_numbers(self, keys: Keys) -> bool:
        """Return whether cells in a row have numbers that are no indices, counted from 0 or 1."""
        numbers = self._page.numbers_at(keys)
        is_number = np.isfinite(numbers)
        counts = any((numbers == start + np.arange(len(keys))).all() for start in (0, 1))
        return bool(is_number.any()) and not counts

    def _left(self, box: Box) -> Iterator[Label]:
        """Yield, for each row, the nearest text to its left that no number parts from it."""
        first, height, width, size = box
        column = first % DOWN
        for row in range(0, height, _apart(height, width, size)):
            for distance in range(1, min(_LEFT, column) + 1):
                key = first + row * DOWN - distance * ACROSS
                if key in self._page.texts:
                    yield key, self._page.texts[key]
                    break
                if key in self._filled and distance > 1:
                    break

    def _texts(self, keys: list[int]) -> list[Label]:
        return [(key, self._page.texts[key]) for key in keys if key in self._page.texts]


def _apart(length: int, across: int, size: int) -> int:
    """Return how far apart the cells of a line are; 1 in a block, which leaves nothing out."""
    is_even = across == 1 < size and (length - 1) % (size - 1) == 0
    return max(1, (length - 1) // (size - 1)) if is_even else 1


def _boxes(keys: Keys) -> list[Box]:
    """Return the boxes around a tensor's first blocks."""
    return _boxes_of_all(keys[None])[0]


def _boxes_of_all(readings: Keys) -> list[list[Box]]:
    """Return the boxes around the first blocks of each reading."""
    entries = prod(readings.shape[1:])
    size = prod(readings.shape[-2:]) if readings.ndim > 3 else entries
    blocks = readings.reshape(len(readings), entries // size, size)[:, :_MOST_BLOCKS]
    _, rows, columns = split(blocks)
    top, left = rows.min(axis=2), columns.min(axis=2)
    firsts = blocks[:, :, 0] // NEXT_SHEET * NEXT_SHEET + top * DOWN + left
    heights, widths = rows.max(axis=2) - top + 1, columns.max(axis=2) - left + 1
    sizes = np.full(firsts.shape, size)
    boxes = np.stack([firsts, heights, widths, sizes], axis=2).tolist()
    return [[tuple(box) for box in own] for own in boxes]
