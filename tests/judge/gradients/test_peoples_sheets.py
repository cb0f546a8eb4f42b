"""Sheets as people make them: what is true of them, and what the program says of them."""

import re
from collections import Counter

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from tests.support.formula_pages import contents
from tests.support.peoples_sheets import IN_FORWARD, IN_UPDATES, KINDS, SLIPS, State, draw
from xlbackprop.formula.addresses import cell as address_of
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.formula.sheets.gradients import gradients


def computation_of(path):
    """Return the formulas of a workbook, ready to be evaluated."""
    sheets = []
    for sheet in openpyxl.load_workbook(path):
        cells = {}
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, ArrayFormula):
                cells[cell.value.ref] = cell.value.text
            elif cell.value is not None:
                cells[cell.coordinate] = cell.value
        sheets.append(contents(cells, name=sheet.title))
    return Computation(Contents(sheets))


def indices_of(computation, places):
    """Return where cells (sheet, row, column) are in a plane."""
    plane = computation.plane
    return np.array(
        [
            plane.indices(
                plane.number[sheet.casefold()], np.array([row - 1]), np.array([column - 1])
            )[0]
            for sheet, row, column in places
        ],
        dtype=np.int32,
    )


def compare(sheet, path):
    """Compare all values, and some dL/dx, with what the sheet's own equations say."""
    computation = computation_of(sheet.book.save(path, with_values=False))
    page = computation.page()
    values = np.array(list(sheet.book.values.values()))
    found = page.numbers[indices_of(computation, sheet.book.values), 0]
    np.testing.assert_allclose(found, values, rtol=1e-9, atol=1e-13)
    for loss in {sheet.losses[0], sheet.losses[-1]}:
        claims = [one for one in sheet.claims if one.loss == loss]
        at = indices_of(computation, [one.of for one in claims])
        weights = at[[one.is_update for one in claims]]
        (of,) = indices_of(computation, [loss]).tolist()
        found = gradients(computation, page, of, weights)[at, 0]
        true = np.array([one.gradient for one in claims])
        np.testing.assert_allclose(found, true, rtol=1e-9, atol=1e-13)


@pytest.mark.many(
    quick=["-rows 2-2-2", "derivative missing-delta rule", "-convolution", "-array blocks"]
)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slip", ["", "derivative missing", "forward: wrong weights"])
def test_formulas_say_what_the_equations_say(kind, slip, path):
    sheet = draw(kind, len(slip), slip)
    if sheet is not None:
        compare(sheet, path)


@pytest.mark.many
@pytest.mark.parametrize("kind", KINDS)
def test_saved_values_are_those_of_the_equations(kind, path):
    sheet = draw(kind, 0)
    saved = openpyxl.load_workbook(sheet.book.save(path), data_only=True)
    for (name, row, column), value in sheet.book.values.items():
        # A file has sixteen digits of a number.
        assert saved[name].cell(row, column).value == pytest.approx(value, rel=1e-14, abs=0)


@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_planted_in_few_formulas_and_shows(slip):
    sheet = draw("rows 2-2-2", 3, slip)
    states = {one.cell: one.state for one in sheet.claims}
    right = draw("rows 2-2-2", 3)
    assert 0 < len(sheet.roots) < len(sheet.claims) / 4
    assert {one.state for one in right.claims} == {State.RIGHT}
    assert any(state is not State.RIGHT for state in states.values())
    assert sheet.in_forward == (not any(root in states for root in sheet.roots))
    if slip in IN_UPDATES:
        updates = {one.cell for one in sheet.claims if one.is_update}
        assert set(sheet.roots) <= updates


def judged(sheet, path, **options):
    """Return a report on a sheet, and what is said of its claims, by their state."""
    report = xlbackprop.check(sheet.book.save(path, **options))
    said = {(one.sheet, one.cell): one.status for one in report.cells}
    found = Counter()
    for one in sheet.claims:
        name, row, column = one.cell
        found[one.state, said.pop((name, address_of(row - 1, column - 1)), "right")] += 1
    assert "wrong" not in said.values()  # nothing else is accused
    return report, found


@pytest.mark.many(quick=["rows 2-2-2-1", "array blocks-1"])
@pytest.mark.parametrize(
    ("kind", "seed"), [*((kind, 1) for kind in KINDS), ("own samples", 3), ("delta rule", 2)]
)
def test_right_sheet_is_right_in_all_that_it_claims(kind, seed, path):
    sheet = draw(kind, seed)
    report, found = judged(sheet, path)
    assert report.verdict == "right"
    assert found == {(State.RIGHT, "right"): len(sheet.claims)}
    assert report.counts["right"] >= len(sheet.claims)


@pytest.mark.many(quick=["other input"])
@pytest.mark.parametrize("slip", ["sign", "other input", "update with +"])
def test_slip_is_found_and_what_follows_from_it_is_carried(slip, path):
    sheet = draw("rows 2-2-2", 1, slip)
    report, found = judged(sheet, path, with_values=False)
    assert report.verdict == "wrong"
    assert {said for state, said in found if state is State.ROOT} == {"wrong"}
    assert {said for state, said in found if state is State.RIGHT} == {"right"}
    assert {said for state, said in found if state is State.FOLLOWS} <= {"carried"}


@pytest.mark.many(quick=["forward: wrong weights-rows 2-2-2"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slip", IN_FORWARD)
def test_broken_forward_pass_is_said_first(slip, kind, path):
    sheet = draw(kind, 0, slip)
    if sheet is None:
        return
    report = xlbackprop.check(sheet.book.save(path))
    first = next(note for note in report.notes if note.startswith("forward pass: "))
    assert report.notes[0] == first
    _, row, column = sheet.roots[0]
    assert re.search(rf"\b{address_of(row - 1, column - 1)}\b", " ".join(report.notes))


def test_nothing_is_said_of_a_forward_pass_that_is_whole(path):
    for slip in ("", "other input"):
        report = xlbackprop.check(draw("rows 2-3-1", 0, slip).book.save(path))
        assert not [note for note in report.notes if note.startswith("forward pass")]


@pytest.mark.parametrize("text", ["ΣE", None])
def test_mean_of_errors_is_l_whatever_names_it(text, path):
    sheet = draw("rows 2-2-2", 2, steps=4)  # `=(O5+P5)/2`, beside `E1` and `E2`
    (label,) = (cell for cell in sheet.book.workbook.active[4] if cell.value == "ΣE")
    label.value = text
    report = xlbackprop.check(sheet.book.save(path))
    assert report.verdict == "right"
    assert "L is Q5 to Q8" in " ".join(report.notes)
