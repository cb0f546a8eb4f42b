"""What somebody says of a sheet: which cell is L, and by which cells others are gradients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from xlbackprop.errors import MapError
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.targets import Targets
from xlbackprop.find.gradients.differentiation.objective import Objective
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import stepped
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.training.updates import Update
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.addresses import on_sheet
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices

Spot = tuple[str, int, int]  # a sheet's name, the row and the column from 0
_BY_MAP = "--map"


@dataclass(frozen=True)
class Said:
    """What a map says, by cells: L in each step, gradients, updates by weights, and the rate."""

    losses: tuple[Spot, ...] = ()
    gradients: Mapping[Spot, Spot] = field(default_factory=dict)
    updates: Mapping[Spot, Spot] = field(default_factory=dict)
    rate: Spot | None = None

    def on(self, sheets: Collection[str]) -> Said | None:
        """Return what is said of some sheets, None where nothing is."""
        losses = tuple(one for one in self.losses if one[0] in sheets)
        gradients = {at: of for at, of in self.gradients.items() if at[0] in sheets}
        updates = {at: of for at, of in self.updates.items() if at[0] in sheets}
        own = replace(self, losses=losses, gradients=gradients, updates=updates)
        return own if gradients or updates else None

    @property
    def claimed(self) -> set[Spot]:
        """The cells that are to be judged."""
        return {*self.gradients, *self.updates}


def objective_of(
    said: Said, sheets: Sheets, labels: Labels, contents: Contents
) -> Objective | None:
    """Return L as a map says it, if it does: of one cell, in all steps of which that is one.

    Raises MapError where a cell of it holds no formula that gives a number.
    """
    if not said.losses:
        return None
    cells = [_cell(one, sheets, contents) for one in said.losses]
    for spot, cell in zip(said.losses, cells, strict=True):
        if not sheets.is_computed[cell]:
            raise MapError(f"the map: loss: {_text(spot)} holds no formula that gives a number")
    if len(cells) == 1:
        return stepped(sheets, labels, cells[0], _BY_MAP)
    steps = np.arange(len(cells), dtype=np.int32)
    return Objective(np.array(cells, dtype=np.int32), steps, _BY_MAP)


def take_at_word(named: Named, said: Said, contents: Contents) -> None:
    """Let cells be what a map says. Raises MapError where L does not rest on one of them."""
    sheets, targets = named.choice.study.sheets, named.targets
    named.said = {_cell(one, sheets, contents) for one in said.claimed}
    for spot, of in said.gradients.items():
        cell = _cell(spot, sheets, contents)
        named.target[cell] = _target(targets, cell, (spot, of), sheets, contents)
        named.reason[cell] = Reason.SAID
    updates = list(named.updates)
    known = {one.cell: at for at, one in enumerate(updates)}
    for spot, of in said.updates.items():
        cell, weight = (_cell(one, sheets, contents) for one in (spot, of))
        _target(targets, cell, (spot, of), sheets, contents)
        if cell in known:
            updates[known[cell]] = replace(updates[known[cell]], of=weight)
        else:
            updates.append(Update(cell, weight, weight, (), (), is_plain=False))
    named.take(updates)
    if said.rate is not None:
        number = float(sheets.page.numbers[_cell(said.rate, sheets, contents), 0])
        if not number:
            raise MapError(f"the map: rate: {_text(said.rate)} holds no number but 0")
        named.rate = number


def _target(
    targets: Targets, cell: int, pair: tuple[Spot, Spot], sheets: Sheets, contents: Contents
) -> int:
    found = targets.at(_cell(pair[1], sheets, contents), cell)
    if not found:
        raise MapError(
            f"the map: {_text(pair[0])} is said to be of {_text(pair[1])}, on which L does not rest"
        )
    return found[0]


def _cell(spot: Spot, sheets: Sheets, contents: Contents) -> int:
    names = [one.name for one in contents.sheets]
    sheet, row, column = spot
    found = OUTSIDE
    if sheet in names and sheets.graph.plane.boxes[names.index(sheet)].width:
        at: Indices = sheets.graph.plane.indices(
            names.index(sheet), np.array([row]), np.array([column])
        )
        found = int(at[0])
    if found == OUTSIDE:
        raise MapError(f"the map: nothing stands in {_text(spot)}, nor anywhere near")
    return found


def _text(spot: Spot) -> str:
    sheet, row, column = spot
    return on_sheet(sheet, address_of(row, column))
