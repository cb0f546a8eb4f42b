"""What explains the wrong gradients and updates of a sheet: for each cause one diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xlbackprop.find.gradients.findings import Findings
from xlbackprop.judge.diagnosis import Diagnosis, unknown
from xlbackprop.judge.gradients.edits import SECONDS, Edit, Search
from xlbackprop.judge.gradients.statuses import Statuses, with_true_values
from xlbackprop.judge.gradients.tensors import Block
from xlbackprop.judge.gradients.typed_slips import TypedSlips
from xlbackprop.judge.judgement import Status


def diagnoses_of(
    findings: Findings, said: Statuses, blocks: Sequence[Block], seconds: float = SECONDS
) -> dict[str, Sequence[Diagnosis]]:
    """Return the diagnoses of blocks that have wrong cells, by the blocks' names.

    The same edit in several cells of a block is one diagnosis, put as for the first of them. After
    so many seconds no more are looked for.
    """
    amiss = np.flatnonzero((said.statuses != Status.RIGHT) & said.is_known)
    wrong = amiss[said.statuses[amiss] == Status.WRONG]
    if not wrong.size:
        return {}
    # Typed numbers, right ones as well, are the same in all draws.
    mended = np.union1d(amiss, np.flatnonzero(findings.is_typed & said.is_known))
    search = Search(findings, with_true_values(findings, mended), seconds)
    cells = [findings.claims[at].cell for at in wrong.tolist()]
    edits = search.find_all(cells, findings.truth[wrong])
    by_claim = {at: edits.get(cell) for at, cell in zip(wrong.tolist(), cells, strict=True)}
    typed = TypedSlips(findings, said)
    found = {block.tensor.name: _diagnoses(block, by_claim, typed) for block in blocks}
    return {name: own for name, own in found.items() if own}


def _diagnoses(
    block: Block, edits: Mapping[int, Edit | None], typed: TypedSlips
) -> Sequence[Diagnosis]:
    """Return the diagnoses of a block's wrong cells; those that nothing explains come last."""
    causes: dict[int, list[int]] = {}
    claims = block.claims.ravel()
    of_typed = typed.diagnosis(block)
    for place, claim in enumerate(claims.tolist()):
        if claim in edits and not (of_typed and claim in typed.claims):
            edit = edits[claim]
            causes.setdefault(edit.cause if edit else 0, []).append(place)
    unexplained = causes.pop(0, [])
    found = [of_typed] if of_typed else []
    for places in causes.values():
        edit = edits[int(claims[places[0]])]
        if edit is not None:
            found.append(_diagnosis(edit, _mask(block, places)))
    return [*found, unknown(_mask(block, unexplained))] if unexplained else found


def _diagnosis(edit: Edit, where: NDArray[np.bool_]) -> Diagnosis:
    others = int(where.sum()) - 1
    likewise = f" Likewise in the {others} other cells." if others > 1 else ""
    likewise = " Likewise in the other cell." if others == 1 else likewise
    return Diagnosis(edit.slip, f"{edit.slip}: {edit.message}{likewise}", where)


def _mask(block: Block, places: Sequence[int]) -> NDArray[np.bool_]:
    where = np.zeros(block.claims.size, dtype=np.bool_)
    where[places] = True
    return where.reshape(block.claims.shape)
