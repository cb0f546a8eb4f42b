"""A stranger's sheet with a map or a spec: the network and the sheet's own derivatives judge it."""

import openpyxl
import pytest

import xlbackprop
from tests.judge.gradients.sheets_with_slips import in_all_rows, perceptron
from tests.judge.gradients.test_causes import CASES
from xlbackprop.__main__ import main
from xlbackprop.find.mapping import parse_map

SPEC = xlbackprop.parse_spec("""
name = "mlp"
input = [2]
layers = [
    { type = "dense", units = 2, bias = false }, { type = "sigmoid" },
    { type = "dense", units = 2, bias = false }, { type = "sigmoid" },
]
loss.type = "half_sse"
""")
MAP = """
sheet = "Sheet"
[tensors]
"dense1.h" = "C3:D3"
"dense1.w" = "E3:H3"
"dense1.out" = ["I3", "K3"]
"sigmoid1.out" = ["J3", "L3"]
"dense2.w" = "M3:P3"
"dense2.out" = ["Q3", "S3"]
"sigmoid2.out" = ["R3", "T3"]
"loss.target" = "A3:B3"
"loss.L" = "W3"
"dense1.dL_dw" = "X3:AA3"
"dense2.dL_dw" = "AB3:AE3"
"""


def written(path, planted=(), steps=1):
    """Return a workbook of a 2-2-2 network with a row for each step."""
    book = openpyxl.Workbook()
    for address, value in {**perceptron(steps).cells, **dict(planted)}.items():
        book.active[address] = value
    book.save(path)
    return path


def checked(path, planted=(), steps=1, **options):
    options = {"spec": SPEC, "map": parse_map(MAP), **options}
    return xlbackprop.check(written(path, planted, steps), **options)


def wrong(report):
    return {cell.cell for cell in report.cells if cell.status == "wrong"}


def test_where_both_agree_nothing_more_is_said(path):
    report = checked(path)
    assert (report.verdict, dict(report.counts), report.notes) == ("right", {"right": 17}, ())


@pytest.mark.parametrize("slip", CASES)
def test_slip_through_what_is_not_on_the_page_is_named(slip, path):
    planted = {f"{column}3": f"={text.replace('#', '3')}" for column, text in CASES[slip].items()}
    report = checked(path, planted)
    assert wrong(report) == set(planted)
    assert {cell.slip for cell in report.cells} == {slip}
    assert {cell.tensor for cell in report.cells} == {"dense1.dL_dw"}


@pytest.mark.parametrize("size", [1, 1e-7])
def test_slip_in_numbers_that_are_near_zero_is_wrong(size, path):
    """Within the tolerance of the page's largest number, and off by several per cent."""
    planted = {"C3": 0.3 * size, "D3": -0.7 * size}
    slip = {
        one: f"={text}".replace("#", "3")
        for one, text in CASES["derivative of another unit"].items()
    }
    assert checked(path, planted).verdict == "right"
    report = checked(path, {**planted, **{f"{one}3": text for one, text in slip.items()}})
    assert wrong(report) == {"Z3", "AA3"}
    assert {cell.slip for cell in report.cells} == {"derivative of another unit"}


def test_what_is_right_for_these_numbers_only_is_wrong(path):
    planted = {"C3": 0.4, "X3": "=((R3-A3)*R3*(1-R3)*M3+(T3-B3)*T3*(1-T3)*O3)*J3*(1-J3)*E3"}
    (cell,) = checked(path, planted).cells
    assert (cell.cell, cell.status) == ("X3", "wrong")
    assert cell.note.startswith("right for these numbers only")


def test_sheet_that_is_another_network_is_said_to_be_right_for_itself(path):
    report = checked(path, {"J3": "=TANH(I3)", "L3": "=TANH(K3)", **_of_tanh()})
    assert report.verdict == "wrong"
    assert {cell.tensor for cell in report.cells if cell.status == "wrong"} >= {"sigmoid1.out"}
    (note,) = [note for note in report.notes if "right for the sheet's own formulas" in note]
    assert "dense1.dL_dw" in note


def _of_tanh():
    formulas = perceptron(1).cells
    pairs = {"X3": "J", "Y3": "J", "Z3": "L", "AA3": "L"}
    return {
        cell: formulas[cell].replace(f"{unit}3*(1-{unit}3)", f"(1-{unit}3^2)")
        for cell, unit in pairs.items()
    }


def test_what_is_wrong_beside_the_mapped_cells_is_found_too(path, tmp_path, capsys):
    planted = in_all_rows("Z", CASES["derivative of another unit"]["Z"], first=6, steps=6)
    report = checked(path, planted, steps=6)
    assert report.verdict == "wrong"
    assert wrong(report) == {"Z6", "Z7", "Z8"}
    assert {one.tensor: one.status for one in report.cells} == {
        "Sheet.dE/dw3": "wrong",
        "Sheet.w3": "carried",
    }
    spec, map_ = tmp_path / "mlp.toml", tmp_path / "map.toml"
    spec.write_text(SPEC.to_toml())
    map_.write_text(MAP)
    files = ["--annotate", tmp_path / "marked.xlsx", "--html", tmp_path / "page.html"]
    options = ["--spec", spec, "--map", map_, "--csv", tmp_path / "t.csv", *files]
    assert main(list(map(str, ["check", path, *options]))) == 1
    assert "J6 (a_h1) stands where L6 (a_h2) belongs" in capsys.readouterr().out
    assert "Z6" in (tmp_path / "t.csv").read_text()
    assert "dE/dw3" in (tmp_path / "page.html").read_text()
    assert openpyxl.load_workbook(tmp_path / "marked.xlsx")["Sheet"]["Z6"].comment


DELTAS = """
sheet = "Sheet"
[tensors]
"dense1.h" = "A2:B2"
"dense1.w" = "C2:D2"
"sigmoid1.out" = "E2"
"dense2.w" = "F2"
"sigmoid2.out" = "G2"
"loss.target" = "H2"
"dense2.dL_dout" = "I2"
"dense2.dL_dw" = "J2"
"dense1.dL_dout" = "K2"
"dense1.dL_dw" = "L2:M2"
"dense1.w_new" = "C3:D3"
"dense2.w_new" = "F3"
"""
DELTA_SPEC = xlbackprop.parse_spec("""
name = "delta"
input = [2]
layers = [
    { type = "dense", units = 1, bias = false }, { type = "sigmoid" },
    { type = "dense", units = 1, bias = false }, { type = "sigmoid" },
]
loss.type = "half_sse"
training = { optimizer = "sgd", lr = 0.5, steps = 1 }
""")


def deltas(path, changes=()):
    """Return the report on a sheet of the delta rule: d = -dL/dz, and dw = rate * d * h."""
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "w1", "w2", "h", "v", "o", "t", "d_o", "dv", "d_h", "dw1", "dw2"])
    forward = ["=1/(1+EXP(-(A2*C2+B2*D2)))", 0.8, "=1/(1+EXP(-E2*F2))", 1]
    backward = ["=(H2-G2)*G2*(1-G2)", "=0.5*I2*E2", "=I2*F2*E2*(1-E2)", "=0.5*K2*A2", "=0.5*K2*B2"]
    book.active.append([1, -0.5, 0.3, 0.6, *forward, *backward])
    cells = {"C3": "=C2+L2", "D3": "=D2+M2", "F3": "=F2+J2", **dict(changes)}
    for address, formula in cells.items():
        book.active[address] = formula
    book.save(path)
    return xlbackprop.check(path, spec=DELTA_SPEC, map=parse_map(DELTAS))


def test_delta_rule_is_right_and_said_to_be_one(path):
    report = deltas(path)
    assert (report.verdict, dict(report.counts)) == ("right", {"right": 10})
    assert "dense2.dL_dout, dense1.dL_dout hold -dL/dx, as deltas are" in report.notes[1]
    assert "dense2.dL_dw, dense1.dL_dw hold -0.5 * dL/dx" in report.notes[2]


def test_deltas_are_located_without_a_map(path):
    deltas(path)
    report = xlbackprop.check(path, spec=DELTA_SPEC)
    assert report.verdict == "right"
    assert "sigmoid2.dL_dh, sigmoid1.dL_dh hold -dL/dx" in " ".join(report.notes)


@pytest.mark.parametrize(
    "changes",
    [
        {"K2": "=I2*F2*E2*(1+E2)"},
        {"M2": "=-0.5*K2*B2"},
        {"I2": "=(G2-H2)*G2*(1-G2)"},
        {"C3": "=C2-L2"},
        {"L2": "=0.25*K2*A2"},
    ],
)
def test_slip_among_deltas_is_never_right(changes, path):
    report = deltas(path, changes)
    assert report.verdict == "wrong"
    assert wrong(report) & {*changes, "J2"}


@pytest.mark.parametrize(
    ("changes", "carried"),
    [
        ({"J2": "=0.5*I2*F2"}, {"F3"}),
        ({"K2": "=I2*F2*E2*(1+E2)"}, {"C3", "D3"}),
        ({"M2": "=0.25*K2*B2"}, {"D3"}),
        ({"C3": "=C2-L2"}, set()),
    ],
)
def test_slip_among_deltas_accuses_no_other_delta(changes, carried, path):
    cells = {one.cell: one.status for one in deltas(path, changes).cells if one.status != "right"}
    own = {cell for cell, status in cells.items() if status == "wrong"}
    assert {*changes} <= own <= {*changes, "L2", "M2"}
    assert {cell for cell, status in cells.items() if status == "carried"} == carried


def test_explanation_of_a_delta_says_that_it_is_one(path, capsys):
    deltas(path)
    (path.parent / "map.toml").write_text(DELTAS)
    (path.parent / "delta.toml").write_text(DELTA_SPEC.to_toml())
    options = ("--spec", str(path.parent / "delta.toml"), "--map", str(path.parent / "map.toml"))
    assert main(["explain", str(path), "I2", *options]) == 0
    assert "which is right: it holds -dL/dx, as deltas are" in capsys.readouterr().out
    assert main(["explain", str(path), "J2", *options]) == 0
    assert "which is right: it holds 0.5 times that" in capsys.readouterr().out
