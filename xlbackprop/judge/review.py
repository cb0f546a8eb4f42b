"""All that is known of a workbook: handed from judging to diagnosis, proof and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xlbackprop.equation import Array, Math, Tensor
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

    `verify` makes it, and each further stage returns one in which it knows more. Where the sheet's
    own formulas were differentiated there is no network (None): the tensors are then those that
    were found, `own_title` says what was judged, and `own_rules` what makes a tensor.
    """

    network: Network | None
    found: Mapping[str, Found]
    judgements: Mapping[str, Judgement]
    chosen: Mapping[str, Array] = field(default_factory=dict)  # inputs that the workbook lacks
    diagnoses: Mapping[str, Sequence[Diagnosis]] = field(default_factory=dict)  # of wrong cells
    notes: tuple[Note, ...] = ()  # on the workbook as a whole
    givens_changed: tuple[GivensChanged, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    unsettled: frozenset[str] = frozenset()  # of those, what seems to be on the page
    yours: frozenset[str] | None = None  # what was left to the user; None where nothing tells
    workbook: str = ""  # its path
    own_title: str = ""  # what was judged, where no network says
    own_about: str = ""  # more of it, in a sentence
    own_rules: Mapping[str, str] = field(default_factory=dict)  # what makes a tensor, in words

    @property
    def title(self) -> str:
        """The name of what was judged."""
        return self.network.spec.name if self.network else self.own_title

    @property
    def about(self) -> str:
        """What was judged, in a sentence, or nothing."""
        return self.network.spec.about if self.network else self.own_about

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """All tensors, those that the workbook lacks and those that the network lacks as well."""
        own = {name: found.tensor for name, found in self.found.items()}
        return {**self.network.tensors, **own} if self.network else own

    @property
    def judged_network(self) -> Network:
        """The network, for what works by its equations; ValueError where there is none."""
        if self.network is None:
            raise ValueError("no network was judged, but a sheet's own formulas")
        return self.network

    def rule(self, name: str) -> Math | None:
        """Return the equation by which a tensor is made, or None where none is known."""
        if self.network is None:
            return Math(self.own_rules[name]) if name in self.own_rules else None
        equation = self.network.equation_of.get(name)
        return equation.math if equation else None

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
