"""Training steps of a row or a column each: what differentiating the sheet tells of them.

The first step is looked for by itself; a step after it stands in the same cells one row further.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.errors import MapError, SpecError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.find.locate.page import Keys, Page, split
from xlbackprop.find.locate.proposal import LeftOut, LocatedTensor, Proposal
from xlbackprop.find.mapping import map_of, places_of
from xlbackprop.find.mapping.map import StepDistance
from xlbackprop.find.sheets import sheets_together
from xlbackprop.formula.places import Places
from xlbackprop.network import Network, build_network
from xlbackprop.workbook.read.workbook import Workbook

_NOWHERE = LeftOut("", "nowhere on the page", is_needed=False)
_MOST_SECONDS, _MOST_FORMULAS = 10.0, 30_000


@dataclass(frozen=True)
class StepRows:
    """Steps in neighbouring rows of a sheet, or in neighbouring columns, from the first on."""

    sheet: str
    first: int
    count: int
    are_columns: bool

    @property
    def distance(self) -> StepDistance:
        """How far a step is from the one before."""
        return StepDistance(columns=1) if self.are_columns else StepDistance(rows=1)

    def later(self, page: Page, keys: Keys) -> Mask:
        """Return which keys are those of steps after the first."""
        sheets, rows, columns = split(keys)
        line = columns if self.are_columns else rows
        is_later = (line > self.first) & (line < self.first + self.count)
        return np.asarray(is_later & (sheets == page.sheets.index(self.sheet)))


def steps_of(workbook: Workbook, sheet: str | None) -> StepRows | None:
    """Return the steps of a workbook that has a row for each; None where it has not."""
    for sheets in sheets_together(workbook):
        if sheet is not None and sheet not in sheets:
            continue
        formulas = sum(int(workbook.cells(one).has_formula.sum()) for one in sheets)
        if 0 < formulas <= _MOST_FORMULAS:
            found = find_gradients(workbook, sheets=sheets, sheet=sheet, seconds=_MOST_SECONDS)
            if isinstance(found, Findings) and (steps := _in_rows(found)):
                return steps
    return None


def _in_rows(findings: Findings) -> StepRows | None:
    places = [findings.place(cell) for cell in findings.losses]
    if len(places) < 2:
        return None
    (sheet, row, column), count = places[0], len(places)
    if places == [(sheet, row + step, column) for step in range(count)]:
        return StepRows(sheet, row, count, are_columns=False)
    if places == [(sheet, row, column + step) for step in range(count)]:
        return StepRows(sheet, column, count, are_columns=True)
    return None


def first_step(page: Page, steps: StepRows) -> Page:
    """Return a page without the rows of all steps but the first."""
    if steps.sheet not in page.sheets:
        return page
    keys = np.array([*page.texts], dtype=np.int64)
    later = frozenset(keys[steps.later(page, keys)].tolist())
    texts = {key: text for key, text in page.texts.items() if key not in later}
    return replace(page.only(~steps.later(page, page.keys)), texts=texts)


def located_by_steps(
    page: Page,
    network: Network,
    steps: StepRows | None,
    locate: Callable[[Page, Network], Proposal],
) -> Proposal:
    """Return what is located on a page: in the first step, and from there in the others."""
    if steps is None or steps.sheet not in page.sheets:
        return locate(page, network)
    first = locate(first_step(page, steps), of_one_step(network))
    if not first.is_complete:
        return locate(page, network)
    return _with_later_steps(_of_whole(first, network), page, steps)


def _of_whole(first: Proposal, network: Network) -> Proposal:
    """Return the first step's proposal as one of all steps: what has an entry for each is left."""
    alike = tuple(
        one
        for one in first.tensors
        if first.network.tensors[one.name].shape == network.tensors[one.name].shape
    )
    return replace(first, network=network, tensors=alike)


def of_one_step(network: Network) -> Network:
    """Return the network of the first step alone, where its givens do not say more of them."""
    training = network.spec.training
    if training is None or training.steps == 1:
        return network
    try:
        return build_network(replace(network.spec, training=replace(training, steps=1)))
    except SpecError:
        return network


def _with_later_steps(proposal: Proposal, page: Page, steps: StepRows) -> Proposal:
    """Return a proposal with the tensors of the steps after the first: a row further each.

    Where a tensor does not stand in the step's row, nothing is added.
    """
    tensors = proposal.network.tensors
    known = {one.name: one for one in proposal.tensors if f"step2.{one.name}" in tensors}
    told = _places(proposal, known, page, steps)
    places = {name: own for name, own in told.items() if (page.find(page.keys_of(own)) >= 0).any()}
    added = [
        LocatedTensor(name, base.certainty, f"as {base.name}, in a step of its own", own)
        for name, own in places.items()
        if name not in known and (base := known.get(name.partition(".")[2])) is not None
    ]
    placed = {one.name for one in (*proposal.tensors, *added)}
    reasons = {one.name: one for one in proposal.left_out}
    left = tuple(
        replace(reasons.get(name, reasons.get(name.partition(".")[2], _NOWHERE)), name=name)
        for name in tensors
        if name not in placed
    )
    distance = steps.distance if added and len(places) == len(told) else None
    return replace(proposal, tensors=(*proposal.tensors, *added), left_out=left, step=distance)


def _places(
    proposal: Proposal, known: Mapping[str, LocatedTensor], page: Page, steps: StepRows
) -> Mapping[str, Places]:
    """Return the places of the tensors of all steps, none where that cannot be told."""
    line = "columns" if steps.are_columns else "rows"
    if not all((getattr(one.places, line) == steps.first).all() for one in known.values()):
        return {}
    mapped = map_of(proposal.network, {name: own.places for name, own in known.items()})
    mapped = replace(mapped, step=steps.distance)
    try:
        return places_of(mapped, proposal.network, list(page.sheets), page.names)
    except MapError:
        return {}
