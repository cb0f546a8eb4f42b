"""What there is to say of a workbook as a whole, as data; reports put it into sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoteKind(StrEnum):
    """What a note is about, and what its fields mean."""

    NOT_RECALCULATED = "not recalculated"  # reason
    GIVENS_CHANGED = "givens changed"  # count: numbers that are not those handed out; names
    STALE = "stale"  # count: saved values that are not what the formulas give
    UNCOMPUTED = "uncomputed"  # count: formulas, none of which has a value
    UNABLE = "unable"  # count: cells that the engine could not compute
    DATES = "dates"  # names, cells: givens that are shown as dates
    ELSEWHERE = "elsewhere"  # count: cells that LibreOffice has recalculated
    FAILED = "failed"  # reason: the name of a mistake of the evaluator's own
    TAKEN_FROM_MAP = "taken from the spec, not in the map"  # names
    TAKEN_NOT_FOUND = "taken from the spec, not found"  # names
    NAMELESS = "nameless"  # count: blocks without their names, found where they were built
    LOCATED = "located"  # count: surely, among so many; reason: the spec's name
    CLAIMED = "claimed"  # names, cells: where it is judged though few numbers fit; reason: why
    HOLDS = "holds"  # count: cells that hold on other numbers; draws
    UNTRIED = "untried"  # count: cells that could not be tried on other numbers
    UNEVALUATED = "unevaluated"  # count: formulas asked for, and not recalculated
    UNFOLLOWED = "unfollowed"  # count: formulas that lead to too many others
    ROUNDED_GIVENS = "rounded givens"  # count: cells that are right within it; names of givens
    ROUNDED_ACCEPTED = "rounded givens accepted"  # the same, where that was asked for
    DIFFERENTIATED = "differentiated"  # reason: what was found, or broken, in a sentence
    DELTAS = "deltas"  # names: gradients that all are -dL/dx
    LAID_OUT = "laid out"  # names: gradients that all stand input by output
    STOPPED = "stopped"  # draws that were tried, among so many; reason


# What was asked for, and could not be tried.
UNTRIED = (NoteKind.UNTRIED, NoteKind.UNEVALUATED, NoteKind.UNFOLLOWED, NoteKind.STOPPED)


@dataclass(frozen=True)
class Note:
    """A note: its kind, and what belongs to it."""

    kind: NoteKind
    count: int = 0
    among: int = 0
    draws: int = 0
    names: tuple[str, ...] = ()  # of tensors
    cells: tuple[str, ...] = ()  # addresses
    reason: str = ""
