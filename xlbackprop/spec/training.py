"""The [training] table: training steps, what they compute with, and how they are laid out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlbackprop.errors import SpecError, shown

# What a training step computes with: the first step's givens, or givens of its own.
SAME_DATA, OWN_DATA = "same", "each step"
MAX_STEPS = 1_000

# Whether each step has pages like the first one's, or is a row of a single page.
PAGES, ROWS = "pages", "rows"

_KEYS = ("optimizer", "steps", "data", "layout", "starts")
# The arrays of steps before the first: an optimizer's state, and how many steps there were.
_START = re.compile(r"[A-Za-z]\w*\.\w+_[a-z]+0|training\.t")


@dataclass(frozen=True)
class TrainingSpec:
    """The [training] table: the optimizer, the number of steps, and the options as written.

    With `data` "each step", every step has inputs and targets of its own: stochastic or mini-batch
    gradient descent. `starts` are the names of what is given of the steps before the first; they
    follow from [values.arrays], and stand in the table where those do not, in a workbook.
    """

    optimizer: str
    steps: int
    options: Mapping[str, object]
    data: str = SAME_DATA
    starts: tuple[str, ...] = ()
    layout: str = PAGES

    @property
    def has_own_data(self) -> bool:
        """Whether every step has givens of its own."""
        return self.data == OWN_DATA

    @property
    def has_rows(self) -> bool:
        """Whether each step is a row of one sheet."""
        return self.layout == ROWS

    def table(self) -> dict[str, Any]:
        """Return the table as a spec has it."""
        data = {"data": self.data} if self.has_own_data else {}
        starts = {"starts": list(self.starts)} if self.starts else {}
        return {
            "optimizer": self.optimizer,
            "steps": self.steps,
            **data,
            **({"layout": self.layout} if self.has_rows else {}),
            **starts,
            **self.options,
        }


def read_training(raw: Mapping[str, Any], arrays: Mapping[str, object]) -> TrainingSpec | None:
    """Return the training that a spec asks for; `arrays` are those of its [values.arrays].

    Raises SpecError where the table is none, or what all optimizers share is wrong.
    """
    if "training" not in raw:
        return None
    table = raw["training"]
    if not isinstance(table, dict) or not isinstance(table.get("optimizer"), str):
        raise SpecError('[training]: expected an optimizer, such as optimizer = "sgd"')
    steps = table.get("steps", 1)
    if type(steps) is not int or not 1 <= steps <= MAX_STEPS:
        raise SpecError(
            f"[training]: steps = {shown(steps)}: expected a whole number from 1 to {MAX_STEPS}"
        )
    data = table.get("data", SAME_DATA)
    if data not in (SAME_DATA, OWN_DATA):
        raise SpecError(
            f'[training]: data = {shown(data)}: expected "{SAME_DATA}" (all steps compute with the'
            f' first one\'s givens) or "{OWN_DATA}" (each has its own)'
        )
    layout = table.get("layout", PAGES)
    if layout not in (PAGES, ROWS):
        raise SpecError(
            f'[training]: layout = {shown(layout)}: expected "{PAGES}" (the steps one below the'
            f' other on the layers\' sheets) or "{ROWS}" (each a row of one sheet)'
        )
    options = {key: table[key] for key in table if key not in _KEYS}
    starts = _starts(table, arrays)
    return TrainingSpec(table["optimizer"], steps, options, data, starts, layout)


def _starts(table: Mapping[str, Any], arrays: Mapping[str, object]) -> tuple[str, ...]:
    given = table.get("starts", [])
    if not isinstance(given, list) or not all(
        isinstance(one, str) and _START.fullmatch(one) for one in given
    ):
        raise SpecError(
            f"[training]: starts = {shown(given)}: expected a list of names such as"
            ' "dense1.w_m0" and "training.t"'
        )
    return tuple(sorted({*given, *filter(_START.fullmatch, arrays)}))
