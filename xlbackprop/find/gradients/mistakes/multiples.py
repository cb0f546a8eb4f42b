"""Multiples of gradients that no convention explains, made of right ones: there a slip begins.

Where `dL/dh` is 1.1 times what it should be, all that is made of it is so, too, and each cell by
itself might be anything. But what it is made of is right, and nothing that uses it makes it good.
"""

from __future__ import annotations

from collections import Counter
from math import log

import numpy as np

from xlbackprop.find.gradients.claims.levels import Levels, is_near
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import Choice, factor
from xlbackprop.find.gradients.naming.claimed import Claimed
from xlbackprop.find.gradients.texts.labels import Labels

_CLOSE, _DIGITS = 1e-6, 6
_BASES = (log(2), log(10), log(10) / log(2))


def add_multiples(named: Named, claimed: Claimed) -> bool:
    """Name such cells and what is made of them; or, first, the factor that is usual before them.

    Returns whether there are any.
    """
    usual = abs(claimed.usual)
    if abs(usual - 1) > _CLOSE and not named.usual:
        before = _usual_before(named, usual)
        if not before and claimed.is_odd and _is_slip(named, usual):
            before, named.odd = 1.0, usual
        named.usual = float(np.copysign(before, claimed.usual))
        if named.usual:
            return True
    if not claimed.left_out:
        return False
    sheet = Levels(named, usual, claimed.left_out)
    found = {cell: np.copysign(usual, claimed.left_out[cell]) for cell in sheet.named(named.odd)}
    beside = sheet.beside(list(found))
    for cell, by in found.items():
        named.reason[cell], named.factors[cell] = Reason.USE, float(by)
    for cell, (target, like) in beside.items():
        named.target[cell], named.reason[cell] = target, Reason.USE
        named.factors[cell] = named.factors[like]
    return bool(found)


def begins_right(choice: Choice, labels: Labels) -> bool:
    """Whether most cells are a multiple of L's gradients, and come of some that are right."""
    target = {cell: match.targets[0] for cell, match in choice.matches.items()}
    named = Named(choice, labels, [], target)
    factors = Counter(
        round(abs(factor(choice, cell, at)), _DIGITS) for cell, at in target.items()
    ).most_common(1)
    return bool(factors and factors[0][0] != 1 and _usual_before(named, factors[0][0]))


def _usual_before(named: Named, odd: float) -> float:
    """Return 1 where a factor that most have comes of gradients that are right themselves, else 0.

    A rate or a mean is in the gradients of weights alone, and another L is in the first of all.
    """
    sheet = Levels(named, 1.0, {})
    begins: list[int] = []
    for cells, _, made_of in sheet.by_group(is_near(sheet.level, odd)):
        if not sheet.is_backward(cells).all():
            return 0.0
        is_first = (made_of > 0).any(axis=1) & ~is_near(made_of, odd).any(axis=1)
        if not is_near(made_of[is_first].max(axis=1, initial=0.0), 1.0).all():
            return 0.0
        begins += [cell for cell in cells[is_first].tolist() if cell in named.target]
    return 1.0 if any(not sheet.is_of_leaf(cell) for cell in begins) else 0.0


def _is_slip(named: Named, odd: float) -> bool:
    """Whether a factor that all gradients have is one of theirs, and no other way to write L.

    Means for sums are, and squares without their half, and logarithms to other bases.
    """
    objective = named.choice.objective
    if objective.assumed or not objective.label:
        return False
    parts = [part for one in (odd, 1 / odd) for part in (one, 2 * one)]
    if any(abs(one - round(one)) <= _CLOSE * one for one in parts if one >= 1):
        return False
    if any(abs(one / base - 1) <= _CLOSE for one in (odd, 1 / odd) for base in _BASES):
        return False
    return bool(Levels(named, 1.0, {}).first(odd))
