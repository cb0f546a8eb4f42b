"""Givens and parameters that are not those that were handed out, and what that is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from xlbackprop.equation import Array, Mask, Tensor
from xlbackprop.equation.indices import indices
from xlbackprop.errors import WorkbookError
from xlbackprop.judge.constants import constants
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.review import GivensChanged, Review
from xlbackprop.network import Network
from xlbackprop.network.earlier import earlier_of
from xlbackprop.tolerance import allowance, is_one_number
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.cells import State

# Spreadsheet programs keep fifteen digits of a number.
_LAST_DIGITS = 1e-14
_TRIVIAL = "with the givens that were changed all answers here are the same: no credit"
_UNCHANGED = "with the givens that were changed this update changes nothing: no credit"


def compare_givens(review: Review, handed_out: Mapping[str, Array]) -> Review:
    """Return the review with what is not as it was handed out.

    Where all answers of a block have become one number by that, typed ones earn nothing.
    """
    changed = tuple(_changed(review, handed_out))
    if not changed:
        return review
    names = tuple(one.tensor for one in changed)
    note = Note(NoteKind.GIVENS_CHANGED, sum(one.count for one in changed), names=names)
    review = replace(review, givens_changed=changed, notes=(note, *review.notes))
    return replace(review, judgements={**review.judgements, **_trivial(review, handed_out)})


def refuse_unknown_givens(review: Review, handed_out: Mapping[str, Array]) -> None:
    """Raise WorkbookError where there is no telling what a given or parameter was."""
    unknown = [
        tensor.name
        for tensor in review.judged_network.inputs
        if tensor.name in review.found and tensor.name not in handed_out
    ]
    if unknown:
        raise WorkbookError(
            f"it does not say what {unknown[0]} was when it was handed out: give the spec with"
            " --spec"
        )


def _changed(review: Review, handed_out: Mapping[str, Array]) -> Iterator[GivensChanged]:
    for tensor in review.judged_network.inputs:
        if tensor.name in review.found and tensor.name in handed_out:
            numbers, was = review.found[tensor.name].numbers, handed_out[tensor.name]
            count = int((np.abs(numbers - was) > _LAST_DIGITS * np.abs(was)).sum())
            if count:
                yield GivensChanged(tensor.name, count)


def _became_trivial(tensor: Tensor, before: Array, now: Array) -> Mask:
    """Return which entries are in a block that was not one number, or not 0, and is now."""
    trivial = np.zeros(now.shape, dtype=np.bool_)
    for index in tensor.block_indices():
        trivial[index] = _is_trivial(now[index]) and not _is_trivial(before[index])
    return trivial


def _is_trivial(block: Array) -> bool:
    if block.size == 1:
        return not block.any()
    return is_one_number(block)


def _trivial(review: Review, handed_out: Mapping[str, Array]) -> dict[str, Judgement]:
    """Return the judgements of typed numbers that are right only since the answers are trivial."""
    before, now = _evaluated(review, handed_out), _evaluated(review, {})
    results = {}
    for name in review.judged_network.equation_of.keys() & review.judgements.keys():
        judgement = review.judgements[name]
        typed = (judgement.found.states == State.NUMBER) & ~judgement.found.has_formula
        trivial = typed & (judgement.statuses == Status.RIGHT)
        if not trivial.any():
            continue
        reason = _UNCHANGED
        if not _is_unchanged(review.judged_network, name, now, before):
            reason = _TRIVIAL
            trivial &= _became_trivial(judgement.tensor, before[name], judgement.expected)
            trivial &= ~constants(review.judged_network.equation_of[name], trivial)
        if trivial.any():
            results[name] = _without_credit(judgement, trivial, reason)
    return results


def _is_unchanged(
    network: Network, name: str, now: Mapping[str, Array], before: Mapping[str, Array]
) -> bool:
    """Return whether an update is now what it is an update of, and was not."""
    olds = [tensor.name for tensor in earlier_of(network, name).before]
    return any(
        _is_copy(now[name], now[old]) and not _is_copy(before[name], before[old]) for old in olds
    )


def _is_copy(array: Array, old: Array) -> bool:
    return bool((np.abs(array - old) <= allowance(old)).all())


def _without_credit(judgement: Judgement, trivial: Mask, reason: str) -> Judgement:
    return replace(
        judgement,
        statuses=np.where(trivial, Status.WRONG, judgement.statuses).astype(np.int8),
        uncredited=judgement.uncredited | trivial,
        notes={**judgement.notes, **dict.fromkeys(indices(trivial), reason)},
    )


def _evaluated(review: Review, handed_out: Mapping[str, Array]) -> dict[str, Array]:
    """Return all numbers, from what was handed out and else from what is in the workbook."""
    inputs = {tensor.name for tensor in review.judged_network.inputs}
    numbers = {name: one.numbers for name, one in review.found.items() if name in inputs}
    return review.judged_network.evaluate({**review.chosen, **numbers, **handed_out})
