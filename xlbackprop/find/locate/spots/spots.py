"""Places where a computed tensor may stand, and what speaks for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xlbackprop.equation import Array, Kind, Mask, Role, Tensor
from xlbackprop.find.locate.page.page import Keys
from xlbackprop.find.locate.spots.inputs import InputReading

ENOUGH = 0.8  # evidence below this is none
_LOSS = "loss.L"
_MANY = 4
# More than numbers that fit elsewhere, too; and what decides between places that are alike.
_SAID, _TOLD = 4.5, 0.3
# Of few numbers: a block that a label names goes before cells here and there that fit as well.
_NAMED_BLOCK = 1.0
# Of places with the same numbers, that whose formulas are the tensor's own goes before a label.
_MADE = 1.5


@dataclass(frozen=True)
class Spot:
    """A place where a computed tensor may stand, and what speaks for it."""

    tensor: Tensor
    keys: Keys
    matched: Mask  # which entries are what the equation gives
    label: float
    is_named: bool  # by a label that would not sooner name another tensor
    references: float  # from 0 to 1: how far the formulas refer to the equation's sources
    formulas: float  # the share of cells with a formula
    empty: float  # the share of cells with nothing in them
    oddity: float
    different: int  # how many different numbers match
    is_loose: bool = False  # only repeats other cells, and no formula refers to it
    is_told: bool = False  # by what the page's own formulas differentiate to
    is_said: bool = False  # and an update or a label there says so, too
    is_followed: bool = False  # what the page computes from the numbers there follows from them

    @property
    def name(self) -> str:
        """The tensor's name."""
        return self.tensor.name

    @property
    def cells(self) -> frozenset[int]:
        """The keys of the cells."""
        return frozenset(self.keys.ravel().tolist())

    @property
    def share(self) -> float:
        """The share of entries that are what the equation gives."""
        return float(self.matched.mean())

    @property
    def fitting(self) -> str:
        """How many of its numbers are what the equation gives, in words."""
        count = int(self.matched.sum())
        if self.matched.size == 1:
            return "its number fits" if count else "its number does not fit"
        return f"{count} of its {self.matched.size} numbers fit"

    @property
    def fits(self) -> bool:
        """Whether so many numbers fit that it is no chance: all of a few, half of many."""
        is_enough = self.different >= _MANY or self.label > 0 or self.is_told
        is_nameless_helper = self.tensor.kind is Kind.HELPER and self.label <= 0
        return self.share >= (0.5 if is_enough and not is_nameless_helper else 1)

    @property
    def is_counted_with(self) -> bool:
        """Whether what follows may follow from the numbers that stand there."""
        fits = self.is_made_of_sources or (self.share >= 0.5 and self.different > 1)
        is_claimed = self.is_named and self.oddity < 1 and self.tensor.kind is not Kind.LINK
        return fits or is_claimed

    @property
    def is_nameless_copy(self) -> bool:
        """Whether the tensor is a copy of another, and no label says that it stands here."""
        return self.tensor.kind is Kind.LINK and not self.is_named and not self.is_told

    @property
    def is_made_of_sources(self) -> bool:
        """Whether the formulas use just what they should and give just what they should.

        What is repeated for nobody is no step of a computation, but at its end.
        """
        if self.is_loose and self.tensor.role is not Role.PARAMETER_GRADIENT:
            return False
        return self.share == 1 and self.references == 1 and self.formulas == 1

    @property
    def is_idle_copy(self) -> bool:
        """Whether it would be a copy that nothing uses and no label names: that may be anything."""
        is_copy = self.tensor.kind in (Kind.LINK, Kind.HELPER)
        return is_copy and self.is_loose and not self.is_named and not self.is_told

    @property
    def evidence(self) -> float:
        """How much speaks for this place, whatever else there is."""
        numbers = self.share * min(self.different, 4) / 4 if self.share >= 0.5 else 0.0
        plain = 0.25 if self.oddity < 1 else 0.0
        is_sure = self.is_told or self.is_made_of_sources or self.is_followed
        sure = 1.0 if is_sure else 0.0
        return numbers + 0.5 * max(0.0, self.label) + 0.5 * self.references + plain + sure

    @property
    def rank(self) -> float:
        """What places are ordered by: numbers count most."""
        numbers = 2.5 * self.share * min(self.different, 4) / 4 if self.share >= 0.5 else 0.0
        is_between = self.tensor.role is Role.INNER and self.name != _LOSS
        copy = 0.2 if self.tensor.kind in (Kind.LINK, Kind.HELPER) or is_between else 0.0
        told = (_SAID if self.is_said else _TOLD) if self.is_told else 0.0
        is_named_block = self.is_named and self.oddity < 1 and self.share == 1
        goes_before = is_named_block and self.different < _MANY
        return (
            told + _NAMED_BLOCK * goes_before + numbers
            + _MADE * (self.is_made_of_sources or self.is_followed)
            + 0.5 * self.label + 0.6 * self.references + 0.3 * self.formulas
            - 0.08 * self.oddity - 2 * self.empty - copy
        )  # fmt: skip


def uncontradicted(spots: Iterable[Spot]) -> list[Spot]:
    """Return the places but those that no label names, where another tensor is told to stand.

    Both fit there: a gradient that has gone through active units only is that of their inputs, too.
    """
    known = list(spots)
    told = {one.cells: one.name for one in known if one.is_told and one.share == 1}
    return [one for one in known if one.is_named or told.get(one.cells, one.name) == one.name]


@dataclass
class Located:
    """What was made of a page: the tensors' spots, and all spots that were thought of."""

    inputs: InputReading
    spots: dict[str, Spot] = field(default_factory=dict)
    considered: dict[str, list[Spot]] = field(default_factory=dict)
    counted: dict[str, Array] = field(default_factory=dict)
    exchanged: dict[str, Spot] = field(default_factory=dict)  # fit in an order without company
    unsettled: dict[str, str] = field(default_factory=dict)  # what seems to be there, and why not
