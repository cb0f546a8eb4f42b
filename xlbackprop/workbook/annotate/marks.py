"""What is to be said of which cell, and the colours and words that say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Whom the notes are by.
AUTHOR = "xlbackprop"

# Stronger than the page's own colours, so that a mark is not taken for a kind of cell.
COLOURS = {
    "wrong": "FF8F8F",
    "invalid": "FFB870",
    "blank": "8FC7FF",
    "typed": "D9B3F5",
    "carried": "FFDF6B",
}

VERDICT_COLOURS = {"right": "BFE8C8", "wrong": COLOURS["wrong"], "incomplete": COLOURS["blank"]}

MEANINGS = {
    "wrong": "the mistake is in this cell",
    "invalid": "no number: a text, an error value, true or false",
    "blank": "nothing there yet",
    "typed": "a number where a formula was asked for",
    "carried": "follows from your own earlier cells, which are wrong: mend those first",
}


@dataclass(frozen=True)
class Mark:
    """One cell to be coloured and commented; `status` is a key of COLOURS.

    `entry` is what the cell holds (`conv1.dL_dw[1,0,0,1]`), `hint` what to say to its owner, and
    `rule` the equation by which it is made, or an empty text. `cause` is the number of what
    explains it in the summary's list, from 1.
    """

    sheet: str
    cell: str
    status: str
    entry: str
    hint: str
    rule: str = ""
    cause: int = 0


@dataclass(frozen=True)
class CauseLine:
    """What explains cells, in a sentence, what to do about it, and their status."""

    sentence: str
    advice: str
    status: str


@dataclass(frozen=True)
class TensorLine:
    """A tensor, how many of its cells have each status, and its equation or an empty text."""

    name: str
    counts: Mapping[str, int]
    rule: str = ""


@dataclass(frozen=True)
class Summary:
    """What the first sheet says above the list of cells."""

    title: str
    verdict: str
    counts: Mapping[str, int]
    tensors: Sequence[TensorLine]
    sentences: Sequence[str] = ()
    causes: Sequence[CauseLine] = ()
    yours: str = ""  # how much of what was left to the user is right
