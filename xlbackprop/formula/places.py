"""Where each entry of a tensor stands: on which sheet, in which row and column.

On a built page the entries stand in blocks; on somebody else's they may stand in any order, and
on several sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Index, Tensor
from xlbackprop.formula.addresses import cell
from xlbackprop.formula.grid import Block, block_size


@dataclass(frozen=True)
class Places:
    """The place of each entry of one tensor; the arrays have the tensor's shape."""

    sheets: tuple[str, ...]
    sheet: NDArray[np.int32]  # a number in `sheets`
    rows: NDArray[np.int32]  # from 0
    columns: NDArray[np.int32]  # from 0

    def at(self, index: Index) -> tuple[str, str]:
        """Return the sheet and the address of an entry: `("conv1", "B3")`."""
        address = cell(int(self.rows[index]), int(self.columns[index]))
        return self.sheets[self.sheet[index]], address


def places_in_blocks(tensor: Tensor, blocks: Sequence[Block]) -> Places:
    """Return the places of a tensor's entries from its blocks, one for each leading index."""
    height, width = block_size(tensor)
    sheets = tuple(dict.fromkeys(block.sheet for block in blocks))
    numbers = {sheet: number for number, sheet in enumerate(sheets)}
    tops = np.array([block.row for block in blocks], dtype=np.int32)
    lefts = np.array([block.column for block in blocks], dtype=np.int32)
    on = np.array([numbers[block.sheet] for block in blocks], dtype=np.int32)
    down, across = np.indices((height, width), dtype=np.int32)

    def spread(of_a_block: NDArray[np.int32], within: NDArray[np.int32]) -> NDArray[np.int32]:
        return (of_a_block[:, None, None] + within).reshape(tensor.shape)

    return Places(sheets, spread(on, 0 * down), spread(tops, down), spread(lefts, across))
