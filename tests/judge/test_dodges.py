"""Formulas that hide behind a threshold, or know the page, are found out by the usual draws."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl.utils.cell import coordinate_to_tuple

import xlbackprop
from tests.support.dodging_formulas import DODGES, TEMPLATES, find_dodges

CASES = Path(__file__).parents[1] / "support" / "data" / "cases"
OF_EACH = 8


@pytest.fixture(scope="module")
def dodges(tmp_path_factory):
    return find_dodges(tmp_path_factory.mktemp("dodges"), OF_EACH, seed=2027)


@pytest.mark.many
@pytest.mark.parametrize("number", range(len(TEMPLATES)))
def test_formulas_that_dodge_a_proof_are_found_out(dodges, number, tmp_path):
    dodge = dodges[number]
    path = dodge.write(tmp_path)
    assert xlbackprop.check(path).verdict == "right"
    found = found_out(path)
    assert found <= dodge.wrong
    for cell in dodge.wrong - found:  # another one before it may have hidden it: alone
        alone = replace(dodge, formulas={cell: dodge.formulas[cell]}, wrong=frozenset([cell]))
        assert found_out(alone.write(tmp_path)) == {cell}, alone.formulas


def found_out(path):
    report = xlbackprop.check(path, prove=20)
    assert report.counts.keys() <= {"right", "wrong"}
    return {
        (cell.sheet, *coordinate_to_tuple(cell.cell))
        for cell in report.cells
        if cell.status == "wrong"
    }


@pytest.mark.many
def test_there_are_sixty_dodges_over_several_templates(dodges):
    assert sum(len(dodge.wrong) for dodge in dodges) == OF_EACH * len(DODGES) >= 60
    assert sum(len(dodge.wrong) >= 3 for dodge in dodges) >= 6


@pytest.mark.parametrize("name", ["relu6-out", "threshold-0.2", "max100", "const-if-page"])
def test_threshold_in_a_small_network_is_found_out(name, tmp_path):
    path = Path(shutil.copy(CASES / "prove-thresholds" / f"{name}.xlsx", tmp_path))
    report = xlbackprop.check(path, prove=20)
    assert report.counts["wrong"] >= 1
    assert all("right for these numbers only" in cell.note for cell in report.cells)


def test_inputs_that_each_step_types_again_are_not_accused():
    folder = CASES / "prove-accuses-retyped-inputs"
    for options in ({"prove": 20}, {"prove": 20, "formulas": True}):
        report = xlbackprop.check(folder / "wb.xlsx", map=folder / "map.toml", **options)
        assert report.counts == {"right": 75}
        assert report.verdict == "right"
