"""Slips planted in some two hundred drawn sheets: found, named, and nobody else accused."""

from dataclasses import replace

import pytest

import xlbackprop
from tests.support.peoples_sheets import IN_FORWARD, KINDS, SLIPS, draw, outcome

# Sheets on which something else is said than is true, and why. One that is judged rightly fails.
KNOWN: dict[tuple[str, str, int], str] = {}

_BLOCKS = ("blocks", "array blocks", "pages", "convolution")
_NAMED = 0.9
_FEWEST = 11


def sheets_of(kind):
    """Yield the drawn sheets of a kind: right ones, and with each slip that it has a place for."""
    seeds, steps = ((1, 2), {}) if kind in _BLOCKS else ((1,), {"steps": 9})
    for seed in seeds:
        for slip in ("", *SLIPS):
            sheet = draw(kind, seed, slip, **steps)
            if sheet is not None:
                yield seed, sheet


@pytest.mark.many
@pytest.mark.parametrize("kind", KINDS)
def test_slips_are_found_and_named_and_nobody_else_is_accused(kind, path):
    amiss, is_named = {}, []
    for seed, sheet in sheets_of(kind):
        found = outcome(sheet, xlbackprop.check(sheet.book.save(path)))
        if not found.is_right:
            amiss[kind, sheet.slip, seed] = found.amiss
        if found.is_named is not None:
            is_named.append(found.is_named)
    assert len(is_named) >= _FEWEST
    known = {one for one in KNOWN if one[0] == kind}
    assert amiss.keys() == known, amiss
    assert sum(is_named) >= _NAMED * len(is_named)


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Return a sheet with a slip, one with another in its forward pass, and the reports on them."""
    found = {}
    for slip in ("derivative missing", IN_FORWARD[0]):
        sheet = draw("rows 2-3-1", 1, slip, steps=4)
        path = tmp_path_factory.mktemp("drawn") / "own.xlsx"
        found[slip] = sheet, xlbackprop.check(sheet.book.save(path))
    return found


def moved(cell):
    """Return a cell as if its right neighbour were meant."""
    column = cell.cell.rstrip("0123456789")
    return replace(cell, cell=cell.cell.replace(column, f"{column[:-1]}{chr(ord(column[-1]) + 1)}"))


BLUNDERS = {
    "calls everything right": lambda report: replace(report, cells=(), verdict="right"),
    "calls nothing wrong": lambda report: replace(report, cells=()),
    "accuses neighbours": lambda report: replace(report, cells=tuple(map(moved, report.cells))),
    "accuses those that follow": lambda report: replace(
        report, cells=tuple(replace(cell, status="wrong") for cell in report.cells)
    ),
}


@pytest.mark.parametrize("blunder", BLUNDERS)
def test_a_blunder_of_the_checker_is_seen(blunder, honest):
    sheet, report = honest["derivative missing"]
    assert outcome(sheet, report).is_right
    assert not outcome(sheet, BLUNDERS[blunder](report)).is_right


def test_a_cause_that_is_not_said_is_seen(honest):
    sheet, report = honest["derivative missing"]
    assert outcome(sheet, report).is_named
    for slip in ("", "sign reversed"):
        cells = tuple(replace(cell, slip=slip) for cell in report.cells)
        assert not outcome(sheet, replace(report, cells=cells)).is_named


def test_a_forward_pass_that_is_not_said_is_seen(honest):
    sheet, report = honest[IN_FORWARD[0]]
    assert outcome(sheet, report).is_right
    notes = tuple(note for note in report.notes if "forward pass" not in note)
    assert not outcome(sheet, replace(report, notes=notes)).is_right
