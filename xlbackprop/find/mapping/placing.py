"""A map and a network to the places of the tensors in a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from xlbackprop.equation import Tensor
from xlbackprop.errors import MapError, suggestion
from xlbackprop.find.mapping.areas import Finder, MappedArea
from xlbackprop.find.mapping.gathered import may_be_one_cell
from xlbackprop.find.mapping.map import Map, Placement, StepDistance, in_tensors
from xlbackprop.find.mapping.overlaps import refuse_overlaps
from xlbackprop.find.mapping.shown import with_shown
from xlbackprop.find.mapping.spreading import Spread, spread
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.places import Places
from xlbackprop.network import Network


def places_of(
    map: Map,  # noqa: A002
    network: Network,
    sheets: Sequence[str],
    names: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Places]:
    """Return the places of the tensors that the map places, by full name.

    `sheets` and `names` (what each stands for, by name) are the workbook's. Where the map has a
    step, the tensors of later training steps get places, too.
    Raises MapError for a tensor that the network does not have, a sheet or name that the workbook
    does not have, ranges of another size than the tensor's, and ranges that overlap.
    """
    if map.step and not network.training:
        raise map.error("step", "the spec has no [training], so there is one step only")
    finder = Finder(sheets, names, map.sheet)
    written: dict[str, Places] = {}
    following: dict[str, Places] = {}
    for name, (tensor, placement) in _by_tensor(map, network).items():
        try:
            areas = [finder.find(text) for text in placement.ranges]
            may_be_one = may_be_one_cell(tensor)
            cells = spread(tensor, placement, areas, may_be_one=may_be_one)
            written[tensor.name] = _places(areas, cells, StepDistance())
            following |= _in_later_steps(network, map.step, tensor, areas, cells)
        except MapError as error:
            raise map.error(in_tensors(name), str(error)) from None
    places = following | written  # what is written for a later step counts
    refuse_overlaps(map, network, places)
    return places


def with_conventions(map: Map, network: Network) -> Network:  # noqa: A002
    """Return the network with the parts and multiples of tensors that the map says are there.

    Raises MapError as `places_of` does, and where no part or factor can be.
    """
    for name, (tensor, placement) in _by_tensor(map, network).items():
        try:
            everywhere = map.step is not None and tensor.step == 1
            network = with_shown(network, tensor, placement, in_all_steps=everywhere)
        except MapError as error:
            raise map.error(in_tensors(name), str(error)) from None
    return network


def _by_tensor(map: Map, network: Network) -> dict[str, tuple[Tensor, Placement]]:  # noqa: A002
    """Return the placements by their names in the map, with the tensors that these mean."""
    found: dict[str, tuple[Tensor, Placement]] = {}
    meant: dict[str, str] = {}
    for name, placement in map.tensors.items():
        tensor = _tensor(map, network, name)
        if tensor.name in meant:
            other = in_tensors(meant[tensor.name])
            raise map.error(in_tensors(name), f"{other} places {tensor.name}, too")
        meant[tensor.name] = name
        found[name] = tensor, placement
    return found


def _tensor(map: Map, network: Network, name: str) -> Tensor:  # noqa: A002
    """Return the tensor of a full name, or of a last part that only one in the first step has."""
    if name in network.tensors:
        return network.tensors[name]
    first = [tensor for tensor in network.tensors.values() if tensor.step == 1]
    meant = [tensor for tensor in first if tensor.short == name]
    if len(meant) > 1:
        full = ", ".join(tensor.name for tensor in meant)
        raise map.error(in_tensors(name), f"which one? There are {full}")
    if not meant:
        known = suggestion(name, [tensor.name for tensor in first])
        raise map.error(in_tensors(name), f"there is no such tensor{known}")
    return meant[0]


def _in_later_steps(
    network: Network,
    step: StepDistance | None,
    tensor: Tensor,
    areas: Sequence[MappedArea],
    cells: Spread,
) -> dict[str, Places]:
    """Return the places of a tensor of the first step in all later ones."""
    if step is None or tensor.step > 1:
        return {}
    places = {}
    for later in network.steps[1:]:
        name = replace(tensor, step=later.number).name
        if name in network.tensors:
            times = later.number - 1
            moved = StepDistance(times * step.rows, times * step.columns)
            places[name] = _places(areas, cells, moved)
    return places


def _places(areas: Sequence[MappedArea], cells: Spread, moved: StepDistance) -> Places:
    sheets = tuple(dict.fromkeys(one.area.sheet for one in areas))
    on = np.array([sheets.index(one.area.sheet) for one in areas], dtype=np.int32)
    down = np.array([moved.rows * one.moves_down for one in areas], dtype=np.int32)
    right = np.array([moved.columns * one.moves_right for one in areas], dtype=np.int32)
    rows, columns = cells.rows + down[cells.area], cells.columns + right[cells.area]
    if rows.max() >= MAX_ROWS or columns.max() >= MAX_COLUMNS:
        raise MapError("the cells of a later step are beyond the end of the sheet")
    return Places(sheets, on[cells.area], rows, columns)
