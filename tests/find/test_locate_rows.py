"""Sheets with a row for each step: the first is located, and the others from there."""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.sheets_with_slips import perceptron
from tests.judge.gradients.test_beside import SPEC


def trained(steps):
    return xlbackprop.parse_spec(
        f'{SPEC.to_toml()}\n[training]\noptimizer = "sgd"\nlr = 0.5\nsteps = {steps}\n'
    )


def written(path, steps, changes=()):
    """Return a workbook of a 2-2-2 network with a row for each step."""
    book = openpyxl.Workbook()
    for address, value in {**perceptron(steps).cells, **dict(changes)}.items():
        book.active[address] = value
    book.save(path)
    return path


@pytest.mark.many
@pytest.mark.parametrize("steps", [2, 6, 70])
def test_network_without_training_is_located_in_the_first_row(steps, path):
    report = xlbackprop.check(written(path, steps), spec=SPEC)
    assert (report.verdict, dict(report.counts)) == ("right", {"right": 17})
    assert f"{16 * (steps - 1)} gradients and updates more" in report.notes[-1].replace(",", "")
    places = xlbackprop.locate(path, SPEC).places
    assert places["dense1.h"].at((0,)) == ("Sheet", "C3")
    assert places["dense1.out"].at((1,)) == ("Sheet", "K3")
    assert places["sigmoid2.out"].at((1,)) == ("Sheet", "T3")


@pytest.mark.many
@pytest.mark.parametrize("steps", [3, 30])
def test_training_is_located_step_by_step_and_its_map_says_so(steps, path, tmp_path):
    spec = trained(steps)
    proposal = xlbackprop.locate(written(path, steps), spec)
    assert proposal.is_complete
    assert proposal.places["step2.dense1.out"].at((1,)) == ("Sheet", "K4")
    assert f"step{steps}.loss.L" in proposal.places
    report = xlbackprop.check(path, spec=spec)
    assert report.verdict == "right"
    toml = proposal.to_toml()
    assert "step = { rows = 1 }" in toml
    assert "step2" not in "\n".join(line for line in toml.splitlines() if line[:1] != "#")
    (tmp_path / "map.toml").write_text(toml)
    mapped = xlbackprop.check(path, spec=spec, map=tmp_path / "map.toml")
    assert (mapped.verdict, mapped.counts) == ("right", report.counts)


def test_slip_in_a_later_step_is_found_there(path):
    slip = "=((R4-A4)*R4*(1-R4)*N4+(T4-B4)*T4*(1-T4)*P4)*J4*(1-J4)*C4"
    report = xlbackprop.check(written(path, 3, {"Z4": slip}), spec=trained(3))
    assert [(one.cell, one.tensor) for one in report.cells if one.status == "wrong"] == [
        ("Z4", "step2.dense1.dL_dw")
    ]
    assert {one.slip for one in report.cells if one.status == "wrong"} == {
        "derivative of another unit"
    }
