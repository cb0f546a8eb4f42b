"""A training in which each step is a row: all tensors of a step side by side, on one sheet.

In the order in which a step computes: forward, the loss, backward, updates. Each column is one
entry of one tensor, the same in all steps, and above it stand the layer, the tensor's name, its
equation in the last step, and the entry's index.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from xlbackprop.equation import Equation, Index, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.formula.grid import Block, block_size
from xlbackprop.layout.contents import bands_of
from xlbackprop.layout.paper import (
    A4,
    COLUMN_WIDTH,
    SMALLEST_SCALE,
    Paper,
    Printed,
    column_breaks,
    printed,
)
from xlbackprop.layout.sheet import Sheet, Text
from xlbackprop.network import Network
from xlbackprop.network.steps import Step

# No layer has a name with a space.
STEPS = "all steps"

_BAND_ROW, _TITLE_ROW, _EQUATION_ROW, _INDEX_ROW = 4, 5, 6, 7
FIRST_STEP_ROW = 8
_STEP_COLUMN, _FIRST_COLUMN = 1, 2
_TITLE_CHARACTER = 0.95
_GAP = 1  # an empty column after each tensor

Key = tuple[str, str]  # a layer and the short name of a tensor
Band = list[tuple[str, Tensor]]  # each with the band's title


class StepsPage:
    """The sheet of all steps while its tensors are being placed."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.blocks: dict[str, tuple[Block, ...]] = {}
        self._texts: list[Text] = []
        self._bands: list[Text] = []

    def sheet(self) -> Sheet:
        """Return the sheet. Raises SpecError where a step takes more columns than there are."""
        shown = [dict(_of_step(step)) for step in self.network.steps]
        starts, end = self._columns(shown)
        if end > MAX_COLUMNS:
            raise SpecError(
                f"[training]: a step would take {end:,} columns; a sheet has {MAX_COLUMNS:,}: leave"
                ' out layout = "rows"'
            )
        self._texts.append(Text(_INDEX_ROW, _STEP_COLUMN, "step", "edge"))
        for row, tensors in enumerate(shown, start=FIRST_STEP_ROW):
            number = row - FIRST_STEP_ROW + 1
            self._texts.append(Text(row, _STEP_COLUMN, number, "side"))
            for key, (_, tensor) in tensors.items():
                self.blocks[tensor.name] = tuple(_blocks(tensor, row, starts[key]))
        training = self.network.training
        about = f"{len(shown)} steps, one in each row; formulas are the same in all but the first"
        return Sheet(
            name=STEPS,
            title=f"{STEPS} · {training.name if training else ''}",
            about=about,
            bands=tuple(self._bands),
            bars={_BAND_ROW: end},
            headings=(),
            edges=tuple(self._texts),
            rows=FIRST_STEP_ROW + len(shown),
            columns=end,
            printed=_printed(len(shown), end, sorted(starts.values())),
            frozen=(FIRST_STEP_ROW, _FIRST_COLUMN),
        )

    def _columns(self, shown: list[dict[Key, tuple[str, Tensor]]]) -> tuple[dict[Key, int], int]:
        """Return where each tensor begins, and the column after the last; write what is above."""
        starts: dict[Key, int] = {}
        column, band = _FIRST_COLUMN, ""
        for key, (own, tensor) in _all_of(shown).items():
            if own != band:
                self._bands.append(Text(_BAND_ROW, column, own, "band"))
                band = own
            starts[key] = column
            self._head(tensor, column)
            column += _width(tensor) + _GAP
        return starts, column

    def _head(self, tensor: Tensor, column: int) -> None:
        equation = self.network.equation_of.get(tensor.name)
        self._texts.append(Text(_TITLE_ROW, column, _title(tensor, equation), "symbol"))
        if equation:
            self._texts.append(Text(_EQUATION_ROW, column, equation.math.text, "equation"))
        for index in tensor.block_indices():
            for inside in range(block_size(tensor)[1] if tensor.shape else 0):
                entry = ",".join(map(str, (*index, inside)))
                self._texts.append(Text(_INDEX_ROW, column, entry, "edge"))
                column += 1


def _width(tensor: Tensor) -> int:
    return max(tensor.size, ceil(len(tensor.title) * _TITLE_CHARACTER / COLUMN_WIDTH))


def _title(tensor: Tensor, equation: Equation | None) -> str:
    """Return a tensor's title, with what the chain rule makes of it where there is room."""
    chain = equation.math.chain if equation else ""
    title = f"{tensor.title} = {chain}"
    fits = len(title) * _TITLE_CHARACTER <= _width(tensor) * COLUMN_WIDTH
    return title if chain and fits else tensor.title


def _of_step(step: Step) -> Iterator[tuple[Key, tuple[str, Tensor]]]:
    """Yield the tensors of a step in the order of computing, each with its band's title."""
    passes: tuple[list[Band], ...] = ([], [], [])
    for number, layer in enumerate(step.layers):
        for at, (_, tensors) in enumerate(bands_of(step, number)):
            word = ("FORWARD  →", "BACKWARD  ←", "UPDATE  ↓")[at]
            passes[at].append([(f"{layer.name} · {word}", tensor) for tensor in tensors])
    forward, backward, update = passes
    for band in (*forward, *reversed(backward), *update):
        for title, tensor in band:
            yield (tensor.layer, tensor.short), (title, tensor)


def _all_of(shown: list[dict[Key, tuple[str, Tensor]]]) -> dict[Key, tuple[str, Tensor]]:
    """Return the tensors of all steps, those of the last where it has them: in its order."""
    last, first = shown[-1], shown[0]
    return {**{key: first[key] for key in first if key not in last}, **last}


def _blocks(tensor: Tensor, row: int, column: int) -> Iterator[Block]:
    height, width = block_size(tensor)
    indices: list[Index] = list(tensor.block_indices())
    for at, index in enumerate(indices):
        yield Block(tensor.name, index, STEPS, row, column + at * width, height, width)


def _printed(steps: int, end: int, starts: list[int]) -> Printed:
    """Return how the steps are printed: every page has their numbers, and what is above them."""
    last = FIRST_STEP_ROW + steps
    across = [(start, stop - _GAP, 1) for start, stop in pairwise([*starts, end])]

    def on(paper: Paper) -> Printed:
        rows = paper.rows(SMALLEST_SCALE) - FIRST_STEP_ROW
        down = range(FIRST_STEP_ROW + rows, last, rows)
        cuts = column_breaks(across, paper.columns(SMALLEST_SCALE) - _FIRST_COLUMN)
        return printed(paper, FIRST_STEP_ROW, (last, end - _GAP + 1), down, cuts)

    return min(map(on, A4), key=lambda one: one.pages)
