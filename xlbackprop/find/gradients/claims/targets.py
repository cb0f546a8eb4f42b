"""The cells of which L has a gradient, by place and by name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.differentiation.flow import EVERY_STEP
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.texts.labels import Derivative, Labels, derivative, name

Key = tuple[int, int, int, int, str]


class Targets:
    """The cells of a flow, by place and by name."""

    def __init__(self, choice: Choice, labels: Labels) -> None:
        self.flow, self.labels = choice.flow, labels
        self.by_cell = self.flow.by_cell
        self._step_of: dict[tuple[int, int, int], int] = {}
        objective = choice.objective
        for cell, step in zip(objective.cells.tolist(), objective.steps.tolist(), strict=True):
            sheet, row, column = labels.place(cell)
            self._step_of |= {(sheet, 0, row): step, (sheet, 1, column): step}
        self.by_name: dict[Key, list[int]] = {}
        # Only what some text calls a gradient by has to be known by name.
        is_meant = labels.beside(lambda text: name(text) in labels.derivatives)
        for cell in (one for one in self.by_cell if is_meant[one]):
            for text, key in self._said_of(cell):
                self.by_name.setdefault((*key, name(text)), []).append(cell)
        self._names = {key[-1] for key in self.by_name}

    @cached_property
    def is_called(self) -> Mask:
        """Which cells of the plane texts may call gradients: all that they do are among them."""
        return self.labels.beside(lambda text: derivative(text) is not None)

    def _said_of(self, cell: int) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
        """Yield the texts that may name a cell, and where it stands to each."""
        sheet = self.labels.place(cell)[0]
        text, down, along = self.labels.heading(cell)
        if text:
            yield text, (sheet, 0, down, along)
        for line, (far, own) in enumerate((self.labels.above(cell), self.labels.left(cell)), 1):
            if own:
                yield own, (sheet, line, far, 0)

    def named(self, cell: int) -> tuple[Derivative | None, list[int]]:
        """Return what the texts beside a cell call it, and the targets that may be meant.

        Those of several cells where these are as near, and of one name: a layer's each.
        """
        found, said, meant = None, None, list[tuple[int, int]]()
        for said, meant in self._meant(cell):
            found = found or said
            if meant:
                break
        least = min((far for far, _ in meant), default=0)
        nearest = [one for far, one in meant if far == least]
        return (said if meant else found), [at for one in nearest for at in self.at(one, cell)]

    def namesakes(self, cell: int) -> list[int]:
        """Return all targets of the name that the texts beside a cell say, far ones as well."""
        if not self._names:
            return []
        own = [one for _, meant in self._meant(cell) for _, one in meant]
        return [at for one in dict.fromkeys(own) for at in self.at(one, cell)]

    def _meant(self, cell: int) -> Iterator[tuple[Derivative, list[tuple[int, int]]]]:
        """Yield what each text calls a cell, with the cells it may mean and how far these are."""
        for text, key in self._said_of(cell):
            said = derivative(text)
            if said is not None and said.by not in self._names:
                yield said, []
            elif said is not None:
                meant = self.by_name.get((*key, said.by), []) or self._elsewhere(key, said.by)
                yield said, [(self._apart(one, cell, key[1]), one) for one in meant]

    def _elsewhere(self, key: tuple[int, int, int, int], by: str) -> list[int]:
        """Return the cells at the same place of a block of that name on another sheet."""
        _, line, down, along = key
        if line:
            return []
        sheets = range(len(self.labels.plane.boxes))
        return [
            one for sheet in sheets for one in self.by_name.get((sheet, 0, down, along, by), [])
        ]

    def at(self, cell: int, user: int) -> list[int]:
        """Return the targets that a cell is, that of the step in which its user stands first."""
        own = self.by_cell.get(cell, [])
        if len(own) < 2:
            return own
        sheet, row, column = self.labels.place(user)
        steps = {self._step_of.get((sheet, 0, row)), self._step_of.get((sheet, 1, column))}
        here = [at for at in own if int(self.flow.steps[at]) in steps]
        every = [at for at in own if self.flow.steps[at] == EVERY_STEP]
        return list(dict.fromkeys([*here, *every, *own]))

    def _apart(self, one: int, other: int, line: int) -> int:
        _, row, column = self.labels.place(one)
        _, own_row, own_column = self.labels.place(other)
        return abs(own_column - column) if line == 2 else abs(own_row - row)
