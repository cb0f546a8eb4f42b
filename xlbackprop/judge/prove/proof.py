"""Formulas tried on fresh numbers: a cell that is right on the page only becomes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from xlbackprop.equation import Array, Index, Mask
from xlbackprop.judge.prove.choice import choose_rows
from xlbackprop.judge.prove.counterexample import Disproof, explain
from xlbackprop.judge.prove.draws import draw
from xlbackprop.judge.prove.manners import manner_of
from xlbackprop.judge.prove.trials import Trial, Trials
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Judgement, Status
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.calculation import Calculation
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.notes import Note, NoteKind


def prove(review: Review, calculation: Calculation, draws: int, *, seed: int = 0) -> Review:
    """Return the review after so many draws of the inputs, with notes on what was tried.

    A cell that was right or carried and is wrong in a draw becomes wrong; one that only follows
    a wrong cell stays as it is. The draws depend on the seed, the tensors'
    names and the numbers on the page only.
    """
    trials = Trials(review, calculation)
    proof = _Proof(_candidates(trials, review.judgements))
    stopped = ""
    tell("trying the formulas on other numbers", 0, draws)
    page = _page(trials, seed)
    rows = choose_rows(trials, page, draws, seed)
    try:
        for trial in trials.run(rows, extreme=[manner_of(n).extreme for n in range(draws)]):
            proof.take(trial)
            tell("trying the formulas on other numbers", proof.taken, draws)
    except EngineStopped as reason:
        stopped = str(reason)
    disproofs = explain(trials, page, proof.disproved)
    judgements = _judged(trials, review.judgements, disproofs)
    return replace(
        review, judgements=judgements, notes=(*review.notes, *proof.notes(draws, stopped))
    )


@dataclass
class _Proof:
    """What is known after some trials; masks are flat."""

    candidates: Mask  # cells that are right as yet, or follow from those that are not
    disproved: dict[int, Trial] = field(default_factory=dict)
    taken: int = 0

    def __post_init__(self) -> None:
        self.tested = np.zeros_like(self.candidates)

    def take(self, trial: Trial) -> None:
        """Note which candidates were tested, and which were wrong for the first time."""
        self.taken += 1
        self.tested |= trial.tested
        if (trial.suspect & self.candidates).any():
            is_wrong, _ = trial.judged
            for cell in np.nonzero(is_wrong & self.candidates)[0].tolist():
                self.disproved[cell] = trial
            self.candidates &= ~is_wrong

    def notes(self, draws: int, stopped: str) -> Iterator[Note]:
        """Yield what is to be said of the proof as a whole."""
        if self.taken:
            holds = int((self.candidates & self.tested).sum())
            yield Note(NoteKind.HOLDS, holds, draws=self.taken)
            if untested := int((self.candidates & ~self.tested).sum()):
                yield Note(NoteKind.UNTRIED, untested)
        if stopped:
            yield Note(NoteKind.STOPPED, draws=self.taken, among=draws, reason=stopped)


def _candidates(trials: Trials, judgements: Mapping[str, Judgement]) -> Mask:
    statuses = trials.flat({name: one.statuses for name, one in judgements.items()})
    return np.asarray((statuses == Status.RIGHT) | (statuses == Status.CARRIED))


def _page(trials: Trials, seed: int) -> Array:
    """Return the numbers on the page, with others where it has none that are allowed."""
    row = [np.empty(0)]
    for tensor in trials.inputs:
        numbers = trials.review.found[tensor.name].numbers
        allowed = tensor.domain.allows(numbers)
        row.append(np.where(allowed, numbers, draw(tensor, 0, seed)).ravel())
    return np.concatenate(row)


def _judged(
    trials: Trials, judgements: Mapping[str, Judgement], disproofs: Mapping[int, Disproof]
) -> dict[str, Judgement]:
    """Return the judgements with the disproved cells wrong."""
    results = dict(judgements)
    notes: dict[str, dict[Index, str]] = {}
    for cell, disproof in disproofs.items():
        tensor, index = trials.entry(cell, trials.graded)
        notes.setdefault(tensor.name, {})[index] = disproof.note
    for name, own in notes.items():
        statuses = judgements[name].statuses.copy()
        statuses[tuple(np.array(list(own), dtype=np.intp).T)] = Status.WRONG
        results[name] = replace(judgements[name], statuses=statuses, notes=own)
    return results
