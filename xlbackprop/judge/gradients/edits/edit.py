"""What an edit is: the kind of slip, what to do in words, and the formula as mended."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlbackprop.formula.tree import Expression
from xlbackprop.judge.gradients.edits.written import Written


@dataclass(frozen=True)
class Change:
    """A formula that was changed in one place, and what stands where.

    `wrong` and `right` are the parts that differ, of the mended formula's slots, and `also` further
    parts that are wrong in the same way; `slip` names the kind, and `rank` and `distance` tell
    which of several changes is the smallest.
    """

    slip: str
    rank: int
    mended: Written
    wrong: Expression | None = None
    right: Expression | None = None
    distance: float = 0.0
    also: tuple[Expression, ...] = ()
    says: str = ""  # in words, instead of what the parts say


@dataclass(frozen=True)
class Edit:
    """The single edit that mends a cell's formula.

    `slip` names the kind of slip, `message` says in words what to do, with addresses, and
    `formula` is the formula as mended, without its equals sign; "" where no other reference alone
    mends it. Edits of one `cause` are the same edit in several cells.
    """

    slip: str
    message: str
    formula: str
    cause: int = field(default=0, compare=False)
