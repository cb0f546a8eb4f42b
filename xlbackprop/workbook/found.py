"""A network's tensors as a workbook has them: where their blocks are, and what is in the cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Equation, Index, Tensor
from xlbackprop.errors import WorkbookError
from xlbackprop.grid import Addresses, Block, block_size, cell
from xlbackprop.network import Network
from xlbackprop.workbook.cells import Area, Cells, State
from xlbackprop.workbook.read import Workbook, parse_area

_FEW_CELLS, _MOST_CLAIMED_FOR_ONE_STORED = 20_000, 10


@dataclass(frozen=True)
class Found:
    """One tensor as the workbook has it; the arrays have the tensor's shape."""

    tensor: Tensor
    numbers: Array  # NaN where there is no number
    states: NDArray[np.int8]
    has_formula: NDArray[np.bool_]
    _positions: NDArray[np.int64]
    _blocks: Mapping[str, tuple[Block, ...]]  # of all tensors
    _cells: Mapping[str, Cells]  # of all sheets

    def place(self, index: Index) -> tuple[str, str]:
        """Return the sheet and the address of an entry."""
        block, row, column = self._within(index)
        return block.sheet, cell(block.row + row, block.column + column)

    def text(self, index: Index) -> str | None:
        """Return the text or error value of an entry, or None where it holds neither."""
        position = int(self._positions[index])
        return self._stored(index).texts.get(position) if position >= 0 else None

    def formula(self, index: Index) -> str | None:
        """Return an entry's formula with its equals sign, or None where it has none."""
        position = int(self._positions[index])
        formula = self._stored(index).formula(position) if position >= 0 else None
        return None if formula is None else f"={formula}"

    def addresses(self, equation: Equation) -> Addresses:
        """Return what the equation's formulas refer to, where it stands in this workbook."""
        return Addresses(equation, self._blocks)

    def _stored(self, index: Index) -> Cells:
        return self._cells[self._within(index)[0].sheet]

    def _within(self, index: Index) -> tuple[Block, int, int]:
        lead = len(self.tensor.leading)
        number = int(np.ravel_multi_index(index[:lead], self.tensor.leading)) if lead else 0
        block = self._blocks[self.tensor.name][number]
        inside = index[lead:]
        flat = int(np.ravel_multi_index(inside, self.tensor.block_shape)) if inside else 0
        row, column = divmod(flat, block.width)
        return block, row, column


def find_blocks(workbook: Workbook, network: Network) -> dict[str, tuple[Block, ...]]:
    """Return where the workbook has each tensor's blocks, by their names.

    Raises WorkbookError where a name is gone, or its cells do not have the block's size.
    """
    return {
        name: tuple(_find_block(workbook, tensor, index) for index in tensor.block_indices())
        for name, tensor in network.tensors.items()
    }


def _find_block(workbook: Workbook, tensor: Tensor, index: Index) -> Block:
    name = ".".join([tensor.name, *map(str, index)])
    if name not in workbook.names:
        raise WorkbookError(
            f"the name {name} is gone, by which the block's cells are found: start again from a"
            " freshly built workbook, and leave the names as they are"
        )
    area = parse_area(workbook.names[name])
    if area is None or area.sheet not in workbook.sheets:
        raise WorkbookError(f"the cells of {name} were deleted")
    height, width = block_size(tensor.block_shape, vertical=tensor.vertical)
    if (area.height, area.width) != (height, width):
        raise WorkbookError(
            f"{name} has {area.height}×{area.width} cells and should have {height}×{width}:"
            " rows or columns were inserted into it or deleted from it"
        )
    return Block(tensor.name, index, area.sheet, area.row, area.column, height, width)


def read_tensors(
    workbook: Workbook, network: Network, blocks: Mapping[str, tuple[Block, ...]]
) -> dict[str, Found]:
    """Return every tensor of the network as the workbook has it; each sheet is read once."""
    sheets = {block.sheet for own in blocks.values() for block in own}
    cells = {sheet: workbook.cells(sheet) for sheet in workbook.sheets if sheet in sheets}
    _refuse_empty_claims(network, sum(own.seen for own in cells.values()))
    return {name: _read_tensor(tensor, blocks, cells) for name, tensor in network.tensors.items()}


def _refuse_empty_claims(network: Network, stored: int) -> None:
    """Refuse a small file that says it holds a huge network: computing it would cost a lot."""
    claimed = sum(tensor.size for tensor in network.tensors.values())
    if claimed > _FEW_CELLS and claimed > _MOST_CLAIMED_FOR_ONE_STORED * stored:
        raise WorkbookError(
            f"it describes a network of {claimed:,} cells and stores {stored:,}: it is cut short"
        )


def _read_tensor(
    tensor: Tensor, blocks: Mapping[str, tuple[Block, ...]], cells: Mapping[str, Cells]
) -> Found:
    positions, numbers, states, has_formula = [], [], [], []
    for block in blocks[tensor.name]:
        stored = cells[block.sheet]
        at = stored.find(Area(block.sheet, block.row, block.column, block.height, block.width))
        positions.append(at)
        numbers.append(_taken(stored.numbers, at, np.nan))
        states.append(_taken(stored.states, at, State.BLANK))
        has_formula.append(_taken(stored.has_formula, at, False))

    def joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(parts).reshape(tensor.shape)

    return Found(
        tensor,
        joined(numbers),
        joined(states),
        joined(has_formula),
        joined(positions),
        blocks,
        cells,
    )


def _taken(stored: NDArray[Any], at: NDArray[np.int64], missing: object) -> NDArray[Any]:
    """Return the stored entries at the positions, with `missing` for those at -1."""
    if not stored.size:
        return np.full(at.shape, missing, dtype=stored.dtype)
    return np.where(at >= 0, stored[at], np.array(missing, dtype=stored.dtype))
