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


@pytest.mark.many(quick=["in a row"])
@pytest.mark.parametrize("across", [False, True], ids=["in a row", "in a column"])
def test_nets_that_alternate_with_activations_are_found_among_many_cells(across, path):
    """Of 60 cells in a line there are more pairs than are compared: near ones are."""
    inputs, units, outputs = 3, 5, 2
    numbers = iter(0.1 * n for n in (3, -7, 2, 5, -4, 1, 8, -6, 9, -2, 7, -1, 4, -9, 6) * 3)
    cells: dict[str, float | str] = {f"x{i}": next(numbers) for i in range(inputs)}
    before = [*cells]
    for layer, count in (("h", units), ("o", outputs)):
        weights = [[f"w{layer}{k}_{i}" for i in range(len(before))] for k in range(count)]
        cells |= {name: next(numbers) for row in weights for name in row}
        for k, row in enumerate(weights):
            pairs = zip(row, before, strict=True)
            cells[f"net_{layer}{k}"] = "=" + "+".join(f"{{{w}}}*{{{x}}}" for w, x in pairs)
            cells[f"out_{layer}{k}"] = f"=1/(1+EXP(-{{net_{layer}{k}}}))"
        before = [f"out_{layer}{k}" for k in range(count)]
    book = openpyxl.Workbook()
    places = {name: (at + 2, 3) if across else (3, at + 2) for at, name in enumerate(cells)}
    addresses = {name: book.active.cell(*place).coordinate for name, place in places.items()}
    for name, (row, column) in places.items():
        book.active.cell(*((row, column - 1) if across else (row - 1, column)), name)
        content = cells[name]
        text = content.format(**addresses) if isinstance(content, str) else content
        book.active.cell(row, column, text)
    book.save(path)
    dense = [f'{{ type = "dense", units = {n}, bias = false }}' for n in (units, outputs)]
    layers = ", ".join(f'{one}, {{ type = "sigmoid" }}' for one in dense)
    spec = xlbackprop.parse_spec(
        f'name = "n"\ninput = [{inputs}]\nlayers = [{layers}]\nloss = {{ type = "given" }}\n'
    )
    found = xlbackprop.locate(path, spec).places
    for tensor, name in (
        ("dense1.out", "net_h"),
        ("dense2.out", "net_o"),
        ("sigmoid2.out", "out_o"),
    ):
        for k in range(found[tensor].rows.size):
            assert found[tensor].at((k,))[1] == addresses[f"{name}{k}"], tensor
