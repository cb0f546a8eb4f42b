"""A workbook to findings: its formulas differentiated, and what claims to be their gradients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.rates import cell_of_rate
from xlbackprop.find.gradients.differentiation.contents import contents_of
from xlbackprop.find.gradients.differentiation.drawing import FAMILIES
from xlbackprop.find.gradients.differentiation.graph import cone
from xlbackprop.find.gradients.differentiation.objective import Objective
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.findings import Doubt, Findings, NothingFound, Role
from xlbackprop.find.gradients.forward.error_values import on_error_values
from xlbackprop.find.gradients.forward.forward import broken_forward
from xlbackprop.find.gradients.forward.meant import meant_forward
from xlbackprop.find.gradients.loss.assumed import assumed, kinds_of
from xlbackprop.find.gradients.loss.candidates import unlabelled, unlike
from xlbackprop.find.gradients.loss.losses import Choice, best, factor, labelled, stepped, try_all
from xlbackprop.find.gradients.loss.named_loss import cell_of_loss
from xlbackprop.find.gradients.mistakes.doubts import doubts
from xlbackprop.find.gradients.mistakes.left_over import left_over
from xlbackprop.find.gradients.mistakes.multiples import begins_right
from xlbackprop.find.gradients.mistakes.rounds import all_claimed
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.find.gradients.naming.copied import name_copies
from xlbackprop.find.gradients.naming.frozen import frozen_updates
from xlbackprop.find.gradients.naming.naming import name_gradients
from xlbackprop.find.gradients.naming.said import Said, objective_of, take_at_word
from xlbackprop.find.gradients.naming.typed import untold
from xlbackprop.find.gradients.naming.typed_for import as_typed, is_typed_for
from xlbackprop.find.gradients.noting import not_that, notes_on, times_that
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.find.gradients.training.updates import updates
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.workbook.read.workbook import Workbook

# Matches without which an L is doubted.
FEWEST = 4.0
# How much more an assumed L has to explain if most gradients are multiples of its own, too.
_MOST_MORE = 4 / 3
_ASKED_FOR = "--loss"
_CLOSE = 1e-6
# What is lost where a gradient is zero on all draws, as a sum that cancels.
_LAST_DIGITS = 1e-14


def find_gradients(
    workbook: Workbook,
    *,
    sheets: Sequence[str] = (),
    sheet: str | None = None,
    loss: str | None = None,
    said: Said | None = None,
    seconds: float = inf,
) -> Findings | NothingFound:
    """Return what differentiating a workbook's own formulas tells of it.

    `sheets` are those that are looked at, by default all. `sheet` restricts it to the claims of
    one sheet, and `loss` says which cell is L; with `said`, what that says is judged and nothing
    else. After so many seconds nothing more is tried. Raises WorkbookError where a sheet or cell is
    none, MapError where what is said cannot be.
    """
    ends = time.monotonic() + seconds

    def look_up() -> None:
        if time.monotonic() > ends:
            raise NotKnown("it takes longer than --timeout allows")

    try:
        with np.errstate(all="ignore"):
            contents = contents_of(workbook, sheets or workbook.sheets)
            study = Sheets(Computation(contents, look_up), look_up)
            labels = Labels(contents, study.computation.plane)
            asked = objective_of(said, study, labels, contents) if said else None
            if loss:
                cell = cell_of_loss(loss, study, contents, sheet)
                asked = stepped(study, labels, cell, _ASKED_FOR)
            choice, instead_of = _chosen(study, labels, asked)
            if choice is not None:
                findings = _findings(contents, choice, labels, instead_of, said)
                findings = _restricted(findings, sheet, said)
                if findings.claims:
                    return findings
            return NothingFound("no cell equals the gradient of another")
    except NotKnown as reason:
        return NothingFound(str(reason))


def _chosen(
    sheets: Sheets, labels: Labels, asked: Objective | None
) -> tuple[Choice | None, Choice | None]:
    """Return the L that is differentiated, and the sheet's own where that is another."""
    if asked is not None:
        return best(try_all(sheets, [asked])), None
    chosen = best(try_all(sheets, labelled(sheets, labels)))
    if chosen is None:
        chosen = _first_that_fits(sheets)
    elif not _fits(chosen, labels):
        wholes = try_all(sheets, _wholes_of(sheets, chosen))
        chosen = next((one for one in wholes if _fits(one, labels)), chosen)
    if chosen is not None and _fits(chosen, labels):
        return chosen, None
    kinds = kinds_of(sheets.graph, chosen.objective.cells) if chosen is not None else set()
    others = [one for one in assumed(sheets) if not kinds or one.assumed in kinds]
    tried = [choice for one in others for choice in try_all(sheets, [one])]
    other = best(tried)
    if chosen is None and (other is None or not (other.score[1] or other.score[0] >= FEWEST)):
        return _with_updates(sheets) or other, None
    if other is None or (chosen is not None and _explains(chosen, other)):
        return as_typed(labels, chosen, tried)
    if chosen is not None and (
        _of_weights(chosen) >= max(1, _of_weights(other))
        or is_typed_for(labels, chosen, other, fits_weights=_of_weights(other, most=all) > 0)
    ):
        return chosen, None
    own = unlike(sheets, other.objective) if chosen is None else None
    return other, chosen if own is None else best(try_all(sheets, [own]))


def _with_updates(sheets: Sheets) -> Choice | None:
    """Return an L that no text names, of steps between which most weights take what is wrong."""
    for one in unlabelled(sheets):
        for choice in try_all(sheets, [one]) if one.count > 1 else ():
            before = choice.study.before
            found = updates(choice.study, choice.flow)
            takes = sum(bool(update.gradients) and update.cell in before for update in found)
            if before and takes > len(before) / 2:
                return choice
    return None


def _fits(choice: Choice, labels: Labels) -> bool:
    """Whether an L explains enough cells, most of them as its gradients themselves.

    Or as multiples that begin in the midst of them, with a slip.
    """
    return choice.score[0] >= FEWEST and (choice.score[1] or begins_right(choice, labels))


def _explains(own: Choice, assumed: Choice) -> bool:
    """Whether a sheet's own L explains it as well as one that is assumed.

    Of that its differences are gradients anyway; but these are no reason where most are not.
    """
    if assumed.score[:2] <= own.score[:2]:
        return True
    most = _MOST_MORE * own.score[0]
    return not assumed.score[1] and own.score[0] >= FEWEST and assumed.score[0] <= most


def _wholes_of(sheets: Sheets, part: Choice) -> list[Objective]:
    """Return what no text names as L, and is made of what is named so: its sum, its mean."""
    groups, parts = sheets.computation.in_order(), part.objective
    return [
        one
        for one in unlabelled(sheets)
        if one.count == parts.count and cone(groups, sheets.graph, one.cells)[parts.cells].all()
    ]


def _of_weights(choice: Choice, most: Callable[[list[bool]], bool] = any) -> int:
    """Return how many cells are, but for the sign, the gradients of weights themselves.

    Of those that are of several cells, `any` has to be a weight, or all.
    """
    study, flow = choice.study, choice.flow
    found = 0
    for cell, match in choice.matches.items():
        itself = [at for at in match.targets if abs(abs(factor(choice, cell, at)) - 1) <= _CLOSE]
        ofs = flow.cells[itself].tolist()
        found += bool(ofs) and most([study.sheets.is_typed[of] or of in study.before for of in ofs])
    return found


def _first_that_fits(sheets: Sheets) -> Choice | None:
    """Return the best L that no text names; the first that explains as many cells as it has."""
    tried: list[Choice] = []
    for one in unlabelled(sheets):
        tried += [choice for choice in try_all(sheets, [one]) if choice.score[0] >= FEWEST]
        if tried and tried[-1].score[1] and tried[-1].score[0] >= FEWEST * one.count:
            break
    return best(tried)


def _restricted(findings: Findings, sheet: str | None, said: Said | None) -> Findings:
    """Return the findings with the claims of one sheet only, or with those that are said."""
    wanted = said.claimed if said else None
    places = [findings.place(claim.cell) for claim in findings.claims]
    kept = [
        at
        for at, place in enumerate(places)
        if sheet in (None, place[0]) and (wanted is None or place in wanted)
    ]
    claims = tuple(findings.claims[at] for at in kept)
    return replace(findings, claims=claims, truth=findings.truth[kept], own=findings.own[kept])


def _named(contents: Contents, choice: Choice, labels: Labels, said: Said | None) -> Named:
    """Return which cells claim to be gradients; a map's word goes before all others."""
    named = name_gradients(choice, labels)
    name_copies(named)
    named.take([*named.updates, *frozen_updates(named)])
    if said is not None:
        take_at_word(named, said, contents)
    return named


def _findings(
    contents: Contents,
    choice: Choice,
    labels: Labels,
    instead_of: Choice | None,
    said: Said | None,
) -> Findings:
    named = _named(contents, choice, labels, said)
    found = all_claimed(named)
    study, objective = choice.study, choice.objective
    weights = sorted({claim.of for claim in found.claims if claim.role is Role.UPDATE})
    own = instead_of.objective if instead_of else objective
    findings = Findings(
        contents,
        study.sheets.graph,
        study.computation,
        study.board,
        FAMILIES,
        () if own.assumed else tuple(own.cells.tolist()),
        objective.count,
        np.concatenate([study.given, study.fixed]),
        np.array(weights, dtype=np.int32),
        cell_of_rate(named, found.claims),
        found.claims,
        found.truth,
        study.own[[claim.cell for claim in found.claims]],
        objective.assumed,
    )
    return replace(
        findings,
        amiss=_amiss(findings, own, found, instead_of),
        doubts=tuple(_doubts(findings, named, found)) if said is None else (),
        left_over=tuple(left_over(named, found).tolist()) if said is None else (),
        notes=(
            *on_error_values(findings, study.sheets),
            *_on_forward(findings, named),
            *notes_on(findings, own.label, found.usual),
        ),
    )


def _doubts(findings: Findings, named: Named, found: Claimed) -> Iterator[Doubt]:
    """Yield what is not said to be right, though nothing is found to be wrong with it."""
    yield from untold(named)
    if not _is_wrong(findings):
        yield from doubts(named, found.claims)


def _on_forward(findings: Findings, named: Named) -> Iterator[str]:
    """Yield what is to be said of the formulas before L."""
    choice, is_wrong = named.choice, _is_wrong(findings)
    yield from meant_forward(findings, choice)
    yield from broken_forward(
        choice.study, choice.flow, named.labels, named.updates, is_wrong=is_wrong
    )


def _amiss(findings: Findings, own: Objective, found: Claimed, instead_of: Choice | None) -> str:
    """Return what the sheet's own L is not; nothing where the gradients are its own."""
    if instead_of is not None:
        return not_that(findings, own.label)
    if found.is_odd and not own.assumed:
        return times_that(findings, own.label, found.usual)
    return ""


def _is_wrong(findings: Findings) -> bool:
    """Whether some cell does not hold what it should."""
    is_there = ~findings.is_blank
    is_there &= ~findings.is_typed  # rounded, or no formula's fault
    own, truth = findings.own[is_there, 0], findings.truth[is_there, 0]
    largest = np.fmax.reduce(np.abs(findings.truth[is_there]), axis=1, initial=0.0)
    allowed = np.fmax(_CLOSE * largest, _LAST_DIGITS * largest.max(initial=0.0))
    return not (np.abs(own - truth) <= allowed).all()
