"""Where the tensors of a chain stand on a page: by arrangement."""

from __future__ import annotations

import numpy as np

from tests.support.chains.plan import COLUMN, PAGES, ROWS

_FAR = 60  # the rate's column: where its $ is forgotten, blank cells follow


class Positions:
    """Sheet, row and column, from 1, of each entry of each tensor in each step."""

    def __init__(self, plan, shapes, rng):
        self.plan, self.shapes = plan, shapes
        self.titles = {}  # where a tensor's, or a number's, label stands
        self.sheets = ["Sheet1"]
        self._corners, self._along = {}, {}
        self.first = 3 + int(rng.integers(0, 3))
        if plan.arrangement == ROWS:
            self._in_a_line()
            self.rate = (self.first, max(self._along.values()) + 3)
            self.rate = self.rate if rng.integers(2) or plan.is_across else (2, 3)
        else:
            self.rate = (2, _FAR)
            self._in_blocks(rng)

    def at(self, name, index, step=0):
        """Return where an entry stands."""
        if self.plan.arrangement == ROWS:
            return self._turned(self.first + step, self._along[name, tuple(index)])
        sheet, row, column = self._corners[name, *index[:-2]]
        down, across = self._within(name, index)
        return sheet, row + down, column + across

    def rate_at(self):
        """Return where the rate stands."""
        at = self._turned(*self.rate)
        return at if self.plan.arrangement == ROWS else (self.sheets[0], *at[1:])

    def _turned(self, row, column):
        return ("Sheet1", column, row) if self.plan.is_across else ("Sheet1", row, column)

    def _in_a_line(self):
        along, last = 1, None
        for name, shape in self.shapes.items():
            if self.plan.has_gaps and last and last != name:
                along += 1
            for index in np.ndindex(shape):
                self._along[name, index] = along
                self.titles[name, index] = self._turned(self.first - 1, along)
                along += 1
            last = name

    def _within(self, name, index):
        """Return how far an entry is from its block's corner."""
        if len(index) == 0:
            return 0, 0
        if len(index) == 1:
            return (index[0], 0) if self.plan.is_upright else (0, index[0])
        down, across = index[-2:]
        return (across, down) if self._is_turned(name) else (down, across)

    def _is_turned(self, name):
        """Whether a dense layer's weights stand input by input: where vectors are rows."""
        is_dense = name.startswith("dense") and len(self.shapes[name]) == 2
        is_weight = name.partition(".")[2] in ("w", "dL_dw", "w_new")
        return is_dense and is_weight and not self.plan.is_upright

    def _size(self, name):
        last = tuple(end - 1 for end in self.shapes[name])
        down, across = self._within(name, last)
        return down + 1, across + 1

    def _in_blocks(self, rng):
        plan = self.plan
        layers = {}
        free = {}
        if plan.arrangement == PAGES:
            self.sheets = []
        for name, shape in self.shapes.items():
            layer = layers.setdefault(self._page_of(name), len(layers) + 1)
            sheet = f"Layer {layer}" if plan.arrangement == PAGES else "Sheet1"
            if sheet not in self.sheets:
                self.sheets.append(sheet)
            for leading in np.ndindex(shape[:-2]):
                row, column, height = free.get(sheet, (2, 1, 0))
                tall, wide = self._size(name)
                self._corners[name, *leading] = (sheet, row + 1, column)
                self.titles[name, leading] = (sheet, row, column)
                gap = int(rng.integers(1, 3))
                if plan.arrangement == COLUMN or column > 14:
                    free[sheet] = (row + 1 + max(tall, height) + gap, 1, 0)
                else:
                    free[sheet] = (row, column + wide + gap, max(tall, height))

    def _page_of(self, name):
        """Return what a page is named for: the layer whose weights stand on it."""
        layer = name.partition(".")[0]
        if layer == "loss":
            return self.plan.dense[-1]
        if layer in self.plan.of_dense:
            return self.plan.dense[self.plan.of_dense.index(layer)]
        return layer if layer in self.plan.dense else "conv1"
