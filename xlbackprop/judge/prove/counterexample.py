"""The fewest numbers to be changed on a page for a wrong formula to show."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.equation.indices import entry_name
from xlbackprop.judge.prove.trials import Trial, Trials
from xlbackprop.workbook.engine.stopped import EngineStopped

_MOST_ENTRIES = 3
_MOST_SEARCHES = 16
# So many trials, and so many cells computed in them, are worth a clearer note.
_MOST_TRIALS, _MOST_COMPUTED = 400, 2_000_000

Search = Generator[Array, bool, list[int]]


@dataclass(frozen=True)
class Disproof:
    """A cell that does not hold in general: numbers with which it does not, in a few words."""

    numbers: str
    gives: float | str
    should: float

    @property
    def note(self) -> str:
        """What a report says of the cell."""
        gives = f"{self.gives:.6g}" if isinstance(self.gives, float) else self.gives
        return (
            f"right for these numbers only: with {self.numbers} it gives {gives}"
            f" and should give {self.should:.6g}"
        )


@dataclass
class Explanations:
    """Disproofs by the position of their cell, made from trials."""

    trials: Trials
    by_cell: dict[int, Disproof] = field(default_factory=dict)

    def add(self, trial: Trial, numbers: str, cells: Sequence[int]) -> None:
        """Explain those of some cells that are wrong in a trial and have no explanation yet."""
        is_wrong, should = trial.judged
        for cell in cells:
            if is_wrong[cell] and cell not in self.by_cell:
                number = float(trial.values.numbers[cell]) + 0.0
                gives = number if np.isfinite(number) else "no number"
                self.by_cell[cell] = Disproof(numbers, gives, float(should[cell]))


def explain(trials: Trials, page: Array, disproved: dict[int, Trial]) -> dict[int, Disproof]:
    """Return a disproof of each cell, given a trial in which it is wrong.

    `page` has the numbers that the inputs have: for a few cells the fewest are searched that need
    be other ones, and what is found often serves the rest.
    """
    explanations = Explanations(trials)
    cells = list(disproved)
    with suppress(EngineStopped):  # what was found by then stands
        searches = {cell: _search(page, disproved[cell].row) for cell in _chosen(trials, cells)}
        for trial, entries in _found(trials, searches, disproved):
            explanations.add(trial, _numbers(trials, trial.row, entries), cells)
    for cell, trial in disproved.items():
        explanations.add(trial, "other numbers in all givens and parameters", [cell])
    return explanations.by_cell


def _found(
    trials: Trials, searches: dict[int, Search], disproved: dict[int, Trial]
) -> Iterator[tuple[Trial, list[int]]]:
    """Yield what searches for several cells find, trying the next row of each together."""
    left = min(_MOST_TRIALS, _MOST_COMPUTED // max(1, len(trials.graded_cells)))
    waiting = {cell: next(search) for cell, search in searches.items()}
    while waiting and len(waiting) <= left:
        left -= len(waiting)
        extreme = [disproved[cell].extreme for cell in waiting]
        tried = list(trials.run(np.array(list(waiting.values())), extreme))
        for cell, trial in zip(list(waiting), tried, strict=True):
            shows = bool(trial.suspect[cell] and trial.judged[0][cell])
            try:
                waiting[cell] = searches[cell].send(shows)
            except StopIteration as done:
                del waiting[cell]
                if done.value:
                    yield trial, done.value


def _chosen(trials: Trials, cells: list[int]) -> list[int]:
    """Return the cells that are searched for: first one of each tensor, then another."""
    ranks: dict[str, int] = {}
    ranked = []
    for cell in cells:
        name = trials.entry(cell, trials.graded)[0].name
        ranks[name] = ranks.get(name, 0) + 1
        ranked.append((ranks[name], cell))
    return [cell for _, cell in sorted(ranked)[:_MOST_SEARCHES]]


def _search(base: Array, target: Array) -> Search:
    """Yield rows to be tried, get whether the mistake shows; return the entries that were changed.

    With none of the target's numbers it does not show, and with all it does. Some entry between
    makes the difference: it is kept, and the search goes on for what is needed besides.
    """
    kept: list[int] = []
    while len(kept) < _MOST_ENTRIES:
        hidden, shown = 0, len(base)
        while shown - hidden > 1:
            middle = (hidden + shown) // 2
            if (yield _mixed(base, target, [*range(middle), *kept])):
                shown = middle
            else:
                hidden = middle
        kept.append(shown - 1)
        if (yield _mixed(base, target, kept)):
            return kept
    return []


def _mixed(base: Array, target: Array, entries: list[int]) -> Array:
    row = base.copy()
    row[entries] = target[entries]
    return row


def _numbers(trials: Trials, row: Array, entries: list[int]) -> str:
    named = [(*trials.entry(entry, trials.inputs), row[entry]) for entry in sorted(entries)]
    return " and ".join(
        f"{entry_name(tensor.name, index)} = {number:.6g}" for tensor, index, number in named
    )
