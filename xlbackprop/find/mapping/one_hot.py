"""The class numbers that a sheet has as ones and zeros alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.places import Places
from xlbackprop.network import Network
from xlbackprop.network.values import fixed_values
from xlbackprop.workbook.read.found import read_tensors
from xlbackprop.workbook.read.workbook import Workbook

ONE_HOT = "onehot"


def classes_of_one_hot(
    workbook: Workbook, network: Network, places: Mapping[str, Places]
) -> dict[str, Array]:
    """Return the class numbers that have no place, where their ones and zeros have one.

    Those that the spec fixes are not asked of the sheet. There is exactly one 1 for each sample,
    and zeros otherwise; the classes count from 0. Where something else stands there, nothing can
    be said of the class.
    """
    open_ones = {tensor.name for tensor in network.inputs} - {*fixed_values(network), *places}
    found: dict[str, Array] = {}
    for equation in network.equations:
        name = equation.target.name
        if equation.target.short != ONE_HOT or name not in places:
            continue
        (source,) = equation.sources.values()
        if source.name in open_ones:
            ones = read_tensors(workbook, {name: equation.target}, places)[name].numbers
            if np.isin(ones, (0, 1)).all() and (ones.sum(axis=-1) == 1).all():
                found[source.name] = ones.argmax(axis=-1).astype(float).reshape(source.shape)
    return found
