"""A workbook that differentiates itself to a review like any other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation.indices import indices
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.rectangles import rectangles
from xlbackprop.judge.gradients.causes import diagnoses_of
from xlbackprop.judge.gradients.missing import what_belongs_in
from xlbackprop.judge.gradients.statuses import Statuses, judge_claims
from xlbackprop.judge.gradients.tensors import Block, blocks_of
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import NotJudged, Review
from xlbackprop.workbook.engine.cell_list import UNABLE, Values
from xlbackprop.workbook.engine.disputes import Settled
from xlbackprop.workbook.engine.results import notes_on, with_values
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, read_places
from xlbackprop.workbook.read.workbook import Workbook

_NOTHING_KNOWN = "made of gradients as a gradient is, and no right one of anything on the sheet"
LATENT = "right for these numbers only: with others, the formula gives something else"


def review_sheet(workbook: Workbook, findings: Findings) -> Review:
    """Return what is said of a sheet's own gradients and updates.

    Its tensors are the sheet's columns and blocks, under their labels; what cannot be known is
    left out, and listed.
    """
    said = judge_claims(findings)
    blocks = blocks_of(findings, np.flatnonzero(said.is_known).tolist())
    found, judgements = judge_blocks(workbook, findings, said, blocks)
    unknown = np.flatnonzero(~said.is_known).tolist()
    left_out = [
        NotJudged(block.tensor.name, "it rests on what cannot be evaluated or differentiated here")
        for block in blocks_of(findings, unknown)
    ]
    left_out += [NotJudged(name, _NOTHING_KNOWN) for name in _ranges(findings, findings.left_over)]
    left_out += [
        NotJudged(name, doubt.reason)
        for doubt in findings.doubts
        for name in _ranges(findings, doubt.cells)
    ]
    unsettled = {one.tensor for one in left_out}
    if findings.amiss:
        name = _loss(findings)
        left_out.append(NotJudged(name, findings.amiss))
        unsettled.add(name)
    notes = [Note(NoteKind.DIFFERENTIATED, reason=text) for text in findings.notes]
    return Review(
        None,
        found,
        judgements,
        diagnoses=diagnoses_of(findings, said, blocks),
        notes=(*notes, *notes_on(found, 0)),
        not_judged=tuple(left_out),
        unsettled=frozenset(unsettled),
        own_title="your own formulas, differentiated",
    )


def judge_blocks(
    workbook: Workbook, findings: Findings, said: Statuses, blocks: list[Block]
) -> tuple[dict[str, Found], dict[str, Judgement]]:
    """Return blocks of claims as the workbook has them, and what is said of their cells."""
    found = _found(workbook, findings, blocks)
    return found, {
        block.tensor.name: _judgement(findings, said, block, found[block.tensor.name])
        for block in blocks
    }


def _ranges(findings: Findings, cells: Sequence[int]) -> Iterator[str]:
    """Yield the ranges that some cells fill: `Sheet1.B3:D5`."""
    places = [findings.place(cell) for cell in cells]
    for sheet in dict.fromkeys(sheet for sheet, _, _ in places):
        own = {place[1:] for place in places if place[0] == sheet}
        for row, column, height, width in rectangles(own):
            first, last = address_of(row, column), address_of(row + height - 1, column + width - 1)
            yield f"{sheet}.{first}" if first == last else f"{sheet}.{first}:{last}"


def _loss(findings: Findings) -> str:
    """Return the name of the cell that is called L, and is not."""
    sheet, row, column = findings.place(findings.losses[0])
    return f"{sheet}.{address_of(row, column)}"


def _found(workbook: Workbook, findings: Findings, blocks: list[Block]) -> dict[str, Found]:
    """Return the blocks as the workbook has them, with what their formulas give now."""
    tensors = {block.tensor.name: block.tensor for block in blocks}
    places = {block.tensor.name: block.places for block in blocks}
    cells = {block.sheet: workbook.cells(block.sheet) for block in blocks}
    found = read_places(tensors, places, cells)
    claims = [block.claims[found[block.tensor.name].has_formula] for block in blocks]
    together = np.concatenate([np.empty(0, np.int64), *(own.ravel() for own in claims)])
    numbers = findings.own[together, 0]
    kinds: NDArray[np.int8] = np.where(np.isfinite(numbers), State.NUMBER, UNABLE).astype(np.int8)
    settled = Settled(Values(kinds, numbers, {}))
    return with_values(list(found.values()), settled, np.zeros(len(together), dtype=np.bool_))


def _judgement(findings: Findings, said: Statuses, block: Block, found: Found) -> Judgement:
    statuses, expected = said.statuses[block.claims], findings.truth[block.claims, 0]
    latent = said.is_latent[block.claims]
    nothing = np.zeros(block.claims.shape, dtype=np.bool_)
    notes = dict.fromkeys(indices(latent), LATENT) if latent.any() else {}
    if (is_blank := statuses == Status.BLANK).any():
        missing = what_belongs_in(findings, block.claims[is_blank].tolist())
        notes |= dict.fromkeys(indices(is_blank), missing)
    return Judgement(
        found,
        statuses,
        expected,
        np.full(block.claims.shape, np.nan),
        uncredited=nothing,
        rounded=nothing,
        notes=notes,
    )
