"""Workbooks in layouts met in practice, with formulas as people write them, checked by a map.

The places that a layout has and the map that says so are made apart from one another; the
formulas are the tests' own, and the values are what the engine makes of them.
"""

from collections import Counter
from itertools import product

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import xlbackprop
from tests.support.handmade import CASES, LAYOUTS, Typed, build, build_steps_table
from xlbackprop.find.mapping import map_of, parse_map, places_of
from xlbackprop.network.values import choose_values
from xlbackprop.workbook.read.workbook import open_workbook

IDS = ["-in-".join(case) for case in CASES]
COUNTS = {"conv5x5x2": 135, "two-conv": 1382, "mlp-2-2-2": 41}
SMALL = [case for case in CASES if case[0] != "two-conv"]
SMALL_IDS = ["-in-".join(case) for case in SMALL]
HALF_IDS = IDS[::2]
DEEP = [layout for network, layout in CASES if network == "two-conv"]
DEEP_NAMES = ["conv1.out", "pool1.dL_dh", "dense2.dL_dout", "conv1.dL_dw"]  # two in each layout

each_case = pytest.mark.parametrize(("network", "layout"), CASES, ids=IDS)


def check(foreign, **options):
    return xlbackprop.check(
        foreign.path, map=parse_map(foreign.map, foreign.path.parent), **options
    )


def wrong_cells(report):
    return {(cell.tensor, cell.index) for cell in report.cells if cell.status != "carried"}


def truth_of(foreign):
    """Return all arrays, for a network whose givens the spec fixes."""
    return foreign.network.evaluate(choose_values(foreign.network))


def changed(text):
    return f"({text})+0.75"


def middle(foreign, name):
    """Return an entry that is neither the first nor the last, where there are more."""
    shape = foreign.network.tensors[name].shape
    return tuple(size // 2 for size in shape)


def same(places, others):
    return all(
        (getattr(places, part) == getattr(others, part)).all() for part in ("rows", "columns")
    ) and [places.at(i) for i in np.ndindex(places.rows.shape)] == [
        others.at(i) for i in np.ndindex(places.rows.shape)
    ]


def test_each_network_is_met_in_ten_layouts_or_more():
    assert min(Counter(network for network, _ in CASES).values()) >= 14
    assert {name for _, name in CASES} == set(LAYOUTS)


@pytest.mark.many(quick=IDS[::4])
@each_case
def test_workbook_in_a_layout_is_right_with_its_map(network, layout, tmp_path):
    report = check(build(network, layout, tmp_path))
    assert (report.verdict, report.cells) == ("right", ())
    assert report.counts == {"right": COUNTS[network]}


@each_case
def test_map_of_a_layout_means_the_cells_that_were_written(network, layout, tmp_path):
    foreign = build(network, layout, tmp_path)
    with open_workbook(foreign.path) as workbook:
        places = places_of(parse_map(foreign.map), foreign.network, workbook.sheets, workbook.names)
    assert set(places) == set(foreign.places)
    assert all(same(places[name], foreign.places[name]) for name in places)


@each_case
def test_map_made_from_the_places_of_a_layout_leads_back_to_them(network, layout, tmp_path):
    foreign = build(network, layout, tmp_path)
    written = map_of(foreign.network, foreign.places, network, "Sheet1").to_toml()
    again = places_of(parse_map(written), foreign.network, ["Sheet1", *LAYOUTS[layout].sheets])
    assert set(again) == set(foreign.places)
    assert all(same(again[name], foreign.places[name]) for name in again)


@pytest.mark.many(quick=SMALL_IDS[::8])
@pytest.mark.parametrize(("network", "layout"), SMALL, ids=SMALL_IDS)
def test_one_wrong_formula_is_the_only_wrong_cell(network, layout, tmp_path):
    foreign = build(network, layout, tmp_path)
    for name in foreign.computed:
        place = (name, middle(foreign, name))
        report = check(build(network, layout, tmp_path, {place: changed}))
        assert report.verdict == "wrong"
        assert wrong_cells(report) == {place}


@pytest.mark.many(quick=HALF_IDS[1::5])
@pytest.mark.parametrize(("network", "layout"), CASES[::2], ids=HALF_IDS)
def test_wrong_formula_in_every_tensor_at_once_is_found_in_each(network, layout, tmp_path):
    foreign = build(network, layout, tmp_path)
    planted = {(name, middle(foreign, name)): changed for name in foreign.computed}
    assert wrong_cells(check(build(network, layout, tmp_path, planted))) == set(planted)


@pytest.mark.many(quick=[f"{layout}-pool1.dL_dh" for layout in DEEP[::3]])
@pytest.mark.parametrize(
    ("layout", "name"),
    [
        *product(DEEP[::3], DEEP_NAMES[:2]),
        *product(DEEP[1::3], DEEP_NAMES[2:]),
        *product(DEEP[2::3], DEEP_NAMES[1:3]),
    ],
)
def test_one_wrong_formula_in_a_deep_network_is_the_only_wrong_cell(layout, name, tmp_path):
    place = (name, middle(build("two-conv", layout, tmp_path), name))
    assert wrong_cells(check(build("two-conv", layout, tmp_path, {place: changed}))) == {place}


def test_table_of_training_steps_is_right_with_its_map(tmp_path):
    foreign = build_steps_table(tmp_path)
    report = check(foreign)
    assert (report.verdict, report.counts) == ("right", {"right": foreign.cells})
    assert {f"step{step}.dense2.w" for step in (2, 3, 4)} <= {t.name for t in report.tensors}


@pytest.mark.parametrize(
    "place",
    [("step2.dense1.w", (1, 0)), ("step3.dense2.b", (1,)), ("step4.loss.L", ()), ("loss.L", ())],
    ids=str,
)
def test_wrong_formula_in_a_table_of_steps_is_the_only_wrong_cell(place, tmp_path):
    assert wrong_cells(check(build_steps_table(tmp_path, {place: "=0.123"}))) == {place}


def test_given_with_a_comma_typed_as_text_is_invalid_and_the_rest_is_judged(tmp_path):
    typed = ("conv1.dL_dout", (0, 0, 0))
    report = check(build("conv5x5x2", "side-by-side", tmp_path, {typed: Typed("-0,74")}))
    (cell,) = [cell for cell in report.cells if cell.status != "carried"]
    assert (cell.tensor, cell.index, cell.status) == (*typed, "invalid")
    assert (cell.found, cell.expected) == ("-0,74", -0.74)
    assert "a number typed as text" in cell.note
    # SUMPRODUCT takes the text for 0: what it touches follows from it, and the rest is right.
    assert report.counts["invalid"] == 1
    assert report.counts["right"] + report.counts["carried"] == 135 + 27 - 1
    assert {t.name for t in report.tensors if "carried" not in t.counts} == {
        "conv1.dL_dout", "conv1.out"
    }  # fmt: skip


def test_answers_with_commas_typed_as_text_are_invalid_and_the_rest_is_right(tmp_path):
    foreign = build("conv5x5x2", "filters-stacked", tmp_path)
    truth = truth_of(foreign)["conv1.dL_dw"]
    typed = {
        ("conv1.dL_dw", index): Typed(f"{truth[index]:.2f}".replace(".", ","))
        for index in np.ndindex(truth.shape)
        if index[0] == 0
    }
    report = check(build("conv5x5x2", "filters-stacked", tmp_path, typed))
    assert report.counts == {"right": 135 - 18, "invalid": 18}
    assert all("a number typed as text" in cell.note for cell in report.cells)


def test_map_of_a_few_tensors_is_enough_to_judge_these(tmp_path):
    foreign = build("conv5x5x2", "filters-stacked", tmp_path)
    mapped = parse_map(foreign.map)
    kept = ("conv1.h", "conv1.dL_dout", "conv1.dL_dw")
    few = xlbackprop.Map({name: mapped.tensors[name] for name in kept}, "conv5x5x2", "Sheet1")
    report = xlbackprop.check(foreign.path, map=few)
    assert (report.verdict, report.counts, report.notes) == ("right", {"right": 54}, ())


def test_given_that_is_not_mapped_has_the_numbers_of_the_spec(tmp_path):
    foreign = build("mlp-2-2-2", "transposed", tmp_path)
    mapped = parse_map(foreign.map)
    kept = {n: p for n, p in mapped.tensors.items() if n not in ("training.lr", "dense1.b")}
    report = xlbackprop.check(foreign.path, map=xlbackprop.Map(kept, "mlp-2-2-2", "Sheet1"))
    assert report.counts == {"right": 41}
    assert report.notes == ("not in the map, and taken from the spec: dense1.b, training.lr",)


def test_spec_that_is_asked_for_counts_more_than_the_map(tmp_path):
    foreign = build("conv5x5x2", "side-by-side", tmp_path)
    with pytest.raises(xlbackprop.MapError, match=r"conv1\.h.*3×7×7"):
        check(foreign, spec="conv7x7x3-stride2")


SAMPLES_AS_COLUMNS = """\
spec = "dense.toml"
[tensors]
dense1.w = "B2:C3"
dense1.b = "D2:D3"
dense1.h = { range = "F2:H3", transpose = true }
dense1.out = { range = "F6:H7", transpose = true }
loss.target = { range = "F9:H10", transpose = true }
dense1.dL_dout = { range = "F12:H13", transpose = true }
dense1.dL_dw = "B12:C13"
dense1.dL_db = "D12:D13"
dense1.dL_dh = { range = "F15:H16", transpose = true }
loss.L = "J2"
"""


@pytest.fixture
def samples_as_columns(tmp_path):
    """A column for each sample, and the bias as a further column of W: out = W [h; 1]."""
    (tmp_path / "dense.toml").write_text(
        'name = "dense"\ninput = [2]\nbatch = 3\n[[layers]]\ntype = "dense"\nunits = 2\n'
        '[loss]\ntype = "half_sse"\nreduction = "sum"\n'
    )
    (tmp_path / "own.toml").write_text(SAMPLES_AS_COLUMNS)

    def write(changes=()):
        book = openpyxl.Workbook()
        sheet = book.active
        numbers = {
            "B2": [[0.5, -1, 0.25], [2, 1.5, -0.75]],
            "F2": [[1, 2, -1], [0.5, -2, 3], [1, 1, 1]],
            "F9": [[1, 0, 2], [-1, 1, 0.5]],
        }
        for first, rows in numbers.items():
            for cell, number in zip(
                (c for row in sheet[first : _corner(first, rows)] for c in row),
                (n for row in rows for n in row),
                strict=True,
            ):
                cell.value = number
        arrays = {
            "F6:H7": "MMULT(B2:D3,F2:H4)",
            "F12:H13": "F6:H7-F9:H10",
            "B12:D13": "MMULT(F12:H13,TRANSPOSE(F2:H4))",
            "F15:H16": "MMULT(TRANSPOSE(B2:C3),F12:H13)",
        }
        for area, formula in {**arrays, **dict(changes)}.items():
            sheet[area.partition(":")[0]] = ArrayFormula(area, f"={formula}")
        sheet["J2"] = "=SUMSQ(F12:H13)/2"
        book.save(tmp_path / "own.xlsx")
        return tmp_path / "own.xlsx", tmp_path / "own.toml"

    return write


def _corner(first, rows):
    return f"{chr(ord(first[0]) + len(rows[0]) - 1)}{int(first[1:]) + len(rows) - 1}"


@pytest.mark.parametrize("prove", [0, 3])
def test_samples_as_columns_and_bias_in_w_is_right_with_its_map(samples_as_columns, prove):
    path, told = samples_as_columns()
    report = xlbackprop.check(path, map=told, prove=prove)
    assert (report.verdict, report.counts) == ("right", {"right": 6 + 6 + 4 + 2 + 6 + 1})


def test_forgotten_transpose_in_a_matrix_product_is_wrong_there_only(samples_as_columns):
    path, told = samples_as_columns({"F15:H16": "MMULT(B2:C3,F12:H13)"})
    report = xlbackprop.check(path, map=told)
    assert {cell.tensor for cell in report.cells} == {"dense1.dL_dh"}
    assert {cell.status for cell in report.cells} == {"wrong"}


@pytest.mark.parametrize("prove", [0, 4])
def test_one_bias_cell_for_all_units_is_right_on_other_numbers_too(prove, tmp_path):
    book = openpyxl.Workbook()
    for row in ([0.5, -1.5, "b", 0.25], [1, 2, "=A2*A$1+B2*B$1+D$1"], [3, -4, "=A3*A1+B3*B1+D1"]):
        book.active.append(row)
    book.save(tmp_path / "own.xlsx")
    tensors = {"h": "A1:B1", "w": "A2:B3", "b": '["D1", "D1"]', "out": "C2:C3"}
    lines = (f"dense1.{name} = {at if '[' in at else repr(at)}" for name, at in tensors.items())
    told = parse_map("spec = 'mlp-2-2-2'\n[tensors]\n" + "\n".join(lines))
    report = xlbackprop.check(tmp_path / "own.xlsx", map=told, prove=prove)
    assert (report.verdict, report.counts) == ("right", {"right": 2})


def test_proof_of_a_foreign_workbook_finds_a_typed_constant(tmp_path):
    place = ("conv1.dL_dw", (1, 1, 0, 2))
    foreign = build("conv5x5x2", "channels-last", tmp_path)
    truth = truth_of(foreign)
    foreign = build(
        "conv5x5x2", "channels-last", tmp_path, {place: float(truth[place[0]][place[1]])}
    )
    assert check(foreign).verdict == "right"
    report = check(foreign, prove=3)
    assert wrong_cells(report) == {place}
    assert "right for these numbers only" in report.cells[0].note
