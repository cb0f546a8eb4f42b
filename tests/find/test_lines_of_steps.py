"""Sheets with a row, or a column, for each step: every step keeps the same cells."""

import numpy as np
import pytest

import xlbackprop
from tests.support import lines_of_steps as sheets
from xlbackprop.find.mapping import load_map
from xlbackprop.spec import parse_spec


def network(steps=0):
    return parse_spec(sheets.SPEC + (sheets.TRAINING.format(steps) if steps else ""))


def ranges_of(proposal):
    """Return the cells of each tensor, one by one."""
    return {
        name: [places.at(index)[1] for index in np.ndindex(places.rows.shape)]
        for name, places in proposal.places.items()
    }


@pytest.mark.slow(quick=["one-step-in-rows"])
@pytest.mark.parametrize(
    ("steps", "across", "headings"),
    [(0, False, True), (3, True, True), (3, False, False)],
    ids=["one-step-in-rows", "training-in-columns", "no-headings"],
)
def test_every_tensor_is_found_on_the_first_line_and_in_all_steps(
    steps, across, headings, tmp_path
):
    file = tmp_path / "steps.xlsx"
    sheets.write(file, 5, across=across, headings=headings, retyped=not steps)
    found = ranges_of(xlbackprop.locate(file, network(steps)))
    names = [name for name in sheets.PLACES if headings or name != "loss.L"]  # a single number
    for name in names:
        for line in range(1, max(1, steps) + 1):
            prefix = f"step{line}." if line > 1 else ""
            cells = [sheets.cell(own, line, across) for own in sheets.PLACES[name]]
            assert found[prefix + name] == cells


@pytest.mark.slow
def test_88_steps_are_judged_and_a_slip_in_the_last_is_found(tmp_path):
    slips = {("dE/dw6", 88): "(a_o1-t1)*a_o1*a_h2"}
    file = sheets.write(tmp_path / "steps.xlsx", 88, slips=slips)
    report = xlbackprop.check(file, spec=network(88))
    assert report.counts["right"] > 2_000
    found = [(one.cell, one.status) for one in report.cells if one.status != "right"]
    assert found == [(sheets.cell("dE/dw6", 88), "wrong")]


@pytest.mark.slow
def test_the_map_of_a_proposal_says_how_far_the_steps_are_apart(tmp_path):
    proposal = xlbackprop.locate(sheets.write(tmp_path / "steps.xlsx", 3), network(3))
    written = tmp_path / "map.toml"
    written.write_text(proposal.to_toml())
    step = load_map(written).step
    assert (step.rows, step.columns) == (1, 0)
    assert proposal.to_dict()["step"] == {"rows": 1, "columns": 0}


@pytest.mark.slow
def test_steps_without_a_line_are_not_judged(tmp_path):
    file = sheets.write(tmp_path / "steps.xlsx", 2)
    proposal = xlbackprop.locate(file, network(3))
    assert not any(name.startswith("step3") for name in proposal.places)
    written = tmp_path / "map.toml"
    written.write_text(proposal.to_toml())
    assert xlbackprop.check(file, spec=network(3), map=written).verdict == "right"


OWN_SAMPLES = {(name, line): round(0.1 * line + 0.05 * n, 2)
               for n, name in enumerate(sheets.GIVEN) for line in (2, 3)}  # fmt: skip


@pytest.mark.slow(quick=["own"])
@pytest.mark.parametrize("samples", [{}, OWN_SAMPLES], ids=["same", "own"])
def test_training_of_the_page_is_proposed_for_a_spec_without(samples, tmp_path):
    file = sheets.write(tmp_path / "steps.xlsx", 3, retyped=True, slips=samples)
    proposal = xlbackprop.locate(file, network())
    training = proposal.training
    assert (training.steps, training.lr, training.has_own_data) == (3, sheets.RATE, bool(samples))
    assert "#     steps = 3" in proposal.to_toml()
    whole = parse_spec(sheets.SPEC + training.to_toml())
    report = xlbackprop.check(file, spec=whole)
    assert (report.verdict, report.counts["right"] > 60) == ("right", True)
    assert xlbackprop.locate(file, whole).training is None
