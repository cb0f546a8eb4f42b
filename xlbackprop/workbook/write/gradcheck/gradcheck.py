"""The sheet on which a gradient is compared with what one finds without calculus, by nudging.

One picks an entry of an input or a parameter, and an epsilon. The network is computed twice more,
on two hidden sheets, with that entry a little larger and a little smaller: what L makes of it,
divided by what was done to the entry, is about dL/d of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import xlsxwriter

from xlbackprop.equation import Array, Index, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import cell, on_sheet
from xlbackprop.formula.grid import Addresses, view_from
from xlbackprop.network.gradients import equations_of_loss, gradients_of
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.gradcheck.check_sheet import (
    EPSILON,
    NUDGE,
    PICKED,
    SHEET,
    CheckSheet,
    Entry,
    SavedLoss,
)
from xlbackprop.workbook.write.sheets.stacked_sheet import Blocks, StackedSheet
from xlbackprop.workbook.write.sheets.style import Formats

_SIDES = {"_plus": 1, "_minus": -1}


def write_gradcheck(workbook: xlsxwriter.Workbook, contents: Contents, formats: Formats) -> None:
    """Write the sheet, and those that it rests on, where the contents ask for it.

    Raises SpecError where tensors are to be filled in, which these sheets would give away.
    """
    if not contents.gradcheck:
        return
    if contents.blank:
        raise SpecError(
            "gradcheck: its sheets would give away what is to be filled in: leave out --blank"
        )
    entries = list(_entries(contents))
    sheet = CheckSheet(workbook, entries, formats)
    losses = []
    for name, sign in _SIDES.items():
        side = _Side(workbook, name, sign, contents, formats)
        losses.append(side.write(entries))
    here = _loss(contents.network.loss.L, contents.layout.blocks, contents.arrays)
    sheet.write(here, *losses)


def _entries(contents: Contents) -> list[Entry]:
    """Return what may be picked: each entry of an input or a parameter that has a gradient."""
    network, pages = contents.network, contents.layout.blocks
    pairs = gradients_of(network)
    entries = []
    for tensor in network.inputs:
        if tensor.name not in pairs:
            continue
        gradient = network.tensors[pairs[tensor.name]]
        own = view_from(SHEET, tensor, pages[tensor.name])
        slopes = view_from(SHEET, gradient, pages[gradient.name])
        numbers, values = contents.arrays[tensor.name], contents.arrays[gradient.name]
        entries += [
            Entry(
                tensor.name,
                index,
                (own[index], float(numbers[index])),
                (slopes[index], float(values[index])),
            )
            for index in np.ndindex(*tensor.shape)
        ]
    return entries


def _loss(tensor: Tensor, blocks: Mapping[str, Blocks], arrays: Mapping[str, Array]) -> SavedLoss:
    (block,) = blocks[tensor.name]
    return on_sheet(block.sheet, cell(block.row, block.column)), float(arrays[tensor.name])


class _Side:
    """The forward pass once more, with the picked entry nudged to one side."""

    def __init__(
        self,
        workbook: xlsxwriter.Workbook,
        name: str,
        sign: int,
        contents: Contents,
        formats: Formats,
    ) -> None:
        self._name, self._sign, self._contents = name, sign, contents
        pages = contents.layout.blocks
        self._blocks: dict[str, Blocks] = dict(pages)
        self._sheet = StackedSheet(workbook, name, pages, formats)

    def write(self, entries: Sequence[Entry]) -> SavedLoss:
        """Write all blocks; return where L is."""
        network, saved = self._contents.network, self._arrays(entries[0])
        numbers: dict[str, dict[Index, int]] = {}
        for number, entry in enumerate(entries, start=1):
            numbers.setdefault(entry.tensor, {})[entry.index] = number
        for name, own in numbers.items():
            self._write_nudged(network.tensors[name], own, saved[name])
        for equation in equations_of_loss(network):
            tensor = equation.target
            self._blocks[tensor.name] = self._sheet.place(tensor)
            formula = partial(equation.formula, Addresses(equation, self._blocks))
            self._sheet.write(tensor, self._blocks[tensor.name], saved[tensor.name], formula)
        return _loss(network.loss.L, self._blocks, saved)

    def _write_nudged(self, tensor: Tensor, numbers: Mapping[Index, int], saved: Array) -> None:
        page = view_from(self._name, tensor, self._blocks[tensor.name])
        own = self._sheet.place(tensor)
        sign = "+" if self._sign > 0 else "-"

        def nudged(*index: int) -> str:
            return f"{page[index]}{sign}({PICKED}={numbers[index]})*{NUDGE}"

        self._sheet.write(tensor, own, saved, nudged)
        self._blocks[tensor.name] = own

    def _arrays(self, picked: Entry) -> dict[str, Array]:
        """Return all numbers with the entry nudged that is picked at first."""
        network, arrays = self._contents.network, self._contents.arrays
        moved = arrays[picked.tensor].astype(np.float64)
        moved[picked.index] += self._sign * EPSILON
        values = {one.name: arrays[one.name] for one in network.inputs}
        return network.evaluate({**values, picked.tensor: moved})
