"""Gradients that were typed as numbers: what a text beside them says they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.claims.conventions import Conventions
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Doubt, Reason
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.naming.by_title import ByTitle
from xlbackprop.find.gradients.texts.labels import Derivative
from xlbackprop.find.gradients.texts.titles import Titled
from xlbackprop.tolerance import SMALL, half_units, matches, rounding

# Right formulas of gradients without which `dx` may be the width of a step.
_FEWEST_RIGHT = 4.0
# So many names, and cells, of that kind say the same.
_FEWEST_NAMES, _FEWEST_CELLS = 2, 2
_UNTOLD = "typed under a gradient's title, and nothing tells surely which cell each one is by"
_LONGEST = 40
# By these nobody differentiates: `dt`, and a `delta t`, are of time, or of a target.
_NO_WEIGHTS = {
    "t", "y", "ytrue", "target", "targets", "label", "labels", "ziel", "zielwert", "soll",
    "sollwert", "time", "zeit", "lr", "rate", "epoch", "step",
}  # fmt: skip


def typed_by_text(named: Named) -> dict[int, list[int]]:
    """Return the typed numbers that texts call gradients, with the targets that these name."""
    outright, loosely = dict[int, list[int]](), dict[int, list[int]]()
    said_of: dict[int, Derivative] = {}
    for cell, said, meant in _called(named):
        said_of[cell] = said
        if said.is_quotient:
            outright[cell] = meant
        elif said.by not in _NO_WEIGHTS and not said.by.isdigit():
            loosely[cell] = meant
    if loosely and not _is_borne_out(named, outright, {said_of[cell].by for cell in loosely}):
        loosely = {}
    found = outright | (loosely if len(loosely) >= _FEWEST_CELLS else {})
    if named.choice.objective.assumed and not _is_that(named.choice, found):
        return {}
    return found


def _called(named: Named) -> Iterator[tuple[int, Derivative, list[int]]]:
    """Yield the typed numbers that texts call gradients: one beside them, or else their title."""
    beside = _typed_beside(named)
    is_called = named.targets.is_called & bool(named.targets.by_name)
    told = set[int]()
    for cell in (one for one in beside if is_called[one]):
        said, meant = named.targets.named(cell)
        if said is not None and len({int(named.choice.flow.cells[at]) for at in meant}) == 1:
            told.add(cell)
            yield cell, said, meant
    is_open = np.zeros(named.labels.plane.size, dtype=np.bool_)
    is_open[[one for one in beside if one not in told]] = True
    named.titled = ByTitle(named, is_open).said() if is_open.any() else Titled()
    for cell, meant in named.titled.meant.items():
        yield cell, named.titled.said[cell], meant


def _is_that(choice: Choice, typed: Mapping[int, list[int]]) -> bool:
    """Whether gradients bear out that an L is the one that is assumed."""
    return max(choice.score[0], rightly_typed(choice, typed)) >= _FEWEST_RIGHT


def rightly_typed(choice: Choice, typed: Mapping[int, list[int]]) -> int:
    """Return how many typed numbers are, but for their sign, what texts call them."""
    cells, targets = list(typed), [meant[0] for meant in typed.values()]
    own, truth = np.abs(choice.study.own[cells, 0]), np.abs(choice.flow.values[targets, 0])
    allowed = np.minimum(half_units(own), SMALL * truth)
    return int(((truth > 0) & (np.abs(own - truth) <= allowed)).sum())


def _typed_beside(named: Named) -> list[int]:
    """Return the typed numbers on which no L rests."""
    study, flow = named.choice.study, named.choice.flow
    is_typed = study.sheets.is_typed & (flow.last < 0)
    is_typed[study.cuts] = False
    return [int(cell) for cell in np.flatnonzero(is_typed)]


def _is_borne_out(named: Named, outright: Mapping[int, list[int]], names: set[str]) -> bool:
    """Whether more than one name like `dx` says that gradients stand on a sheet."""
    has_right = named.choice.score[0] >= _FEWEST_RIGHT
    return bool(outright) or has_right or len(names) >= _FEWEST_NAMES


def formulas_by_title(named: Named, typed: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Return the formulas that a title calls gradients and that equal none, with the targets."""
    is_none = np.zeros(named.labels.plane.size, dtype=np.bool_)
    return ByTitle(named, is_none).formulas([*typed])


def untold(named: Named) -> Iterator[Doubt]:
    """Yield the typed numbers that a title calls gradients, and nothing says which."""
    for one in named.titled.untold:
        cells = tuple(cell for cell in one.cells if cell not in named.target)
        if cells and not {*one.by} & _NO_WEIGHTS:
            title = " ".join(one.title.split())[:_LONGEST]
            yield Doubt(cells, f"{_UNTOLD} ({title})")


def name_copied(named: Named) -> None:
    """Name the typed numbers of which formulas that are said to be gradients are copies."""
    copied, beside = named.choice.study.sheets.graph.copied, {*_typed_beside(named)}
    for cell, target in list(named.target.items()):
        if int(copied[cell]) in beside and copied[cell] != cell:
            named.give(int(copied[cell]), target, named.reason[cell])


def without_others(
    named: Named, used: Mapping[int, list[int]], typed: Mapping[int, list[int]]
) -> dict[int, list[int]]:
    """Return what updates say of cells, but for numbers that are what their text says.

    There the update is wrong.
    """
    return {
        cell: meant
        for cell, meant in used.items()
        if {*meant} & {*typed.get(cell, meant)} or not _fits(named, [cell], [typed[cell][0]], 1.0)
    }


def factors_of_typed(named: Named, conventions: Conventions) -> dict[int, float]:
    """Return the factors of typed numbers that are, by name, multiples of gradients throughout.

    Deltas have another sign, or the rate inside. What is called dL/dx outright has not, unless its
    updates add it.
    """
    is_typed = named.choice.study.sheets.is_typed
    typed = [
        cell
        for cell in named.target
        if is_typed[cell] and named.reason[cell] in (Reason.UPDATE, Reason.LABEL)
    ]
    if not typed:
        return {}
    told = map(named.call, named.choice.matches)
    decided = {said.by for said in told if said is not None}
    by_name: dict[tuple[bool, str, float], list[int]] = {}
    slopes = _slopes(named, typed)
    for cell in typed:
        said = named.call(cell)
        key = (bool(said and said.is_quotient), said.by if said else "", slopes.get(cell, 0.0))
        by_name.setdefault(key, []).append(cell)
    found: dict[int, float] = {}
    for (is_quotient, name, slope), cells in by_name.items():
        if name in decided:
            continue  # formulas of that name tell
        usual = conventions.of_gradient(cells[0])
        for by in _options(usual, conventions.rate, slope, is_quotient=is_quotient):
            if _fits(named, cells, [named.target[cell] for cell in cells], by):
                found |= dict.fromkeys(cells, by)
                break
    return found


def _options(usual: float, rate: float, slope: float, *, is_quotient: bool) -> Iterator[float]:
    yield usual
    if slope > 0 or not (is_quotient or slope):
        yield -usual
    if abs(slope) == 1 and not is_quotient:
        yield -slope * abs(rate)


def _fits(named: Named, cells: Sequence[int], targets: Sequence[int], by: float) -> bool:
    """Whether typed numbers are so many times some gradients, give or take their last digits."""
    numbers: Array = named.choice.study.own[cells, 0]
    truth = by * named.choice.flow.values[targets, 0]
    typed = np.ones(len(cells), dtype=np.bool_)
    return bool(truth.any() and matches(numbers, truth, rounding(numbers, typed, truth)).all())


def _slopes(named: Named, typed: Sequence[int]) -> dict[int, float]:
    """Return by how much the update that uses a typed number grows with it."""
    study = named.choice.study
    using = {one.gradients[0]: one.cell for one in named.updates if len(one.gradients) == 1}
    own = [cell for cell in typed if cell in using]
    if not own:
        return {}
    cells = np.array([using[cell] for cell in own], dtype=np.int32)
    grown = study.shifted(own, 1.0, cells) - study.own[cells]
    return dict(zip(own, np.round(grown[:, 0], 9).tolist(), strict=True))
