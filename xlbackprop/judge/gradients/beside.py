"""A stranger's sheet judged twice: by its network, and by what its own formulas differentiate to.

Each finds what the other cannot: the network judges the forward pass and L, the derivatives judge
on other numbers, name the cell that stands for another, and know the sheet's conventions.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from xlbackprop.find.gradients.derivatives import Derivatives
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.find.sheets import sheets_together
from xlbackprop.formula.addresses import on_sheet
from xlbackprop.judge.diagnosis import Diagnosis
from xlbackprop.judge.gradients.both import Both, Own, explained, judge_both
from xlbackprop.judge.gradients.deltas import with_deltas
from xlbackprop.judge.gradients.review import judge_blocks
from xlbackprop.judge.gradients.tensors import Block, blocks_of
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.options import CheckOptions
from xlbackprop.judge.review import Review
from xlbackprop.progress import tell
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.workbook import Workbook

# It comes on top of a check that is done, and must not cost much more than that.
MOST_SECONDS, MOST_FORMULAS = 10.0, 30_000
_MOST_NAMED = 6
_L = "loss.L"


def judge_beside(
    workbook: Workbook, review: Review, options: CheckOptions, derivatives: Derivatives
) -> Review:
    """Return the review of a network with what the sheets' own formulas say beside it.

    A cell is wrong if either proves it. What the derivatives explain is explained, what they find
    wrong beside the network's tensors is added, and where the two differ a note says so.
    """
    ends = time.monotonic() + min(MOST_SECONDS, options.limits.seconds)
    used = {sheet for own in review.judgements.values() for sheet in own.found.places.sheets}
    for sheets in sheets_together(workbook):
        if used & {*sheets} and 0 < _formulas(workbook, sheets) <= MOST_FORMULAS:
            tell("differentiating its formulas")
            seconds = ends - time.monotonic()
            loss = _loss(review, sheets)
            found = derivatives.of(sheets, loss=loss, seconds=seconds)
            if isinstance(found, Findings):
                review = _with_own(workbook, review, Own.of(found, review))
    return review


def _loss(review: Review, sheets: Sequence[str]) -> str | None:
    """Return the cell that holds L, where the network knows it and finds it right."""
    judgement = review.judgements.get(_L)
    if judgement is None or not (judgement.statuses == Status.RIGHT).all():
        return None
    sheet, cell = judgement.found.places.at(())
    return on_sheet(sheet, cell) if sheet in sheets and judgement.found.has_formula.all() else None


def _formulas(workbook: Workbook, sheets: Sequence[str]) -> int:
    return sum(int(workbook.cells(sheet).has_formula.sum()) for sheet in sheets)


def _with_own(workbook: Workbook, review: Review, own: Own) -> Review:
    each = [judge_both(own, review, name) for name in review.judgements]
    both = list(with_deltas(own, each))
    judged = replace(
        review,
        judgements={one.name: one.judgement for one in both},
        diagnoses={one.name: one.diagnoses for one in both if one.diagnoses},
        notes=(*review.notes, *_notes(both)),
    )
    covered = {cell for one in both for cell in one.cells.ravel().tolist()}
    rest = [
        at
        for at, claim in enumerate(own.findings.claims)
        if own.claim_at[claim.cell] >= 0 and own.said.is_known[at] and claim.cell not in covered
    ]
    return _with_the_rest(workbook, judged, own, blocks_of(own.findings, rest))


def _with_the_rest(workbook: Workbook, review: Review, own: Own, blocks: list[Block]) -> Review:
    """Return the review with the blocks beside the network's tensors in which a cell is wrong."""
    wrong = [one for one in blocks if (own.said.statuses[one.claims] != Status.RIGHT).any()]
    found, judgements = judge_blocks(workbook, own.findings, own.said, wrong)
    right = sum(one.claims.size for one in blocks) - sum(one.claims.size for one in wrong)
    is_located = any(note.kind is NoteKind.LOCATED for note in review.notes)
    # With a map somebody has said what is to be judged.
    notes = [Note(NoteKind.DIFFERENTIATED, reason=_beside(right))] if right and is_located else []
    return replace(
        review,
        found={**found, **review.found},
        judgements={**judgements, **review.judgements},
        diagnoses={**_diagnoses(own, wrong), **review.diagnoses},
        notes=(*review.notes, *notes),
        yours=(review.yours or frozenset()) | frozenset(judgements),
    )


def _diagnoses(own: Own, blocks: Sequence[Block]) -> dict[str, Sequence[Diagnosis]]:
    found = {}
    cells = np.array([claim.cell for claim in own.findings.claims], dtype=np.int32)
    for block in blocks:
        is_wrong = own.said.statuses[block.claims] == Status.WRONG
        if diagnoses := explained(own, cells[block.claims], is_wrong, is_wrong):
            found[block.tensor.name] = diagnoses
    return found


def _beside(right: int) -> str:
    noun = "gradient or update" if right == 1 else "gradients and updates"
    return f"differentiated, too: {right:,} {noun} more that the sheet's own formulas bear out"


def _notes(tensors: Sequence[Both]) -> Iterator[Note]:
    """Yield what to say of the tensors' conventions, and where the two judge differently."""
    by_rule: dict[float, list[str]] = {}
    for one in tensors:
        for factor in one.factors:
            by_rule.setdefault(factor, []).append(one.name)
    for factor, names in by_rule.items():
        what = "-dL/dx, as deltas are" if factor == -1 else f"{factor:g} * dL/dx"
        verb = "holds" if len(names) == 1 else "hold"
        reason = f"{_named(names)} {verb} {what}: the sheet's own convention, which its updates fit"
        yield Note(NoteKind.DIFFERENTIATED, reason=reason)
    if names := [one.name for one in tensors if one.is_right_for_itself]:
        reason = (
            f"right for the sheet's own formulas, differentiated: {_named(names)}; so the forward"
            " pass or the loss, as it stands there, is not this network's"
        )
        yield Note(NoteKind.DIFFERENTIATED, reason=reason)


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
