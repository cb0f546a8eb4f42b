"""Gradients that updates name; where one takes another weight's gradient, the places say which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from xlbackprop.find.gradients.claims.moves import Move, moves_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.claims.resting import rests_on_right

_OF_ALL = -1


def by_update(named: Named, typed: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Return the cells that updates use as gradients, with the targets that these name.

    `typed` are the numbers that texts call gradients.
    """
    found: dict[int, list[int]] = {}
    right = {at for match in named.matches.values() for at in match.targets}
    users = Counter(one.gradients[0] for one in named.updates if len(one.gradients) == 1)
    for one in named.updates:
        if len(one.gradients) != 1 or one.refers_to != one.of:
            continue
        (gradient,) = one.gradients
        meant = named.targets.at(one.of, gradient)
        match = named.matches.get(gradient)
        fits = match is not None and set(match.targets) & set(meant)
        if one.is_waiting and right & set(meant):
            continue
        if not fits and (
            users[gradient] > 1 or rests_on_right(named.choice, gradient, meant, typed)
        ):
            continue
        if meant:
            found[gradient] = meant
    for gradient in _of_others(named, found):
        del found[gradient]
    return found


def _of_others(named: Named, found: Mapping[int, list[int]]) -> list[int]:
    """Return the gradients that are right where they stand, and used for another weight.

    More gradients stand so to the weights that they are right for than to those whose updates use
    them: so the updates are wrong.
    """
    cells = named.flow.cells
    suspect = {cell for cell, meant in found.items() if _is_of_other(named, cell, meant)}
    if not suspect:
        return []
    right: dict[int, list[int]] = {}
    for cell, match in named.matches.items():
        own = [int(cells[at]) for at in match.targets]
        right[cell] = [of for of in own if named.is_leaf(of)]
    owner = named.graph.owner
    as_right, as_used = Counter[tuple[int, Move]](), Counter[tuple[int, Move]]()
    for cell, weights in right.items():
        ways = {move for of in weights for move in moves_of(named.labels, cell, of)}
        as_right.update((kind, move) for move in ways for kind in (int(owner[cell]), _OF_ALL))
    for cell, meant in found.items():
        ways = {*moves_of(named.labels, cell, int(cells[meant[0]]))}
        as_used.update((kind, move) for move in ways for kind in (int(owner[cell]), _OF_ALL))

    def support(counted: Counter[tuple[int, Move]], cell: int, of: int) -> tuple[int, int]:
        """Return how many of its own formula shape stand as a cell does, and how many of all."""
        ways = moves_of(named.labels, cell, of)
        own, every = (max(counted[kind, move] for move in ways) for kind in (owner[cell], _OF_ALL))
        return own, every

    return [
        cell
        for cell, meant in found.items()
        if cell in suspect
        and max(support(as_right, cell, of) for of in right[cell])
        > support(as_used, cell, int(cells[meant[0]]))
    ]


def _is_of_other(named: Named, cell: int, meant: list[int]) -> bool:
    """Whether a cell is the gradient of weights, and not of the one whose update uses it."""
    match, cells = named.matches.get(cell), named.flow.cells
    own = [int(cells[at]) for at in match.targets] if match is not None else []
    weights = [of for of in own if named.is_leaf(of)]
    return bool(weights) and int(cells[meant[0]]) not in weights
