"""Tensors in a table with a line for each step: found on the first line, the others follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np

from xlbackprop.errors import SpecError
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.proposal import LocatedTensor, Proposal
from xlbackprop.find.locate.steps.lines import Lines, first_line, tables_of
from xlbackprop.find.locate.steps.told import ToldSteps
from xlbackprop.find.mapping.map import StepDistance
from xlbackprop.formula.places import Places
from xlbackprop.network import Network, build_network

_MOST_TABLES = 2
_FITTING = 0.5  # of the numbers on the first line

Search = Callable[[Page, Network], Proposal]


def located_by_line(
    page: Page,
    network: Network,
    steps: ToldSteps | None,
    search: Search,
    *,
    has_other_steps: bool = False,
) -> Proposal | None:
    """Return what `search` finds on the first line of a table, in all steps; or None.

    `steps` are those that the page's own derivatives tell of. None where no table has a line that
    holds all that is needed, with numbers that fit. With `has_other_steps` the page's L do not
    stand in such lines: rows that are alike are sooner those of a matrix, unless all numbers fit.
    """
    needed = sum(tensor.size for tensor in network.inputs if tensor.step == 1)
    one_step = of_one_step(network)
    for table in islice(tables_of(page, steps), _MOST_TABLES):
        strip = first_line(page, table)
        if len(strip.keys) <= needed or len(table.first) < _FITTING * needed:
            continue
        found = search(strip, one_step)
        if not found.is_complete:
            continue
        enough = 1.0 if has_other_steps else _FITTING
        if table.is_told or (found.fitting >= enough and _is_on_line(found, page, table)):
            return _in_all_steps(found, network, page, table)
    return None


def of_one_step(network: Network) -> Network:
    """Return the network of the first step alone, where its givens do not say more of them."""
    training = network.spec.training
    if training is None or training.steps == 1:
        return network
    try:
        return build_network(replace(network.spec, training=replace(training, steps=1)))
    except SpecError:
        return network


def _is_on_line(proposal: Proposal, page: Page, table: Lines) -> bool:
    """Return whether most of what is computed is on the line, not beside some matrix of numbers."""
    tensors = proposal.network.tensors
    keys = [page.keys_of(one.places).ravel() for one in proposal.tensors
            if tensors[one.name].kind.is_computed]  # fmt: skip
    return bool(np.isin(np.concatenate(keys), table.first).mean() > _FITTING)


def _in_all_steps(found: Proposal, network: Network, page: Page, table: Lines) -> Proposal:
    """Return the proposal for all steps that the table has lines for."""
    if not network.training or len(network.steps) == 1:
        return replace(found, network=network)
    step = StepDistance(*table.distance)
    kept = tuple(one for one in found.tensors if _is_alike(one.name, found.network, network))
    moving = [one for one in kept if _has_next(page.keys_of(one.places), page, table)]
    later = {
        name: _moved(one.places, step, number - 1)
        for number in range(2, min(table.count, len(network.steps)) + 1)
        for one in moving
        for name in _namesakes(one, network, number)
    }
    stay = [one for one in kept if one not in moving and _namesakes(one, network, 2)]
    short = table.count < len(network.steps)
    return replace(
        found, network=network, tensors=kept, step=None if stay or short else step, later=later
    )


def _is_alike(name: str, one: Network, other: Network) -> bool:
    """Return whether a tensor of one step's network is no other in that of all steps."""
    return one.tensors[name].shape == other.tensors[name].shape


def _has_next(keys: Keys, page: Page, table: Lines) -> bool:
    """Return whether cells are all on the first line, and there is something on the next."""
    has_next = table.count == 1 or (page.find(keys + table.step) >= 0).any()
    return bool(np.isin(keys, table.first).all() and has_next)


def _namesakes(one: LocatedTensor, network: Network, step: int) -> list[str]:
    """Return the name of the tensor in another step, or nothing where there is none."""
    name = replace(network.tensors[one.name], step=step).name
    return [name] if name in network.tensors else []


def _moved(places: Places, step: StepDistance, times: int) -> Places:
    rows = (places.rows + times * step.rows).astype(np.int32)
    columns = (places.columns + times * step.columns).astype(np.int32)
    return Places(places.sheets, places.sheet, rows, columns)
