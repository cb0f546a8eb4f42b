"""What a workbook was when it was handed out: its givens and parameters, and what was empty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.subject import MAX_DESCRIPTION_CELLS
from xlbackprop.network import Network
from xlbackprop.network.values import choose_values, fixed_values
from xlbackprop.workbook import description
from xlbackprop.workbook.read.workbook import Workbook


def handed_out(workbook: Workbook, network: Network, *, by_spec: bool) -> Mapping[str, Array]:
    """Return the numbers of the givens and parameters as they were handed out, where known.

    They are those that the workbook remembers; with `by_spec` the network's own spec was handed
    over, and its numbers count. In a workbook that this program did not make, numbers that the
    spec leaves to be drawn are the user's own.
    """
    remembered = _remembered(workbook, {tensor.name: tensor.size for tensor in network.inputs})
    numbers = {
        name: np.array(own).reshape(network.tensors[name].shape) for name, own in remembered.items()
    }
    if not by_spec:
        return numbers
    is_ours = description.SHEET in workbook.sheets
    return numbers | (choose_values(network) if is_ours else fixed_values(network))


def left_empty(workbook: Workbook) -> frozenset[str]:
    """Return the names of the tensors that were left to somebody to fill in, where it is known."""
    return description.read_blank(_description(workbook))


def _remembered(workbook: Workbook, sizes: Mapping[str, int]) -> dict[str, list[float]]:
    return description.read_numbers(_description(workbook), sizes)


def _description(workbook: Workbook) -> Mapping[tuple[int, int], object]:
    if description.SHEET not in workbook.sheets:
        return {}
    cells = workbook.cells(description.SHEET)
    return {} if cells.seen > MAX_DESCRIPTION_CELLS else cells.by_place
