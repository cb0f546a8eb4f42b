"""How much a report tells: a teacher may want more in it than a learner should see."""

from __future__ import annotations

from enum import IntEnum


class Hints(IntEnum):
    """What is told of a mistake; each level tells what those before it do, and more."""

    WHERE = 0  # which cells are not right
    KIND = 1  # the name of the mistake, where it is a known one
    RULE = 2  # what to do instead, and the equation
    ANSWER = 3  # the right numbers

    @property
    def word(self) -> str:
        """The level as the command line writes it."""
        return self.name.lower()
