"""[training] data = "each step": every step has inputs and targets of its own."""

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import fill, places_by_index
from xlbackprop.errors import SpecError

SPEC = """
name = "online"
input = [2]
[[layers]]
type = "dense"
units = 2
[[layers]]
type = "sigmoid"
[loss]
type = "half_sse"
[training]
optimizer = "sgd"
lr = 0.5
steps = 3
data = "each step"
[values]
style = "uniform"
[values.arrays]
"step2.dense1.h" = [0.25, 0.5]
"""
MAP = """
sheet = "Rows"
step = { rows = 1 }
[tensors]
dense1.h = "A2:B2"
loss.target = "C2:C2"
dense1.w = "D2:E2"
dense1.out = "F2"
dense1.dL_dw = "G2:H2"
training.lr = "J1"
"""


def test_later_steps_are_given_their_data_and_take_the_updated_parameters():
    network = xlbackprop.build_network(xlbackprop.parse_spec(SPEC))
    later = [f"step{step}.{name}" for step in (2, 3) for name in ("dense1.h", "loss.target")]
    kinds = {name: tensor.kind for name, tensor in network.tensors.items()}
    assert {kinds[name] for name in later} == {"given"}
    assert kinds["step2.dense1.w"] == "link"
    spec = xlbackprop.parse_spec(network.spec.to_toml())
    assert spec.training == network.spec.training


def test_page_takes_the_numbers_of_the_spec_and_holds_on_others(tmp_path):
    path = xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "online.xlsx")
    sheet, address = places_by_index(path)["step2.dense1.h", (1,)]
    assert openpyxl.load_workbook(path)[sheet][address].value == 0.5
    assert xlbackprop.check(path, prove=5).verdict == "right"


def test_gradient_from_the_data_of_another_step_is_wrong(tmp_path):
    path = xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "online.xlsx")
    places = places_by_index(path)
    _, first = places["dense1.h", (0,)]
    _, upstream = places["step3.dense1.dL_dout", (1,)]
    fill(path, {("step3.dense1.dL_dw", (1, 0)): (f"={upstream}*{first}", 0)})
    wrong = [cell for cell in xlbackprop.check(path).cells if cell.status == "wrong"]
    assert [(cell.tensor, cell.index) for cell in wrong] == [("step3.dense1.dL_dw", (1, 0))]


@pytest.mark.parametrize("slip", [False, True])
def test_rows_with_samples_of_their_own_are_judged_by_a_map(slip, tmp_path):
    """A delta rule by hand, a row for each sample: each row's inputs and target are its own."""
    path = tmp_path / "rows.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Rows"
    for row, cells in enumerate(_rows(slip=slip), start=1):
        for column, value in cells.items():
            book.active[f"{column}{row}"] = value
    book.save(path)
    spec = xlbackprop.parse_spec(
        'name = "rows"\ninput = [2]\n[[layers]]\ntype = "dense"\nunits = 1\nbias = false\n'
        '[loss]\ntype = "half_sse"\n'
        '[training]\noptimizer = "sgd"\nlr = 0.1\nsteps = 3\ndata = "each step"\n'
    )
    report = xlbackprop.check(path, spec=spec, map=xlbackprop.parse_map(MAP), prove=5)
    wrong = {cell.cell for cell in report.cells if cell.status == "wrong"}
    assert wrong == ({"G3"} if slip else set())
    assert report.verdict == ("wrong" if slip else "right")


def _rows(*, slip):
    yield {"A": "x1", "B": "x2", "C": "t", "I": "lr", "J": 0.1}
    for row, (x1, x2, target) in enumerate([(1, 2, 0.5), (-1, 0.5, 1), (2, 1, -1)], start=2):
        weights = {"D": 0.3, "E": -0.2}
        if row > 2:
            weights = {"D": f"=D{row - 1}-$J$1*G{row - 1}", "E": f"=E{row - 1}-$J$1*H{row - 1}"}
        inputs = {"A": x1, "B": x2, "C": target}
        out = {"F": f"=A{row}*D{row}+B{row}*E{row}"}
        x = f"A{row - 1 if slip and row == 3 else row}"
        gradients = {"G": f"=(F{row}-C{row})*{x}", "H": f"=(F{row}-C{row})*B{row}"}
        yield inputs | weights | out | gradients


@pytest.mark.parametrize("data", ['"every step"', "true", "[1]"])
def test_other_data_are_refused_in_one_line(data):
    text = SPEC.replace('data = "each step"', f"data = {data}")
    with pytest.raises(SpecError, match=r'\[training\]: data = .*: expected "same"') as refused:
        xlbackprop.parse_spec(text)
    assert "\n" not in str(refused.value)
