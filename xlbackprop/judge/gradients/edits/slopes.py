"""Whether a part of a formula is the derivative of an activation."""

from __future__ import annotations

from xlbackprop.formula.tree import Expression, Number, Operation, Reference, walk
from xlbackprop.judge.gradients.edits.edit import Change

_COMPARISONS = (">", "<", ">=", "<=", "=", "<>")


def is_in_slope(wrong: Expression | None, tree: Expression, change: Change) -> bool:
    """Return whether a reference stands where a derivative's does: 1-c, 1-c^2, c>0."""
    if not isinstance(wrong, Reference) or not isinstance(change.right, Reference):
        return False
    slot = change.right.slot
    return any(_slope_of(part) == slot for part in walk(tree))


def _slope_of(part: Expression) -> int | None:
    match part:
        case Operation("-", Number(1.0, _), Reference(slot)):
            return slot
        case Operation("-", Number(1.0, _), Operation("^", Reference(slot), Number(2.0, _))):
            return slot
        case Operation(sign, Reference(slot), Number()) if sign in _COMPARISONS:
            return slot
    return None


def is_slope(part: Expression | None) -> bool:
    """Return whether a part of a formula is a derivative, or holds one."""
    return part is not None and any(_slope_of(one) is not None for one in walk(part))
