"""All claims of a sheet, those included that others make: in rounds, until there are no more."""

from __future__ import annotations

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.mistakes.made_like import add_made_like
from xlbackprop.find.gradients.mistakes.mended import add_mended
from xlbackprop.find.gradients.mistakes.multiples import add_multiples
from xlbackprop.find.gradients.mistakes.roots import add_roots
from xlbackprop.find.gradients.naming.claimed import Claimed, claimed

_MOST_ROUNDS = 6
# What is tried first tells most.
_WAYS = (add_multiples, add_mended, add_roots, add_made_like)


def all_claimed(named: Named) -> Claimed:
    """Return all claims, those of deltas that nothing but their use tells included."""
    found = claimed(named)
    for _ in range(_MOST_ROUNDS):
        if not any(add(named, found) for add in _WAYS):
            break
        found = claimed(named)
    return found
