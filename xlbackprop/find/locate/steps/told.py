"""What differentiating a workbook tells of a page: whose gradient a cell is, L, rate and steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from xlbackprop.equation import Array, Kind, Tensor
from xlbackprop.find.gradients.derivatives import Derivatives
from xlbackprop.find.gradients.findings import Claim, Findings, Reason, Role
from xlbackprop.find.locate.page.page import ACROSS, DOWN, Keys, Page, key_of
from xlbackprop.find.sheets import sheets_together
from xlbackprop.workbook.read.workbook import Workbook

_MOST_SECONDS, _MOST_FORMULAS = 10.0, 30_000
_NOT_TOLD = -1
_L = "loss.L"
_RATE = "training.lr"


@dataclass(frozen=True)
class ToldSteps:
    """Steps that stand in neighbouring rows or columns: L of the first, their number, the way."""

    loss: int  # a key
    count: int
    step: int  # DOWN or ACROSS


@dataclass(frozen=True)
class Told:
    """What is told of cells, all of them as keys; nothing of it where nothing was differentiated.

    `gradients` and `updates` lead from a cell to the one that holds its gradient, or its next
    number; `same` from a copy to what it is a copy of.
    """

    gradients: Mapping[int, int] = field(default_factory=dict)
    updates: Mapping[int, int] = field(default_factory=dict)
    same: Mapping[int, int] = field(default_factory=dict)
    said: frozenset[int] = frozenset()  # of those, what an update or a label says, too
    losses: tuple[int, ...] = ()
    rates: frozenset[int] = frozenset()
    steps: ToldSteps | None = None
    are_deltas: bool = False  # no gradient on the page is plain: they are -dL/dx, or steps
    placed: Mapping[str, Keys] = field(default_factory=dict)  # givens and parameters, by name

    def places_of(self, tensor: Tensor, partner: Keys | None, page: Page) -> Keys | None:
        """Return the cells that are told to be a tensor's; None where nothing is.

        `partner` are those of what it is the gradient of, or the next number, if they are known.
        """
        if tensor.name == _L:
            on_page = [key for key in self.losses if page.find(np.array(key)) >= 0]
            return np.array(on_page[0]) if len(on_page) == 1 else None
        if partner is None or partner.size != tensor.size:
            return None
        way = self.updates if tensor.kind is Kind.UPDATE else self.gradients
        keys = self._led(way, partner)
        return None if keys is None else keys.reshape(tensor.shape)

    def updated(self, keys: Keys) -> Array:
        """Return, for each row of cells, the share of those that the page's updates change."""
        return np.asarray(np.isin(keys, list(self.updates)).mean(axis=1))

    def is_rate(self, tensor: Tensor, keys: Keys) -> bool:
        """Return whether a cell is told to be the rate of the page's own updates."""
        return tensor.name == _RATE and int(keys) in self.rates

    def claim_another(self, keys: Keys, told: Keys | None) -> bool:
        """Return whether some cell of `keys` is told to be a gradient, and not one of `told`."""
        own = set(keys.ravel().tolist()) - set([] if told is None else told.ravel().tolist())
        return not own.isdisjoint(self.claimed)

    def are_of_others(self, keys: Keys, partner: Keys) -> bool:
        """Return whether all cells of `keys` are told to be gradients, and none of `partner`'s."""
        own = {self.gradients.get(key) for key in partner.ravel().tolist()}
        cells = set(keys.ravel().tolist())
        return cells <= self.claimed and cells.isdisjoint(own)

    @cached_property
    def claimed(self) -> frozenset[int]:
        """The cells that hold gradients."""
        return frozenset(self.gradients.values())

    def _led(self, way: Mapping[int, int], keys: Keys) -> Keys | None:
        flat = keys.ravel().tolist()
        found = [way.get(key, way.get(self.same.get(key, key), _NOT_TOLD)) for key in flat]
        if not found or _NOT_TOLD in found or len(set(found)) < len(found):
            return None
        return np.array(found, dtype=np.int64).reshape(keys.shape)


NOTHING_TOLD = Told()


def told_of(workbook: Workbook, page: Page, derivatives: Derivatives, sheet: str | None) -> Told:
    """Return what differentiating a workbook, or one sheet with those it rests on, tells."""
    told = Told()
    for sheets in sheets_together(workbook):
        if sheet is not None and sheet not in sheets:
            continue
        formulas = sum(int(workbook.cells(one).has_formula.sum()) for one in sheets)
        if 0 < formulas <= _MOST_FORMULAS:
            found = derivatives.of(sheets, seconds=_MOST_SECONDS)
            if isinstance(found, Findings):
                told = _with(told, found, page)
    return told


def told_to_be(tensor: Tensor) -> str:
    """Return what the page's own derivatives say that a tensor's cells are."""
    if tensor.kind is Kind.UPDATE:
        return "updated by gradients of the sheet's own L"
    is_loss = tensor.kind is Kind.FORWARD
    return "the L whose gradients the sheet holds" if is_loss else "gradients of the sheet's own L"


def _with(told: Told, findings: Findings, page: Page) -> Told:
    def key(cell: int) -> int:
        sheet, row, column = findings.place(cell)
        return key_of(page.sheets.index(sheet), row, column)

    losses = tuple(key(cell) for cell in findings.losses) if not findings.amiss else ()
    copied = findings.graph.copied
    ways, sources = {}, set[int]()
    for role in Role:
        of = _strongest(findings, role)
        counted = Counter(int(copied[one]) for one in of)
        only = {int(copied[one]): cell for one, cell in of.items() if counted[copied[one]] == 1}
        sources |= {*only}
        ways[role] = {key(one): key(cell) for one, cell in {**only, **of}.items()}
    at = np.flatnonzero(np.isin(copied, np.array([*sources], dtype=np.int64)))
    same = {key(one): key(int(copied[one])) for one in at.tolist() if one != copied[one]}
    return Told(
        {**told.gradients, **ways[Role.GRADIENT]},
        {**told.updates, **ways[Role.UPDATE]},
        {**told.same, **same},
        told.said | {key(one.cell) for one in findings.claims if one.reason <= Reason.LABEL},
        (*told.losses, *losses),
        told.rates | ({key(findings.rate)} if findings.rate is not None else set()),
        told.steps or _steps(losses),
        told.are_deltas or _are_deltas(findings),
    )


def _are_deltas(findings: Findings) -> bool:
    factors = [one.factor for one in findings.claims if one.role is Role.GRADIENT]
    return bool(factors) and max(factors) < 0


def _strongest(findings: Findings, role: Role) -> dict[int, int]:
    """Return the cell that claims most strongly to hold each gradient, if one alone does."""
    said = [one for one in findings.claims if one.reason <= Reason.LABEL]
    updates = {one.cell for one in said if one.role is Role.UPDATE}
    claims: dict[int, list[Claim]] = {}
    for claim in findings.claims:
        by_chance = claim.role is not Role.UPDATE and claim.cell in updates
        if claim.role is role and not (by_chance and claim.reason > Reason.LABEL):
            claims.setdefault(claim.of, []).append(claim)
    found = {}
    for of, own in claims.items():
        reason: Reason = min(one.reason for one in own)
        best = [one for one in own if one.reason == reason]
        if len(best) == 1:
            found[of] = best[0].cell
    return found


def _steps(losses: tuple[int, ...]) -> ToldSteps | None:
    """Return the steps whose L stand one below the other, or one beside the other."""
    if len(losses) < 2:
        return None
    way = losses[1] - losses[0]
    is_line = all(later - one == way for one, later in pairwise(losses))
    return ToldSteps(losses[0], len(losses), way) if is_line and way in (DOWN, ACROSS) else None
