"""Which cell is L: as labelled, as the gradients say, or one that is assumed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.find.gradients.differentiation.drawing import columns_of
from xlbackprop.find.gradients.differentiation.flow import Flow
from xlbackprop.find.gradients.differentiation.objective import Objective
from xlbackprop.find.gradients.differentiation.study import Match, Sheets, Study
from xlbackprop.find.gradients.findings import Family
from xlbackprop.find.gradients.texts.labels import Labels, names_loss, names_whole
from xlbackprop.find.gradients.training.steps import cuts_between, steps_of
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import functions_in

MOST_LABELLED = 16
_NEIGHBOURS = 3
# Of the cells with one formula so many are of the forward pass, where it is one of its.
_MOST = 0.5
# What a layer's output is made with, and its gradients as well.
_OF_PRODUCTS = {"SUM", "SUMPRODUCT", "MMULT", "TRANSPOSE", "INDEX", "ROWS", "COLUMNS"}


@dataclass(frozen=True)
class Choice:
    """An L that was tried: what flows back from it, and what equals that."""

    objective: Objective
    study: Study
    flow: Flow
    matches: Mapping[int, Match]

    @cached_property
    def activations(self) -> frozenset[int]:
        """The formulas, by number, that activations have: most cells of such lead to L."""
        groups, is_before = self.study.sheets.graph.groups, self.flow.last >= 0
        return frozenset(
            number
            for number, group in enumerate(groups)
            if not _OF_PRODUCTS.issuperset(functions_in(group.tree))
            and is_before[group.cells].mean() >= _MOST
        )

    @cached_property
    def factors(self) -> Mapping[int, Mapping[int, float]]:
        """The constants by which each cell is the gradients that it matches, these by place."""
        pairs: dict[Family, list[tuple[int, int]]] = {}
        for cell, match in self.matches.items():
            for target, families in match.families.items():
                pairs.setdefault(families[0], []).append((cell, target))
        found: dict[int, dict[int, float]] = {cell: {} for cell in self.matches}
        for family, own in pairs.items():
            cells, targets = np.array(own).T
            ratios = self._ratios(cells, targets, family).tolist()
            for (cell, target), ratio in zip(own, ratios, strict=True):
                found[cell][target] = ratio
        return found

    def _ratios(
        self, cells: NDArray[np.int64], targets: NDArray[np.int64], family: Family
    ) -> Array:
        draws = columns_of(family)
        own, gradients = self.study.own[cells][:, draws], self.flow.values[targets][:, draws]
        with np.errstate(all="ignore"):
            above, below = (np.einsum("ij,ij->i", one, gradients) for one in (own, gradients))
            return np.asarray(above / below)

    @cached_property
    def score(self) -> tuple[float, bool, bool, int, int]:
        """How well it explains the sheet: cells, by one factor; whether that is 1; its label.

        Then, how few steps it has, and on how many cells it rests.
        """
        size = int((self.flow.last >= 0).sum())
        factors = Counter(
            round(abs(factor(self, cell, match.targets[0])), 6)
            for cell, match in self.matches.items()
        )
        if not factors:
            return 0.0, False, bool(self.objective.label), 0, size
        (usual, number), *_ = factors.most_common(1)
        is_called = bool(self.objective.label)
        return (number + factors.total()) / 2, usual == 1, is_called, -self.objective.count, size


def best(tried: Sequence[Choice]) -> Choice | None:
    """Return the L that explains most; a whole goes before its parts, though these fit as well."""
    whole = [one for one in tried if not any(_goes_before(other, one) for other in tried)]
    return max(whole, key=lambda one: one.score, default=None)


def _goes_before(whole: Choice, part: Choice) -> bool:
    """Whether one L is what the other is only a part of, and explains enough.

    Cells of one formula that are a part each are samples, where nothing leads from one to the next.
    """
    are_samples = whole.objective.count == 1 and not part.study.before
    is_of = whole is not part and (whole.objective.count == part.objective.count or are_samples)
    inner = whole.flow.last[part.objective.cells] >= 0
    if not is_of or whole.objective.assumed or not inner.all():
        return False
    is_same = (part.flow.last[whole.objective.cells] >= 0).all()
    return not is_same and whole.score[0] >= max(2.0, part.score[0] / 4)


def factor(choice: Choice, cell: int, target: int) -> float:
    """Return the constant by which a cell is a target's gradient."""
    known = choice.factors[cell]
    if target in known:
        return known[target]
    families = choice.matches[cell].families
    draws = columns_of(families[min(families)][0])
    own, gradient = choice.study.own[cell, draws], choice.flow.values[target, draws]
    below = float(gradient @ gradient)
    return float(own @ gradient) / below if below else np.nan


def labelled(sheets: Sheets, labels: Labels) -> list[Objective]:
    """Return the L that texts name, each with its steps; parts of L beside one another, too."""
    found: dict[tuple[int, ...], Objective] = {}
    for cell, text in labels.losses(sheets.is_computed.astype(np.int32)):
        objective = stepped(sheets, labels, cell, text)
        found.setdefault(tuple(objective.cells.tolist()), objective)
        if len(found) >= MOST_LABELLED:
            break
    single = list(found.values())
    return [*single, *_together(single, labels)]


def stepped(sheets: Sheets, labels: Labels, cell: int, text: str = "") -> Objective:
    """Return L in a cell, and in all steps of which it is one."""
    cells = steps_of(sheets.graph, cell)
    if _are_parts(labels, cells):
        cells = np.array([cell], dtype=np.int32)  # parts of one L beside one another
    return Objective(cells, np.arange(len(cells), dtype=np.int32), text)


def _are_parts(labels: Labels, cells: Indices) -> bool:
    """Whether cells are parts of one L: neighbours, each with a text of its own."""
    places = [labels.place(cell) for cell in cells.tolist()]
    gaps = [max(abs(a - b) for a, b in zip(one, two, strict=True)) for one, two in pairwise(places)]
    is_near = bool(gaps) and max(gaps) <= _NEIGHBOURS
    return is_near and all(_is_named(labels, cell) for cell in cells.tolist())


def _is_named(labels: Labels, cell: int) -> bool:
    """Whether a text right beside a cell names it as L, or a part of it."""
    return any(
        far == 1 and names_loss(text) for far, text in (labels.above(cell), labels.left(cell))
    )


def _together(objectives: Sequence[Objective], labels: Labels) -> Iterator[Objective]:
    """Yield the sums of parts that begin in one row or column: `E1` and `E2`."""
    for axis in (1, 2):
        lines: dict[tuple[int, ...], list[Objective]] = {}
        for one in objectives:
            sheet, *place = labels.place(int(one.cells[0]))
            lines.setdefault((sheet, place[axis - 1], one.count), []).append(one)
        for parts in lines.values():
            parts = [one for one in parts if not names_whole(one.label)]  # noqa: PLW2901
            if 2 <= len(parts) <= 8:
                yield Objective(
                    np.concatenate([one.cells for one in parts]),
                    np.concatenate([one.steps for one in parts]),
                    " + ".join(one.label for one in parts),
                )


def try_all(sheets: Sheets, objectives: Sequence[Objective]) -> list[Choice]:
    """Return what comes of each objective; those of as many steps are cut at the same places."""
    alike: dict[int, list[Objective]] = {}
    for one in sorted(objectives, key=lambda one: -one.count):
        alike.setdefault(one.count, []).append(one)
    found: list[Choice] = []
    for count, some in alike.items():
        cuts: dict[int, int] = {}
        for one in some if count > 1 else ():
            cuts = cuts_between(sheets.graph, one.roots, sheets.is_number) | cuts
        study = Study(sheets, some, cuts)
        found += [_choice(study, one) for one in some]
    return found


def _choice(study: Study, objective: Objective) -> Choice:
    flow = study.flow(objective)
    return Choice(objective, study, flow, study.matches(flow, objective))
