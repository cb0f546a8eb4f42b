"""A cell that alone is no gradient where all around it are: it was to be one, whatever it says."""

from __future__ import annotations

from collections import Counter

from xlbackprop.find.gradients.claims.moves import cell_at, moved
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.resting import Ingredients, rests_on_weights
from xlbackprop.find.gradients.claims.right_cells import RightCells
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.formula.sheets.codes import Code
from xlbackprop.tolerance import SMALL, half_units

_CLOSE = 1e-6


def name_gaps(named: Named, right: RightCells) -> None:
    """Name the cells that are missing among right ones, as those around them say.

    Where something stands that equals a gradient, one right cell beside it is enough to say which.
    """
    usual, by = _usual(named, right)
    ingredients = Ingredients(named.choice)
    for place in usual.beside():
        cell = cell_at(named.labels, place)
        if not _may_be_named(named, cell):
            continue
        match = named.matches.get(cell)
        own = usual.agreed(place)
        for move in sorted(own if match is None else own | usual.of_any_side(place)):
            found = named.targets.at(moved(named.labels, cell, move), cell)
            if not found or ingredients.has(cell, found[0]):
                continue
            if move not in own and match is not None and found[0] not in match.targets:
                continue
            if named.alone_has(cell) and found[0] not in named.matches[cell].targets:
                continue
            if not _is_right_on_page(named, cell, found[0], by):
                named.target[cell], named.reason[cell] = found[0], Reason.PLACE
                break


def _usual(named: Named, right: RightCells) -> tuple[RightCells, float]:
    """Return the right cells whose factor most have, and the factor: another may be a slip."""
    factors = {cell: factor(named.choice, cell, named.target[cell]) for cell in right.meant}
    texts = {cell: f"{own:.6g}" for cell, own in factors.items()}
    ((most, _),) = Counter(texts.values()).most_common(1) or [("1", 0)]
    return right.only([cell for cell, own in texts.items() if own == most]), float(most)


def _is_right_on_page(named: Named, cell: int, target: int, by: float) -> bool:
    """Whether the number on the page, and not zero, is what the place says: no reason to accuse.

    A number that was typed may be rounded.
    """
    study = named.study
    own, true = study.own[cell, 0], by * named.flow.values[target, 0]
    allowed = _CLOSE * abs(true)
    if study.sheets.is_typed[cell]:
        allowed = max(allowed, min(float(half_units(own[None])[0]), SMALL * abs(true)))
    return bool(own and abs(own - true) <= allowed)


def _may_be_named(named: Named, cell: int) -> bool:
    """Whether something stands in a cell that is no part of L, and that only its value names."""
    study = named.study
    is_named = named.reason.get(cell, Reason.VALUE) is not Reason.VALUE
    if not cell or cell in named.none or is_named or cell in named.updated:
        return False
    graph = study.sheets.graph
    is_filled = study.sheets.page.codes[cell, 0] != Code.BLANK
    is_free = is_filled and named.flow.last[cell] < 0
    return bool(is_free and graph.copied[cell] == cell and not rests_on_weights(named, cell))
