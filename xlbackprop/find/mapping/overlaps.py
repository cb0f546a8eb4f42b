"""Which tensors may stand on the same cells: those that are copies of one another, and givens."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Equation, Kind
from xlbackprop.find.mapping.gathered import may_be_one_cell
from xlbackprop.find.mapping.map import Map, in_tensors
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS, cell
from xlbackprop.formula.places import Places
from xlbackprop.network import Network


def refuse_overlaps(
    map: Map,  # noqa: A002
    network: Network,
    places: Mapping[str, Places],
) -> None:
    """Raise MapError where two tensors claim a cell and cannot both be right about it.

    One layer's output and the next one's input may be the same cells, and several entries of
    givens, of a parameter and of its gradient may be one number.
    """
    names = list(places)
    keys, owners = _claims(places)
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    (twice,) = np.nonzero(keys[1:] == keys[:-1])
    if not twice.size:
        return
    origins, tables = _origins(network), _tables(network)
    for at in twice.tolist():
        one, other = names[owners[at]], names[owners[at + 1]]
        is_computed = any(network.tensors[name].kind.is_computed for name in (one, other))
        may_be_one = may_be_one_cell(network.tensors[one])
        same = one == other and is_computed and not may_be_one
        different = origins[one] != origins[other] and is_computed
        different &= frozenset((one, other)) not in tables
        if same or different:
            claimed = f"{one} and {other} both claim" if different else "two of its entries claim"
            message = f"{claimed} the cell {_address(int(keys[at]), places)}"
            raise map.error(in_tensors(other), message)


def _claims(places: Mapping[str, Places]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a number for each claimed cell, and the number of the tensor that claims it."""
    sheets = _sheets(places)
    keys = [
        (np.array([sheets[sheet] for sheet in own.sheets])[own.sheet] * MAX_ROWS + own.rows)
        * MAX_COLUMNS
        + own.columns
        for own in places.values()
    ]
    owners = np.repeat(np.arange(len(keys)), [own.size for own in keys])
    return np.concatenate([own.ravel() for own in keys]), owners


def _sheets(places: Mapping[str, Places]) -> dict[str, int]:
    found = dict.fromkeys(sheet for own in places.values() for sheet in own.sheets)
    return {sheet: number for number, sheet in enumerate(found)}


def _address(key: int, places: Mapping[str, Places]) -> str:
    row_on_sheet, column = divmod(key, MAX_COLUMNS)
    sheet, row = divmod(row_on_sheet, MAX_ROWS)
    return f"{list(_sheets(places))[sheet]}!{cell(row, column)}"


def _origins(network: Network) -> dict[str, str]:
    """Return, for each tensor, one name for all that have the same numbers."""
    parents = {name: name for name in network.tensors}

    def origin(name: str) -> str:
        while parents[name] != name:
            name = parents[name]
        return name

    for equation in network.equations:
        if _is_copy(equation):
            (source,) = equation.sources.values()
            parents[origin(equation.target.name)] = origin(source.name)
    return {name: origin(name) for name in network.tensors}


def _tables(network: Network) -> set[frozenset[str]]:
    """Return a table, such as that of the losses, with each tensor that may stand in it."""
    return {
        frozenset((equation.target.name, source.name))
        for equation in network.equations
        if equation.target.kind is Kind.LINK
        for source in equation.sources.values()
    }


def _is_copy(equation: Equation) -> bool:
    if len(equation.sources) != 1:
        return False
    (source,) = equation.sources.values()
    if source.size != equation.target.size:
        return False
    if equation.target.kind is Kind.LINK:
        return True
    # Flattening keeps all numbers in their order; so does nothing that changes any.
    probe = np.arange(source.size, dtype=np.float64).reshape(source.shape) - source.size / 2
    result = equation.evaluate({source.name: probe})
    return bool((result.ravel() == probe.ravel()).all())
