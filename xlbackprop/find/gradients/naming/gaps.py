"""A cell that alone is no gradient where all around it are: it was to be one, whatever it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from xlbackprop.find.gradients.claims.moves import (
    SIDES,
    Move,
    Place,
    agreed,
    beside,
    cell_at,
    moved,
)
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.resting import Ingredients, rests_on_weights
from xlbackprop.find.gradients.claims.targets import Targets
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.tolerance import SMALL, half_units

_CLOSE = 1e-6


def name_gaps(
    named: Named,
    targets: Targets,
    meant: Mapping[int, list[int]],
    moves: Mapping[Place, set[Move]],
) -> None:
    """Name the cells that are missing among right ones, as those around them say.

    `meant` are the targets that each right cell may be the gradient of, and `moves` how one comes
    to these from its place. In a block, two right cells have to follow on a side in the row and in
    the column; in a lone row or column, two on each side.
    """
    usual, by = _usual(named, meant)
    if len(usual) < len(meant):
        places = [targets.labels.place(cell) for cell in usual]
        moves = {place: moves[place] for place in places}
    ingredients = Ingredients(named.choice)
    for place in beside(moves):
        cell = cell_at(targets, place)
        if not _may_be_named(named, cell):
            continue
        match = named.choice.matches.get(cell)
        own = agreed(moves, place)
        for move in sorted(own if match is None else own | _of_sides(moves, place)):
            found = targets.at(moved(targets, cell, move), cell)
            if not found or ingredients.has(cell, found[0]):
                continue
            if move not in own and match is not None and found[0] not in match.targets:
                continue
            if named.alone_has(cell) and found[0] not in named.choice.matches[cell].targets:
                continue
            if not _is_right_on_page(named, cell, found[0], by):
                named.target[cell], named.reason[cell] = found[0], Reason.PLACE
                break


def _usual(named: Named, meant: Mapping[int, list[int]]) -> tuple[list[int], float]:
    """Return the right cells whose factor most have, and the factor: another may be a slip."""
    factors = {cell: factor(named.choice, cell, named.target[cell]) for cell in meant}
    texts = {cell: f"{own:.6g}" for cell, own in factors.items()}
    ((most, _),) = Counter(texts.values()).most_common(1) or [("1", 0)]
    return [cell for cell, own in texts.items() if own == most], float(most)


def _is_right_on_page(named: Named, cell: int, target: int, by: float) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse.

    A number that was typed may be rounded.
    """
    study = named.choice.study
    own, true = study.own[cell, 0], by * named.choice.flow.values[target, 0]
    allowed = _CLOSE * abs(true)
    if study.sheets.is_typed[cell]:
        allowed = max(allowed, min(float(half_units(own[None])[0]), SMALL * abs(true)))
    return bool(own and abs(own - true) <= allowed)


def _of_sides(moves: Mapping[Place, set[Move]], place: Place) -> set[Move]:
    """Return the moves that any of the right cells beside a place has."""
    sheet, row, column = place
    own = (moves.get((sheet, row + down, column + along), set()) for down, along in SIDES)
    return set().union(*own)


def _may_be_named(named: Named, cell: int) -> bool:
    """Whether something stands in a cell that is no part of L, and that only its value names."""
    study = named.choice.study
    is_named = named.reason.get(cell, Reason.VALUE) is not Reason.VALUE
    if not cell or cell in named.none or is_named or cell in named.updated:
        return False
    graph = study.sheets.graph
    is_filled = study.sheets.page.codes[cell, 0] != Code.BLANK
    is_free = is_filled and named.choice.flow.last[cell] < 0
    return bool(is_free and graph.copied[cell] == cell and not rests_on_weights(named, cell))
