"""The labels near a block of cells: above it, to its left, and the name of its sheet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Tensor
from xlbackprop.find.locate.labels import fit
from xlbackprop.find.locate.page import ACROSS, DOWN, NEXT_SHEET, Keys, Page, split

_ABOVE, _LEFT = 4, 3
_SHEET_COUNTS = 0.3


class Captions:
    """Tells how well the labels near some cells fit a tensor."""

    def __init__(self, page: Page, orders: dict[str, int]) -> None:
        self._page, self._orders = page, orders
        self._known: dict[tuple[int, int, int, int], list[list[str]]] = {}
        self._filled = frozenset(page.keys.tolist())

    def fit(self, keys: Keys, tensor: Tensor) -> float:
        """Return how well the labels fit, from -1 to about 2; 0 where they say nothing."""
        boxes = _boxes(keys)
        fits = [self._fit_of_block(box, tensor) for box in boxes]
        following = [one for one in fits[1:] if one]
        score = fits[0] + (0.3 * float(np.mean(following)) if following else 0.0)
        sheet = self._page.sheets[boxes[0][0] // NEXT_SHEET]
        return score + _SHEET_COUNTS * fit(sheet, tensor, self._orders[tensor.name])

    def best(self, keys: Keys, tensor: Tensor) -> str:
        """Return the label that fits best, or an empty text where none does."""
        first = _boxes(keys)[0]
        labels = [label for group in self._labels(first) for label in group]
        order = self._orders[tensor.name]
        fitting = [label for label in labels if fit(label, tensor, order) > 0]
        return max(fitting, key=lambda label: fit(label, tensor, order), default="")

    def _fit_of_block(self, box: tuple[int, int, int, int], tensor: Tensor) -> float:
        order = self._orders[tensor.name]
        found = []
        for group in self._labels(box):
            fits = [one for label in group if (one := fit(label, tensor, order))]
            if fits:
                found.append(float(np.mean(fits)))
        return max(found, key=lambda one: (one > 0, abs(one)), default=0.0)

    def _labels(self, box: tuple[int, int, int, int]) -> list[list[str]]:
        if box not in self._known:
            above = list(self._above(box))
            left = list(self._left(box))
            self._known[box] = [group for group in (*above[:1], left, *above[1:2]) if group]
        return self._known[box]

    def _above(self, box: tuple[int, int, int, int]) -> Iterator[list[str]]:
        """Yield the texts of each row above that has any, nearest first."""
        first, _, width, _ = box
        column = first % DOWN
        for distance in range(1, _ABOVE + 1):
            start = first - distance * DOWN
            if start % NEXT_SHEET > first % NEXT_SHEET or start < 0:
                return
            texts = self._texts([start + n * ACROSS for n in range(width)])
            if not texts and column:
                texts = self._texts([start - ACROSS])
            if texts:
                yield texts

    def _left(self, box: tuple[int, int, int, int]) -> Iterator[str]:
        """Yield, for each row, the nearest text to its left that no number parts from it."""
        first, height, _, _ = box
        column = first % DOWN
        for row in range(height):
            for distance in range(1, min(_LEFT, column) + 1):
                key = first + row * DOWN - distance * ACROSS
                if key in self._page.texts:
                    yield self._page.texts[key]
                    break
                if key in self._filled and distance > 1:
                    break

    def _texts(self, keys: list[int]) -> list[str]:
        return [self._page.texts[key] for key in keys if key in self._page.texts]


def _boxes(keys: Keys) -> list[tuple[int, int, int, int]]:
    """Return the bounding boxes of a tensor's blocks: key, height, width, number of cells."""
    rank = keys.ndim
    blocks = keys.reshape(-1, *keys.shape[rank - 2 :]) if rank > 2 else keys[None]
    boxes = []
    for block in blocks[:16]:
        sheets, rows, columns = split(np.asarray(block).ravel())
        top, left = int(rows.min()), int(columns.min())
        first = int(sheets[0]) * NEXT_SHEET + top * DOWN + left
        boxes.append((first, int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1, block.size))
    return boxes
