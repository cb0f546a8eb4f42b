"""What a diagnosis is, and how it is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlbackprop.equation import Mask, Mistake, Slip
from xlbackprop.equation.indices import entry_name, indices

UNKNOWN = "unknown"

_MOST_NAMED = 3


@dataclass(frozen=True)
class Diagnosis:
    """What explains some of a tensor's wrong cells.

    `slip` is the slip's name, "one of: …" where several give these very numbers, or "unknown".
    `message` says in words for the person what to do, `where` which of the tensor's cells it
    explains, a mask of the tensor's shape. `is_weaker` says that it is no evidence against what the
    sheet's own derivatives say of the formula: it is from numbers alone, of a tensor that is not on
    the page or of several slips.
    """

    slip: str
    message: str
    where: Mask
    is_weaker: bool = False


class EarlierSlip(Slip):
    """A slip in a tensor that is not on the page, seen in one that follows from it."""


def named(mistakes: Sequence[Mistake], where: Mask, place: str = "") -> Diagnosis:
    """Return the diagnosis of cells that each of the mistakes explains; `place` says where."""
    hints: dict[str, str] = {}
    for mistake in mistakes:
        hints.setdefault(mistake.name, mistake.hint)
    is_weaker = all(isinstance(one, EarlierSlip) for one in mistakes)
    if len(hints) == 1:
        ((name, hint),) = hints.items()
        return Diagnosis(name, f"{name}{place}: {hint}", where, is_weaker)
    names = ", ".join(hints)
    choices = " Or: ".join(f"{name}: {hint}" for name, hint in hints.items())
    message = f"one of several slips{place}. {choices}"
    return Diagnosis(f"one of: {names}", message, where, is_weaker=True)


def unknown(where: Mask) -> Diagnosis:
    """Return the diagnosis of cells that nothing explains."""
    number = int(where.sum())
    these = "this wrong cell" if number == 1 else f"these {number} wrong cells"
    message = f"no well-known mistake explains {these}{in_cells(where)}"
    return Diagnosis(UNKNOWN, message, where)


def in_cells(where: Mask) -> str:
    """Return in words which cells of a tensor are meant: ` in [0,1,2] and [1,0,0]`."""
    cells = indices(where)
    if not cells[0]:
        return ""
    if len(cells) > _MOST_NAMED:
        return f" in {len(cells)} cells" if len(cells) < where.size else ""
    texts = [entry_name("", index) for index in cells]
    *most, last = texts
    return f" in {', '.join(most)} and {last}" if most else f" in {last}"
