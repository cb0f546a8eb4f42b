"""How a workbook describes itself: a hidden sheet with the format's version and the spec's text.

    format   2, or 1 where no vector is folded
    spec     name = "conv5x5x2"
    spec     input = [
    …

Each row holds one line of the spec. The blocks are found by their workbook-level
names (`conv1.w.0.1`), which a spreadsheet program keeps up to date when cells are moved.

Two columns further, what was handed out: the numbers of each given and parameter, one after the
other, in as many rows as they need.

    conv1.h   2 0 1 1 3 …

Below them, which tensors were left empty for somebody to fill in.

    blank     conv1.dL_dw conv1.dL_dh

And two columns further, in a workbook that is one student's own, whose it is:

    assignment   hw1
    student      4711
    seal         a number that nobody else can make
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite

from xlbackprop.errors import WorkbookError, one_line

SHEET = "_xlbackprop"
# Where a practice page has its answers.
ANSWERS = "_answers"
FORMAT, _FORMAT_WITHOUT_FOLDS = 2, 1


# The columns of the spec, and of the numbers that were handed out.
_SPEC, _NUMBERS, _HANDOUT = 0, 2, 4
# Excel takes 32,767 characters in a cell.
_MOST_NUMBERS_IN_A_CELL = 1_000
_LONGEST_NUMBER = 30
# No tensor's name, which has a dot.
_BLANK = "blank"
_MOST_NAMES_IN_A_CELL = 200
_KEYS_OF_HANDOUT = ("assignment", "student", "seal")


@dataclass(frozen=True)
class Handout:
    """To whom a workbook was handed out; `name` is what the Overview calls that person."""

    assignment: str
    student: str
    seal: str
    name: str = ""


def description_cells(
    spec_text: str,
    numbers: Mapping[str, Sequence[float]],
    blank: Collection[str] = (),
    handout: Handout | None = None,
    *,
    has_folds: bool = False,
) -> Iterator[tuple[int, int, str | int]]:
    """Yield the hidden sheet's cells: row, column and value.

    `numbers` are those of the givens and parameters, by tensor, `blank` what was left empty;
    `has_folds` says whether there are folded vectors.
    """
    for row, (key, value) in enumerate(description_rows(spec_text, has_folds=has_folds)):
        yield row, _SPEC, key
        yield row, _SPEC + 1, value
    for row, (name, text) in enumerate([*_texts(numbers), *_names(blank)]):
        yield row, _NUMBERS, name
        yield row, _NUMBERS + 1, text
    for row, key in enumerate(_KEYS_OF_HANDOUT if handout else ()):
        yield row, _HANDOUT, key
        yield row, _HANDOUT + 1, getattr(handout, key)


def description_rows(spec_text: str, *, has_folds: bool = False) -> list[tuple[str, str | int]]:
    """Return the rows that hold the spec: a key and a value each."""
    lines = [("spec", line) for line in spec_text.splitlines()]
    return [("format", format_of(has_folds=has_folds)), *lines]


def format_of(*, has_folds: bool) -> int:
    """Return the format of a workbook with folded vectors, or of one as all were without any."""
    return FORMAT if has_folds else _FORMAT_WITHOUT_FOLDS


def _texts(numbers: Mapping[str, Sequence[float]]) -> Iterator[tuple[str, str]]:
    for name, own in numbers.items():
        for start in range(0, len(own), _MOST_NUMBERS_IN_A_CELL):
            part = own[start : start + _MOST_NUMBERS_IN_A_CELL]
            yield name, " ".join(repr(number).removesuffix(".0") for number in part)


def _names(blank: Collection[str]) -> Iterator[tuple[str, str]]:
    names = sorted(blank)
    for start in range(0, len(names), _MOST_NAMES_IN_A_CELL):
        yield _BLANK, " ".join(names[start : start + _MOST_NAMES_IN_A_CELL])


def read_blank(cells: Mapping[tuple[int, int], object]) -> frozenset[str]:
    """Return the names of the tensors that were left empty; none where nothing is said of it."""
    rows = [row for row, column in cells if column == _NUMBERS and cells[row, column] == _BLANK]
    return frozenset(
        name for row in rows for name in str(cells.get((row, _NUMBERS + 1), "")).split()
    )


def read_folds(cells: Mapping[tuple[int, int], object]) -> bool:
    """Return whether long vectors are folded in the workbook."""
    return cells.get((0, 1)) != _FORMAT_WITHOUT_FOLDS


def read_description(cells: Mapping[tuple[int, int], object]) -> str:
    """Return the spec's text from the hidden sheet's cells, by row and column.

    Raises WorkbookError where the sheet was written by a newer version, or tampered with.
    """
    version = cells.get((0, 1))
    if cells.get((0, 0)) != "format" or not isinstance(version, (int, float)):
        raise WorkbookError(f"its sheet {SHEET} has been changed and cannot be read any more")
    if version not in (FORMAT, _FORMAT_WITHOUT_FOLDS):
        raise WorkbookError(
            f"it is of format {one_line(f'{version:g}', 20)}, and this version of xlbackprop reads"
            f" formats up to {FORMAT}: upgrade xlbackprop"
        )
    rows = sorted(row for row, column in cells if column == _SPEC + 1 and row > 0)
    return "\n".join(str(cells[row, _SPEC + 1]) for row in rows)


def read_numbers(
    cells: Mapping[tuple[int, int], object], sizes: Mapping[str, int]
) -> dict[str, list[float]]:
    """Return what was handed out, for those tensors of which it can be read.

    `sizes` says how many numbers each tensor has.
    """
    texts: dict[str, list[str]] = {name: [] for name in sizes}
    for row in sorted(row for row, column in cells if column == _NUMBERS):
        # A cell with a single number may hold that and no text.
        texts.get(str(cells[row, _NUMBERS]), []).append(str(cells.get((row, _NUMBERS + 1), "")))
    numbers = {}
    for name, parts in texts.items():
        if sum(map(len, parts)) <= _LONGEST_NUMBER * sizes[name]:
            with suppress(ValueError):
                numbers[name] = list(map(float, " ".join(parts).split()))
    return {
        name: own
        for name, own in numbers.items()
        if len(own) == sizes[name] and all(map(isfinite, own))
    }


def read_handout(cells: Mapping[tuple[int, int], object]) -> Handout | None:
    """Return to whom the workbook was handed out, or None where it does not say."""
    texts = {
        str(key): str(cells.get((row, _HANDOUT + 1), ""))
        for (row, column), key in cells.items()
        if column == _HANDOUT
    }
    if not set(_KEYS_OF_HANDOUT) <= texts.keys():
        return None
    return Handout(*(texts[key] for key in _KEYS_OF_HANDOUT))
