"""One tensor of a network, judged by the network and by the sheet's own derivatives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Kind, Mask, Tensor
from xlbackprop.equation import Role as TensorRole
from xlbackprop.equation.indices import indices
from xlbackprop.find.gradients.findings import Findings, Role
from xlbackprop.formula.places import Places
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.judge.diagnosis import UNKNOWN, Diagnosis, unknown
from xlbackprop.judge.gradients.causes import diagnoses_of
from xlbackprop.judge.gradients.edits import ANOTHER_UNIT, MOVED_RATE
from xlbackprop.judge.gradients.review import LATENT
from xlbackprop.judge.gradients.statuses import RELATIVE, Statuses, judge_claims
from xlbackprop.judge.gradients.tensors import blocks_of
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import Review

_GRADIENT, _UPDATED = "dL_d", "_new"
_NEAR_ZERO = 1e-9
# For explanations, of which the network has given some already.
_SECONDS = 1.5


@dataclass(frozen=True)
class Own:
    """What a sheet's derivatives say, by the cells of their plane."""

    findings: Findings
    said: Statuses
    claim_at: NDArray[np.int64]  # of a cell, -1 where it has none

    @classmethod
    def of(cls, findings: Findings, review: Review) -> Own:
        """Return what is said of all claims, where a network says which cells are weights.

        It says as well that gradients are no deltas, -dL/dx, where it finds more of them right as
        they stand than reversed. Their cells alone do not tell: one filter has more than the rest.
        """
        said = judge_claims(findings)
        known = np.flatnonzero(said.is_known)
        claim_at = np.full(findings.computation.plane.size, -1, dtype=np.int64)
        claim_at[[findings.claims[at].cell for at in known.tolist()]] = known
        own = cls(findings, said, claim_at)
        own = replace(own, findings=replace(findings, weights=own.weights(review)))
        if _as_they_stand(review) <= 0:
            return own
        is_delta = np.isclose(own.factors, -1)
        return replace(own, claim_at=np.where(is_delta[claim_at], -1, claim_at))

    def weights(self, review: Review) -> Indices:
        """Return the cells of the weights that are updated, and of the network's parameters."""
        parameters = [
            self.cells(found.places).ravel()
            for found in review.found.values()
            if found.tensor.kind is Kind.PARAMETER
        ]
        weights = np.unique(np.concatenate([self.findings.weights, *parameters]))
        return np.asarray(weights[weights != OUTSIDE], dtype=np.int32)

    def cells(self, places: Places) -> Indices:
        """Return the cells of a tensor's entries, OUTSIDE where they stand on other sheets."""
        plane = self.findings.computation.plane
        found: Indices = np.full(places.rows.shape, OUTSIDE, dtype=np.int32)
        for number, sheet in enumerate(places.sheets):
            on = plane.number.get(sheet.casefold(), -1)
            if on >= 0 and plane.boxes[on].width:
                here = places.sheet == number
                found[here] = plane.indices(on, places.rows[here], places.columns[here])
        return found

    @cached_property
    def explained(self) -> Mapping[int, Diagnosis]:
        """What explains cells that are not right, by cell."""
        blocks = blocks_of(self.findings, np.flatnonzero(self.said.is_known).tolist())
        diagnoses = diagnoses_of(self.findings, self.said, blocks, _SECONDS)
        return {
            self.findings.claims[at].cell: one
            for block in blocks
            for one in diagnoses.get(block.tensor.name, ())
            for at in block.claims[one.where].tolist()
        }

    @cached_property
    def of_claims(self) -> Indices:
        """The cells by which the claims are gradients, or whose updates they are."""
        return np.array([one.of for one in self.findings.claims], dtype=np.int32)

    @cached_property
    def factors(self) -> Array:
        """What the gradients are multiplied by; an update's is 1."""
        claims = self.findings.claims
        return np.array([1.0 if one.role is Role.UPDATE else one.factor for one in claims])

    @cached_property
    def rate(self) -> float:
        """The rate of the updates; 0 where there are none."""
        rates = [one.factor for one in self.findings.claims if one.role is Role.UPDATE]
        return max(set(rates), key=rates.count, default=0.0)

    @cached_property
    def is_delta_rule(self) -> bool:
        """Whether deltas may be the convention here: updates fit, or no gradient is plain."""
        return bool(self.rate) or not np.isclose(self.factors, 1).any()

    @cached_property
    def has_no_plain_gradient(self) -> bool:
        """Whether all that the updates use are deltas, or steps: then updates add them."""
        roles = [one.role is Role.GRADIENT for one in self.findings.claims]
        return bool(self.rate) and not np.isclose(self.factors[roles], 1).any()

    @cached_property
    def made_of(self) -> frozenset[int]:
        """The cells to which right gradients and updates refer."""
        graph, claims = self.findings.graph, self.findings.claims
        right = np.flatnonzero(self.said.is_known & (self.said.statuses == Status.RIGHT))
        return frozenset(c for at in right.tolist() for c in graph.references(claims[at].cell))


@dataclass(frozen=True)
class Both:
    """A tensor's judgement by both; `cells` is an array of its shape.

    `factors` are those other than 1 by which its cells are right, and `is_right_for_itself` says
    that the sheet bears out what the network does not.
    """

    name: str
    judgement: Judgement
    diagnoses: Sequence[Diagnosis]
    cells: Indices
    factors: tuple[float, ...] = ()
    is_right_for_itself: bool = False


def _as_they_stand(review: Review) -> int:
    """Return how many more gradients of parameters are right than are right but for the sign."""
    more = 0
    for judgement in review.judgements.values():
        if judgement.tensor.role is TensorRole.PARAMETER_GRADIENT and np.any(judgement.expected):
            numbers, expected = judgement.found.numbers, judgement.expected
            more += bool((judgement.statuses == Status.RIGHT).all())
            more -= bool(_is_near(-numbers, expected).all())
    return more


def judge_both(own: Own, review: Review, name: str) -> Both:
    """Return what is said of a tensor once the sheet's own derivatives are asked, too."""
    judgement, diagnoses = review.judgements[name], review.diagnoses.get(name, ())
    cells = own.cells(judgement.found.places)
    one = Both(name, judgement, diagnoses, cells)
    if judgement.tensor.kind not in (Kind.BACKWARD, Kind.UPDATE, Kind.LINK):
        return one
    claims = own.claim_at[cells]
    claims = np.where(_is_meant(own, review, judgement.tensor, claims), claims, -1)
    return _merged(own, one, claims) if (claims >= 0).any() else one


def _is_meant(own: Own, review: Review, tensor: Tensor, claims: NDArray[np.int64]) -> Mask:
    """Return where a claim is of the very cell that the network says: not of another weight."""
    other = _of(review, tensor)
    if other is None or review.found[other].tensor.shape != tensor.shape:
        return np.zeros(claims.shape, dtype=np.bool_)
    copied = own.findings.graph.copied
    of = own.of_claims[claims]
    meant = own.cells(review.found[other].places)
    return np.asarray((claims >= 0) & (copied[of] == copied[meant]))


def _of(review: Review, tensor: Tensor) -> str | None:
    """Return the tensor, of those on the sheet, whose gradient or update a tensor is.

    A parameter of a later step is the update of that of the step before.
    """
    network = review.judged_network
    of = tensor.name
    if tensor.kind is Kind.LINK:
        sources = list(network.equation_of[of].sources.values())
        is_update = len(sources) == 1 and sources[0].name.endswith(_UPDATED)
        of = sources[0].name if is_update else of
    head, _, short = of.rpartition(".")
    if not short.startswith(_GRADIENT) and not short.endswith(_UPDATED):
        return None
    name = f"{head}.{short.removeprefix(_GRADIENT).removesuffix(_UPDATED)}"
    while name not in review.found and name in network.tensors:
        equation = network.equation_of.get(name)
        if equation is None or equation.target.kind is not Kind.LINK or len(equation.sources) > 1:
            return None
        (source,) = equation.sources.values()
        name = source.name
    return name if name in review.found else None


def _merged(own: Own, one: Both, claims: NDArray[np.int64]) -> Both:
    judgement, has = one.judgement, claims >= 0
    truth, factor = own.findings.truth[claims, 0], own.factors[claims]
    statuses, said = judgement.statuses, np.where(has, own.said.statuses[claims], -1)
    agrees = has & _is_near(truth, factor * judgement.expected)
    wrong = (
        (statuses == Status.RIGHT) & (said == Status.WRONG) & agrees & judgement.found.has_formula
    )
    off = np.isin(statuses, (Status.WRONG, Status.CARRIED))
    borne_out = off & (said == Status.RIGHT)
    as_deltas = agrees & (np.isclose(factor, -1) | np.isclose(factor, -own.rate))
    as_deltas &= own.is_delta_rule
    wrong |= (statuses == Status.CARRIED) & (said == Status.WRONG) & as_deltas
    by_rule = borne_out & as_deltas
    # What follows in the sheet's convention from a cell that is wrong does not in the network's.
    is_added = agrees & (judgement.tensor.kind is Kind.UPDATE) & own.has_no_plain_gradient
    carried = off & (said == Status.CARRIED) & (as_deltas | is_added)
    as_said = np.where(carried, Status.CARRIED, np.where(wrong, Status.WRONG, statuses))
    merged = np.where(by_rule, Status.RIGHT, as_said)
    notes = dict.fromkeys(indices(wrong & own.said.is_latent[claims]), LATENT)
    judgement = replace(
        judgement,
        statuses=merged.astype(np.int8),
        expected=np.where(by_rule | wrong | (off & as_deltas), truth, judgement.expected),
        notes={**judgement.notes, **notes},
    )
    named = (merged == Status.WRONG) & (said == Status.WRONG)
    return replace(
        one,
        judgement=judgement,
        diagnoses=_diagnoses(own, one, judgement, named),
        factors=tuple(np.unique(factor[by_rule]).tolist()),
        is_right_for_itself=bool((borne_out & ~by_rule & (statuses == Status.WRONG)).any()),
    )


def _is_near(numbers: Array, expected: Array) -> Mask:
    largest = float(np.nanmax(np.abs(expected), initial=0.0))
    with np.errstate(invalid="ignore"):
        far = np.abs(numbers - expected)
        return np.asarray(far <= RELATIVE * np.abs(expected) + _NEAR_ZERO * largest)


def _diagnoses(own: Own, one: Both, judgement: Judgement, named: Mask) -> Sequence[Diagnosis]:
    """Return what explains the wrong cells: in the network's words, else by the single edit.

    An edit says what to do with the formula that stands there; a slip in a tensor that is not on
    the page only where it should have come from. A rate that has moved to a blank cell leaves the
    number of the step before, and of two units one is all that the other is not: what formulas
    say of these goes before what numbers say.
    """
    left = judgement.statuses == Status.WRONG
    known = [each for each in one.diagnoses if each.slip != UNKNOWN]
    # The network's words are of plain gradients.
    first = () if own.has_no_plain_gradient else (MOVED_RATE, ANOTHER_UNIT)
    kept = _edits(own, one.cells, left, named, first)
    kept += _kept([each for each in known if not each.is_weaker], left)
    kept += _edits(own, one.cells, left, named)
    kept += _kept([each for each in known if each.is_weaker], left)
    return [*kept, unknown(left)] if left.any() else kept


def _kept(diagnoses: Sequence[Diagnosis], left: Mask) -> list[Diagnosis]:
    """Return those that explain something that is left, and take it out of what is left."""
    kept = []
    for each in diagnoses:
        if (each.where & left).any():
            kept.append(each)
            left &= ~each.where
    return kept


def explained(own: Own, cells: Indices, wrong: Mask, named: Mask) -> Sequence[Diagnosis]:
    """Return the edits that mend wrong cells, of those that are `named`, and the unknown rest."""
    left = wrong.copy()
    kept = _edits(own, cells, left, named)
    return [*kept, unknown(left)] if left.any() else kept


def _edits(
    own: Own, cells: Indices, left: Mask, named: Mask, slips: Collection[str] = ()
) -> list[Diagnosis]:
    """Return the edits that mend what is left, and take it out of what is left.

    With `slips` only those that are called so.
    """
    found: dict[int, tuple[Diagnosis, Mask]] = {}
    for index in indices(left & named):
        edit = own.explained.get(int(cells[index]))
        if edit is not None and edit.slip != UNKNOWN and (not slips or edit.slip in slips):
            _, where = found.setdefault(id(edit), (edit, np.zeros(left.shape, dtype=np.bool_)))
            where[index], left[index] = True, False
    return [replace(edit, where=where) for edit, where in found.values()]
