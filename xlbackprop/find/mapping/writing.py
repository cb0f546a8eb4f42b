"""Places to a map that says so in few words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

import numpy as np

from xlbackprop.equation import Index, Tensor
from xlbackprop.find.mapping.map import Map, Placement
from xlbackprop.find.mapping.spreading import row_lengths
from xlbackprop.formula.addresses import on_sheet, rectangle
from xlbackprop.formula.places import Places
from xlbackprop.network import Network


def map_of(network: Network, places: Mapping[str, Places], spec: str = "", sheet: str = "") -> Map:
    """Return a map from which `places_of` makes the same places.

    `spec` is what the map names as its spec; ranges on `sheet` are written without it.
    """
    tensors = {name: _placement(network.tensors[name], own, sheet) for name, own in places.items()}
    return Map(tensors, spec, sheet)


def ranges_of(tensor: Tensor, places: Places) -> list[tuple[Index, str, str]]:
    """Return the blocks in which a tensor stands: leading index, sheet, range.

    A block's cells, row by row, are `tensor[index]` in C order; where they do not stand in such
    blocks, each entry is a block of its own.
    """
    leading = list(tensor.block_indices())
    widths = row_lengths(tensor.block_shape)
    blocks = [_rectangle(places, index, widths) for index in leading]
    found = [(index, *one) for index, one in zip(leading, blocks, strict=True) if one]
    if len(found) == len(leading):
        return found
    return [(index, *places.at(index)) for index in np.ndindex(tensor.shape)]


def _placement(tensor: Tensor, places: Places, sheet: str) -> Placement:
    for order in [tensor.axes, *permutations(tensor.axes)]:
        written = "".join(order) if order != tensor.axes else ""
        moved = _in_order(tensor, places, order)
        for leading in (0, max(0, len(order) - 2)):
            blocks = _blocks(moved, leading)
            if blocks:
                return Placement(tuple(_text(*one, sheet) for one in blocks), order=written)
    if rows := _blocks(places, max(0, len(tensor.shape) - 1)):
        return Placement(tuple(_text(*one, sheet) for one in rows))
    cells = (places.at(index) for index in np.ndindex(tensor.shape))
    return Placement(tuple(_text(*one, sheet) for one in cells))


def _blocks(places: Places, leading: int) -> list[tuple[str, str]]:
    """Return a sheet and a range for each leading index, or none where they are no rectangles."""
    shape = places.rows.shape
    widths = row_lengths(shape[leading:])
    blocks = [_rectangle(places, index, widths) for index in np.ndindex(shape[:leading])]
    found = [one for one in blocks if one]
    return found if len(found) == len(blocks) else []


def _in_order(tensor: Tensor, places: Places, order: tuple[str, ...]) -> Places:
    axes = [tensor.axes.index(letter) for letter in order]
    arrays = (places.sheet, places.rows, places.columns)
    return Places(places.sheets, *(array.transpose(axes) for array in arrays))


def _rectangle(places: Places, index: Index, widths: set[int]) -> tuple[str, str] | None:
    """Return the sheet and range whose cells, row by row, are the entries, or None."""
    on, rows, columns = (
        array[index].ravel() for array in (places.sheet, places.rows, places.columns)
    )
    height, width = (int(np.ptp(numbers)) + 1 for numbers in (rows, columns))
    if height * width != rows.size or width not in widths or np.ptp(on):
        return None
    down, across = np.divmod(np.arange(rows.size), width)
    if (rows != rows[0] + down).any() or (columns != columns[0] + across).any():
        return None
    return places.sheets[on[0]], rectangle(int(rows[0]), int(columns[0]), height, width)


def _text(on: str, cells: str, sheet: str) -> str:
    return cells if on == sheet else on_sheet(on, cells)
