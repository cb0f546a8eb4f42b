"""The titles of a workbook: those of gradients, and those of what these may be by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from xlbackprop.find.gradients.texts.governed import Governed, governed
from xlbackprop.find.gradients.texts.labels import Derivative, Labels
from xlbackprop.find.gradients.texts.reading import Said, names_in, said_by


@dataclass(frozen=True)
class Untold:
    """Typed numbers under a gradient's title that go with no cell that is sure; `title` is that."""

    cells: tuple[int, ...]
    title: str
    by: tuple[str, ...]


@dataclass(frozen=True)
class Titled:
    """What titles call gradients, by cell, with the targets that are meant, and what is untold."""

    meant: Mapping[int, list[int]] = field(default_factory=dict)
    said: Mapping[int, Derivative] = field(default_factory=dict)
    untold: tuple[Untold, ...] = ()


class Titles:
    """The titles of a workbook: those of gradients, and those of the cells that L rests on."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels

    @cached_property
    def gradients(self) -> list[tuple[Governed, Said]]:
        """The titles that call what they govern gradients."""
        said = ((title, said_by(title.text)) for title in self._all)
        return [(title, one) for title, one in said if one is not None]

    @cached_property
    def by_name(self) -> Mapping[str, list[tuple[int, Governed]]]:
        """All other titles by the names that they give, and how likely each of these is."""
        found: dict[str, list[tuple[int, Governed]]] = {}
        for title in self._all:
            if said_by(title.text) is None:
                for rank, name in enumerate(names_in(title.text)):
                    found.setdefault(name, []).append((rank, title))
        return found

    def others(self, sheet: int) -> list[Governed]:
        """Return the titles of a sheet that speak of no gradients."""
        return [one for one in self._all if one.sheet == sheet and said_by(one.text) is None]

    @cached_property
    def _all(self) -> list[Governed]:
        labels = self._labels
        if not any(said_by(text) is not None for text in labels.every):
            return []
        sheets = range(len(labels.plane.boxes))
        return [title for sheet in sheets for title in governed(labels, sheet)]

    def named(self, said: Said, sheet: int) -> list[Governed]:
        """Return what is likeliest to be meant by a gradient's title on a sheet."""
        for by in said.by:
            every = self.by_name.get(by, [])
            for own in ([one for one in every if one[1].sheet == sheet], every):
                if own:
                    least = min(rank for rank, _ in own)
                    return [title for rank, title in own if rank == least]
        return []
