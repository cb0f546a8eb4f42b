"""What is not right, by its causes: one mistake is one line, however many cells it has spoilt.

The same mistake in each training step is one cause, and so is all that is only carried.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from xlbackprop.formula.addresses import pasted, read_cell, rectangle
from xlbackprop.formula.rectangles import rectangles
from xlbackprop.report.cell_result import CellResult

# In a sentence so many ranges are named, and in data so many kept: all cells are listed anyway.
_MOST_NAMED, _MOST_TENSORS_NAMED, _MOST_KEPT = 3, 6, 1_000

_STEP = re.compile(r"step\d+\.")
# What a message says of the place, which a cause's ranges say.
_PLACE = re.compile(r" in (?:\d+ cells|\[[\d,]*\](?:(?:, | and )\[[\d,]*\])*)(?=[.:])")
_UNKNOWN = "wrong for no known reason"
_STILL_EMPTY = ("blank", "still empty", "", "")
_ADVICE = {"carried": "these follow from your own earlier cells: mend those first"}


@dataclass(frozen=True)
class Range:
    """A rectangle of cells on a sheet."""

    sheet: str
    range: str


@dataclass(frozen=True)
class Cause:
    """What explains cells that are not right: its name, what to do, and where they stand.

    `name` is a mistake's, or what is there instead of a number, or the status where nothing more
    is known or told. `cells` is how many there are, `of` how many their tensors have in all.
    """

    status: str
    name: str
    advice: str
    tensors: tuple[str, ...]
    cells: int
    of: int
    ranges: tuple[Range, ...]

    @property
    def is_empty(self) -> bool:
        """Whether it is no mistake, but whole tensors in which nothing stands yet."""
        return self.name == _STILL_EMPTY[1]

    @property
    def sentence(self) -> str:
        """The cause in one line: `filter not rotated: conv1.dL_dh, all 50 cells, C32:G36`."""
        return f"{self.name}: {self._whose}, {self._how_many}, {self._where}"

    @property
    def _whose(self) -> str:
        names = list(dict.fromkeys(base_name(name) for name in self.tensors))
        more = len(names) - _MOST_TENSORS_NAMED
        named = ", ".join(names[:_MOST_TENSORS_NAMED]) + (f" and {more} more" if more > 0 else "")
        steps = len(self.tensors) if len(names) == 1 else 1
        return f"{named} in {steps} steps" if steps > 1 else named

    @property
    def _how_many(self) -> str:
        noun = "cell" if self.of == 1 else "cells"
        if self.cells < self.of:
            return f"{self.cells:,} of {self.of:,} {noun}"
        return f"all {self.of:,} cells" if self.of > 1 else "1 cell"

    @property
    def _where(self) -> str:
        shown, before = [], None
        for one in self.ranges[:_MOST_NAMED]:
            shown.append(one.range if one.sheet == before else pasted(one.sheet, one.range))
            before = one.sheet
        more = len(self.ranges) - _MOST_NAMED
        if more > 0:
            return f"{', '.join(shown)}, and {more:,} more {'range' if more == 1 else 'ranges'}"
        *most, last = shown
        return f"{', '.join(most)} and {last}" if most else last


def base_name(tensor: str) -> str:
    """Return a tensor's name without its training step."""
    return _STEP.sub("", tensor, count=1) if _STEP.match(tensor) else tensor


def with_causes(
    cells: Iterable[CellResult], sizes: Mapping[str, int], unknown: Set[str]
) -> tuple[tuple[Cause, ...], tuple[CellResult, ...]]:
    """Return the causes, and the cells with the number of theirs, in the cells' order.

    `sizes` are the tensors', `unknown` those of which no known mistake explains wrong cells.
    Numbers count from 1.
    """
    members: dict[tuple[str, ...], list[CellResult]] = {}
    numbered, cells = [], tuple(cells)
    blank = Counter(cell.tensor for cell in cells if cell.status == "blank")
    empty = {name for name, number in blank.items() if number == sizes[name]}
    for cell in cells:
        key = _STILL_EMPTY if cell.tensor in empty else _key(cell, unknown)
        members.setdefault(key, []).append(cell)
        numbered.append((cell, key))
    numbers = {key: number for number, key in enumerate(members, start=1)}
    causes = tuple(_cause(key, own, sizes) for key, own in members.items())
    return causes, tuple(_of_cause(cell, numbers[key]) for cell, key in numbered)


def _of_cause(cell: CellResult, number: int) -> CellResult:
    return cell if cell.cause == number else replace(cell, cause=number)


def _key(cell: CellResult, unknown: Set[str]) -> tuple[str, ...]:
    if cell.status == "carried":
        return (cell.status, cell.status, "", "")
    name = cell.slip or _kind_of(cell.note) or cell.status
    if name == "wrong" and cell.tensor in unknown:
        name = _UNKNOWN
    advice = _advice(cell)
    # What is to be mended alike in several tensors is one mistake; of what nothing is known, nobody
    # can say so.
    return (cell.status, name, advice, "" if cell.slip and advice else base_name(cell.tensor))


def _kind_of(note: str) -> str:
    """Return what a note on a cell says of cells like it: the part before particulars."""
    return re.sub(r" \(.*?\)", "", note.partition(":")[0].partition(";")[0])


def _advice(cell: CellResult) -> str:
    """Return what to do, of a message `name in [0,1]: what to do`."""
    if cell.slip and cell.hint.startswith(cell.slip):
        return cell.hint[len(cell.slip) :].partition(": ")[2] or cell.hint
    return _PLACE.sub("", cell.hint, count=1)


def _cause(key: tuple[str, ...], cells: Sequence[CellResult], sizes: Mapping[str, int]) -> Cause:
    status, name, advice, _ = key
    tensors = tuple(dict.fromkeys(cell.tensor for cell in cells))
    of = sum(sizes[tensor] for tensor in tensors)
    ranges = tuple(_ranges(cells))[:_MOST_KEPT]
    advice = advice or _ADVICE.get(status, "") or _common_advice(cells)
    return Cause(status, name, advice, tensors, len(cells), of, ranges)


def _common_advice(cells: Sequence[CellResult]) -> str:
    """Return what the notes on all the cells say after the kind of thing that is there."""
    said = {cell.note.partition(": ")[2] for cell in cells}
    return said.pop() if len(said) == 1 else ""


def _ranges(cells: Sequence[CellResult]) -> Iterable[Range]:
    on: dict[str, set[tuple[int, int]]] = {}
    for cell in cells:
        on.setdefault(cell.sheet, set()).add(read_cell(cell.cell))
    for sheet, places in on.items():
        for top, left, height, width in rectangles(places):
            yield Range(sheet, rectangle(top, left, height, width))
