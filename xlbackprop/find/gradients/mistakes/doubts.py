"""What is right for one reading of a sheet, and does not fit what stands beside it.

Where no text and no update says what a cell is to be, its number does; and a slip may turn one
right number into another: a minus that others have not, rows in another order than the weights',
weights that are copied where a step is to be taken. Nobody can tell that these are wrong, and they
are not said to be right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xlbackprop.find.gradients.claims.blocks import blocks
from xlbackprop.find.gradients.claims.moves import Place, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Claim, Doubt, Reason, Role
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.formula.tree import Reference

_TWO_SIGNS = (
    "-dL/dx where the other gradients of the sheet are dL/dx, and no update tells which is meant"
)
_ALL_MINUS = "-dL/dx throughout, and neither a text nor an update says that it is to be so"
_ANOTHER_ORDER = "right gradients, but in another order than the numbers that they are by"
_STAYS = "copies of numbers whose gradients stand on the sheet: no step is taken from them"
_NEAR = 4
_DERIVATIVE = re.compile(r"d(?!elta)[\s_]?\w{1,12}", re.IGNORECASE)


def doubts(named: Named, claims: Sequence[Claim]) -> Iterator[Doubt]:
    """Yield the cells that do not fit their neighbours, by what is odd of them."""
    last = _not_used(named, claims)
    yield from _of_two_signs(named, last)
    yield from _in_another_order(named, last)
    yield from _that_stay(named, last)


def _not_used(named: Named, claims: Sequence[Claim]) -> list[Claim]:
    """Return the gradients of weights and other typed numbers of which nothing on is made."""
    graph = named.graph
    used = {one for claim in claims for one in graph.references(claim.cell)}
    used |= {one for update in named.updates for one in update.gradients}
    return [
        claim
        for claim in claims
        if claim.role is Role.GRADIENT and claim.cell not in used and _is_of_leaf(named, claim)
    ]


def _is_of_leaf(named: Named, claim: Claim) -> bool:
    """Whether a gradient is, or may be as well, that of a typed number: a bias's is its net's."""
    match, cells = named.matches.get(claim.cell), named.flow.cells
    others = () if match is None else match.targets
    return named.is_leaf(claim.of) or any(named.is_leaf(int(cells[at])) for at in others)


def _of_two_signs(named: Named, last: Sequence[Claim]) -> Iterator[Doubt]:
    """Yield the gradients with a minus, where others have none."""
    signs = {claim.cell: _sign(named, claim) for claim in last}
    minus = tuple(cell for cell, sign in signs.items() if sign < 0)
    if minus and any(sign > 0 for sign in signs.values()):
        yield Doubt(minus, _TWO_SIGNS)
    elif minus and not any(_is_said(named, cell) for cell in minus):
        yield Doubt(minus, _ALL_MINUS)


def _is_said(named: Named, cell: int) -> bool:
    """Whether a text beside a cell may say that a minus is meant: `delta`, `Δw`, `error`; not `dw`.

    One that is far above it, or far to its left, is no text of the cell's own.
    """
    labels = named.labels
    near = [text for far, text in (labels.above(cell), labels.left(cell)) if far <= _NEAR]
    return any(
        text and not _DERIVATIVE.fullmatch(text) for text in [labels.heading(cell)[0], *near]
    )


def _sign(named: Named, claim: Claim) -> float:
    """Return the sign with which a cell is the gradient of a typed number; 0 where it has both.

    That by a target, of which nobody has the gradient, is that of the output with a minus.
    """
    choice, match = named.choice, named.matches.get(claim.cell)
    if match is None:
        return claim.factor
    signs = {
        int(choice.flow.cells[at]): float(np.sign(factor(choice, claim.cell, at)))
        for at in match.targets
    }
    own = {
        sign
        for cell, sign in signs.items()
        if named.is_leaf(cell) and not _is_target(named, cell, signs)
    }
    return own.pop() if len(own) == 1 else 0.0


def _is_target(named: Named, cell: int, signs: Mapping[int, float]) -> bool:
    """Whether L has a cell's difference from another one, whose gradient is its with a minus."""
    others = [one for one, sign in signs.items() if sign == -signs[cell]]
    graph = named.graph
    for group in graph.groups if others else ():
        windows = graph.windows(group)
        users = windows[(windows == cell).any(axis=1)]
        if np.isin(users, others).any():
            return True
    return False


def _in_another_order(named: Named, last: Sequence[Claim]) -> Iterator[Doubt]:
    """Yield the blocks of gradients that stand otherwise than what they are by, each as large.

    Straight or transposed is what people write; so is a matrix in a single row.
    """
    places = {
        named.labels.place(claim.cell): claim for claim in last if claim.reason is Reason.VALUE
    }
    for block in _blocks(named, places):
        own = [places[place] for place in block]
        ofs = [named.labels.place(claim.of) for claim in own]
        if len(set(ofs)) == len(ofs) and _fills(block, ofs) and not _agree(named, own):
            yield Doubt(tuple(claim.cell for claim in own), _ANOTHER_ORDER)


def _blocks(named: Named, places: Mapping[Place, Claim]) -> Iterator[list[Place]]:
    """Yield the places of cells of one formula shape that are neighbours, two or more."""
    owner = named.graph.owner
    by_shape: dict[int, list[Place]] = {}
    for place, claim in places.items():
        by_shape.setdefault(int(owner[claim.cell]), []).append(place)
    for own in by_shape.values():
        yield from (block for block in blocks(own) if len(block) > 1)


def _fills(block: Sequence[Place], ofs: Sequence[Place]) -> bool:
    """Whether both fill a rectangle of one size, or of that size turned."""
    own, other = _size(block), _size(ofs)
    return bool(own) and sorted(own) == sorted(other)


def _size(places: Sequence[Place]) -> tuple[int, ...]:
    """Return the height and width of what places fill; nothing where that is no rectangle."""
    sheets, rows, columns = zip(*places, strict=True)
    height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
    return (height, width) if len(set(sheets)) == 1 and height * width == len(places) else ()


def _agree(named: Named, claims: Sequence[Claim]) -> bool:
    """Whether one and the same way leads from each cell to something that it is the gradient of.

    With the sign that it has here: of two classes, one's gradient is the other's with a minus.
    """
    choice = named.choice
    ways = [
        {
            way
            for at in choice.matches[claim.cell].targets
            if factor(choice, claim.cell, at) * claim.factor > 0
            for way in moves_of(named.labels, claim.cell, int(choice.flow.cells[at]))
        }
        for claim in claims
        if claim.cell in choice.matches
    ]
    return not ways or bool(set.intersection(*ways))


def _that_stay(named: Named, last: Sequence[Claim]) -> Iterator[Doubt]:
    """Yield the copies of weights that nothing uses, where a step might be taken.

    There is an update of some other, or a number that is used nowhere, as a rate may be.
    """
    sheets, flow = named.sheets, named.flow
    graph = sheets.graph
    weights = {claim.of for claim in last} - {one.of for one in named.updates}
    if not weights or not (named.updates or _has_idle_number(named)):
        return
    found: list[int] = []
    for group in graph.groups:
        if isinstance(group.tree, Reference):
            free = group.cells[(flow.last[group.cells] < 0) & ~graph.is_used[group.cells]]
            found += free[np.isin(graph.copied[free], list(weights))].tolist()
    if found:
        yield Doubt(tuple(sorted(found)), _STAYS)


def _has_idle_number(named: Named) -> bool:
    """Whether a typed number stands on the sheet that no formula uses."""
    sheets = named.sheets
    return bool((sheets.is_typed & ~sheets.graph.is_used).any())
