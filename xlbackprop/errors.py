"""What a user can do wrong, as a tree.

    XlbackpropError
    ├── SpecError        the description of the network cannot work
    │   ├── ModelError   a model has operations that no layer expresses
    │   └── SizeError    its workbook would be larger than one may be
    ├── WorkbookError    the file is no workbook that can be judged
    ├── MapError         the map does not say where the tensors stand
    ├── EngineError      the formulas cannot be recalculated in the way that was asked for
    ├── CellError        what was asked for is no cell of the network
    ├── AssignmentError  a roster, an assignment's folder or a gradebook cannot be used
    ├── OutputError      the result cannot be put where it was asked for
    └── ContractError    a layer, loss or optimizer is not made as it has to be

Each message is one line that says what is wrong, where, and what would be right; that of a
ModelError has a line for each operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class XlbackpropError(Exception):
    """Anything that the user, rather than the program, has to put right."""


class SpecError(XlbackpropError):
    """The spec is not valid TOML, or describes a network that cannot be built."""


class ModelError(SpecError):
    """A model has operations that no layer expresses: `lines` has one line for each."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(one_line(line) for line in lines)
        super().__init__("\n".join(self.lines))


class SizeError(SpecError):
    """The network is too large for a workbook; the message has the figures."""


class WorkbookError(XlbackpropError):
    """The file cannot be opened safely, or is not a workbook of this program."""


class MapError(XlbackpropError):
    """The map is not valid TOML, or does not fit the network or the workbook."""


class EngineError(XlbackpropError):
    """The engine that was asked for is not installed, or cannot do what was asked."""


class CellError(XlbackpropError):
    """The cell that was asked for does not exist, or has no part in the network."""


class AssignmentError(XlbackpropError):
    """A roster, an assignment's folder or a platform's gradebook cannot be used."""


class OutputError(XlbackpropError):
    """The output path exists, is a folder, or cannot be written."""


class ContractError(XlbackpropError):
    """A layer, a loss or an optimizer breaks the contract; its author has to put it right."""


def one_line(text: object, limit: int = 400) -> str:
    """Return the text on one line, with nothing in it that a terminal would obey."""
    line = " ".join(str(text).split())
    safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def shown(value: object, limit: int = 60) -> str:
    """Return a value as it was written, cut off where it is long, whatever it is."""
    try:
        return one_line(repr(value), limit)
    except (ValueError, RecursionError):  # a number of thousands of digits, endless nesting
        return f"a very long {type(value).__name__}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ' (did you mean x?)' where one of the known words is close, else what is known."""
    words = sorted(known)
    if not words:
        return ""
    close = get_close_matches(word, words, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known: {', '.join(words)})"
