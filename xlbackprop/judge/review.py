"""All that is known of a workbook: handed from judging to diagnosis, proof and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xlbackprop.equation import Array
from xlbackprop.judge.diagnosis import Diagnosis
from xlbackprop.judge.judgement import Judgement
from xlbackprop.network import Network
from xlbackprop.workbook.notes import UNTRIED, Note, NoteKind
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


@dataclass(frozen=True)
class GivensChanged:
    """A given or parameter of which some numbers are not those that were handed out."""

    tensor: str
    count: int


@dataclass(frozen=True)
class NotJudged:
    """A computed tensor that was not judged, and why."""

    tensor: str
    reason: str


@dataclass(frozen=True)
class Review:
    """A judged workbook: what was found in it, what is said of it, and what explains it.

    `verify` makes it, and each further stage returns one in which it knows more.
    """

    network: Network
    found: Mapping[str, Found]
    judgements: Mapping[str, Judgement]
    chosen: Mapping[str, Array] = field(default_factory=dict)  # inputs that the workbook lacks
    diagnoses: Mapping[str, Sequence[Diagnosis]] = field(default_factory=dict)  # of wrong cells
    notes: tuple[Note, ...] = ()  # on the workbook as a whole
    givens_changed: tuple[GivensChanged, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    unsettled: frozenset[str] = frozenset()  # of those, what seems to be on the page
    workbook: str = ""  # its path

    @property
    def is_incomplete(self) -> bool:
        """Whether something that was asked for, or seems to be there, could not be judged."""
        untried = any(note.kind in (*UNTRIED, NoteKind.ROUNDED_GIVENS) for note in self.notes)
        return bool(self.unsettled or self.uncomputed) or untried

    @property
    def uncomputed(self) -> int:
        """How many cells hold formulas without a value, where none of all formulas has one.

        A program that does not compute has saved the workbook, and nothing computed it since:
        that is nobody's mistake.
        """
        found = [judgement.found for judgement in self.judgements.values()]
        formulas = sum(int(one.has_formula.sum()) for one in found)
        without = sum(int((one.has_formula & (one.states == State.BLANK)).sum()) for one in found)
        return without if without == formulas else 0
