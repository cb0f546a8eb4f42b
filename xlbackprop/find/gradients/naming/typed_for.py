"""Which L gradients were typed for, where they are numbers: no formula tells."""

from __future__ import annotations

from collections.abc import Sequence

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.naming.typed import rightly_typed, typed_by_text
from xlbackprop.find.gradients.texts.labels import Labels

# Typed numbers that have to be right for another L before it is taken for that.
_FEWEST = 4.0


def is_typed_for(labels: Labels, own: Choice, other: Choice, *, fits_weights: bool) -> bool:
    """Whether gradients were typed, so that no formula is one, and another L fits these no better.

    That begins with differences, which are its gradients whatever they are meant for; where it also
    `fits_weights`, it has to fit what was typed worse.
    """
    if own.matches or not typed_by_text(Named(own, labels, [])):
        return False
    mine, its = (_right(labels, one) for one in (own, other))
    return mine > its or (mine == its and not fits_weights)


def as_typed(
    labels: Labels, own: Choice | None, others: Sequence[Choice]
) -> tuple[Choice | None, Choice | None]:
    """Return the sheet's own L; another of which typed numbers are the gradients, if no formula is.

    Then the sheet's own follows.
    """
    if own is None or own.matches or not others:
        return own, None
    other = max(others, key=lambda one: _right(labels, one))
    is_better = _right(labels, other) > max(_right(labels, own), _FEWEST)
    return (other, own) if is_better else (own, None)


def _right(labels: Labels, choice: Choice) -> int:
    """Return how many typed numbers are, for an L, what texts call them."""
    return rightly_typed(choice, typed_by_text(Named(choice, labels, [])))
