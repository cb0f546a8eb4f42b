"""Live practice: what turns green and what turns red, as spreadsheet programs evaluate it."""

import re

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import coordinate_to_tuple

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_raw, conv_spec
from tests.support.filling import fill, places_by_index
from tests.support.oracles import libreoffice
from tests.support.practice_colours import (
    ENGINES,
    GREEN,
    PLAIN,
    RED,
    colours,
    saved_values,
    summary,
    with_ironcalc,
)
from tests.support.random_networks import random_network
from tests.support.specs_and_values import spec_of
from xlbackprop.__main__ import main
from xlbackprop.equation import Domain
from xlbackprop.errors import SpecError
from xlbackprop.network.values import choose_values

SMALL = [name for name in xlbackprop.template_names() if name not in ("lenet5", "digit")]
# Excel 2007, LibreOffice and Google Sheets have them all, and none is volatile.
ALLOWED = {
    *("IF", "IFERROR", "ISBLANK", "ISLOGICAL", "COUNT", "COUNTIF", "ABS", "MAX", "INT", "LOG10"),
    *("ROUND", "REPT", "SUM", "SUMPRODUCT", "SUMSQ", "INDEX", "ROWS", "COLUMNS"),
}

each_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def practice(spec, path, blank=("all",), **options):
    return xlbackprop.build(spec, path, blank=blank, practice=True, force=True, **options)


def truth_of(spec, seed=None):
    network = xlbackprop.build_network(spec)
    return network.evaluate(choose_values(network, seed))


def cells_of(arrays, names):
    return {
        (name, i): float(arrays[name][i]) for name in names for i in np.ndindex(arrays[name].shape)
    }


def computed(spec):
    tensors = xlbackprop.build_network(spec).tensors
    return [name for name, tensor in tensors.items() if tensor.kind.is_computed]


def seen(path, engine=with_ironcalc):
    return colours(path, engine(path))


# One cell, whose answer is what the input is times 1.

ENTRIES = {
    "the-answer": (149.577, 149.577, GREEN),
    "nearly-the-answer": (149.577, 149.5771, GREEN),
    "two-decimals": (149.577, 149.58, GREEN),
    "two-decimals-cut-off": (149.577, 149.57, RED),
    "one-decimal": (149.577, 149.6, RED),
    "no-decimals": (149.577, 150, RED),
    "no-decimals-but-near": (149.998, 150, GREEN),
    "three-decimals": (1 / 3, 0.333, GREEN),
    "three-decimals-cut-off": (2 / 3, 0.666, RED),
    "four-decimals-last-one-off": (1 / 3, 0.3334, RED),
    "six-decimals": (1 / 3, 0.333333, GREEN),
    "seven-decimals-last-one-off": (1 / 3, 0.3333343, RED),
    "half-up": (0.125, 0.13, GREEN),
    "half-down": (0.125, 0.12, GREEN),
    "negative-rounded": (-1.184, -1.18, GREEN),
    "sign-lost": (-149.577, 149.577, RED),
    "small-as-zero": (0.004, 0, GREEN),
    "not-so-small-as-zero": (0.006, 0, RED),
    "tiny": (1e-7, 1.0001e-7, GREEN),
    "tiny-with-decimals-off": (1e-7, 1.51e-7, RED),
    "zero": (0.0, 0, GREEN),
    "zero-not-hit": (0.0, 0.01, RED),
    "large": (12345678.25, 12345679.0, GREEN),
    "large-off": (12345678.25, 12345778.25, RED),
    "text": (2.0, "abc", RED),
    "number-as-text": (2.0, "2", RED),
    "space": (2.0, " ", RED),
    "true": (1.0, True, RED),
    "false": (0.0, False, RED),
    "error": (2.0, "#DIV/0!", RED),
    "right-formula": (2.0, "=1+1", GREEN),
    "wrong-formula": (2.0, "=1+2", RED),
    "formula-that-fails": (2.0, "=1/0", RED),
    "formula-with-a-text": (2.0, '="2"', RED),
    "nothing": (2.0, None, PLAIN),
    "nothing-where-0-is-right": (0.0, None, PLAIN),
}  # fmt: skip


@each_engine
def test_entry_turns_green_or_red_by_the_rule_of_check(tmp_path, engine):
    """All entries in one workbook: the filter is 1, so each answer is the input beside it."""
    spec = conv_spec({"input": [1, 1, len(ENTRIES)], "filters": 1, "kernel": 1, "bias": False})
    path = practice(spec, tmp_path / "p.xlsx", blank=["out"])
    given = {("conv1.h", (0, 0, i)): answer for i, (answer, _, _) in enumerate(ENTRIES.values())}
    typed = {("conv1.out", (0, 0, i)): entry for i, (_, entry, _) in enumerate(ENTRIES.values())}
    fill(path, {**given, **typed, ("conv1.w", (0, 0, 0, 0)): 1.0})
    value = engine(path)
    found = colours(path, value)
    expected = {name: colour for name, (_, _, colour) in ENTRIES.items()}
    assert {name: found["conv1.out", (0, 0, i)] for i, name in enumerate(ENTRIES)} == expected
    right = list(expected.values()).count(GREEN)
    assert summary(value) == f"{right} of {len(ENTRIES)} right"


def random_entry(random, answer):
    """Return something that a person might type, or None."""
    places = int(random.integers(0, 5))
    return [
        answer,
        round(answer, places),
        round(answer, 2),
        round(answer + float(random.normal()) * 0.01, places),
        -answer,
        answer * (1 + float(random.normal()) * 1e-6),
        "n/a",
        "#N/A",
        bool(random.integers(2)),
        None,
    ][int(random.choice(10, p=[0.3, 0.1, 0.25, 0.08, 0.04, 0.08, 0.02, 0.02, 0.01, 0.1]))]


def assert_colours_are_those_of_check(spec, path, value):
    found, report = colours(path, value), xlbackprop.check(path)
    status = {(cell.tensor, cell.index): cell.status for cell in report.cells}
    expected = {"blank": PLAIN, "right": GREEN}
    network = xlbackprop.build_network(spec)
    names = {name for name, tensor in network.tensors.items() if tensor.kind.is_computed}
    # Where several answers are valid, practice knows only the one of PyTorch's rule.
    several = {e.target.name for e in network.equations if e.accepts}
    different = {
        place: (colour, status.get(place, "right"))
        for place, colour in found.items()
        if place[0] in names
        and colour != expected.get(status.get(place, "right"), RED)
        and not (place[0] in several and place not in status)
    }
    assert not different
    assert {GREEN, RED, PLAIN} == set(found.values())


def with_random_entries(spec, path):
    """Build a workbook to practise with, and type something into most of its cells."""
    practice(spec, path)
    random = np.random.default_rng(7)
    answers = cells_of(truth_of(spec), computed(spec))
    fill(path, {place: random_entry(random, answer) for place, answer in answers.items()})
    return path


@pytest.mark.parametrize("name", [*SMALL, *range(8)], ids=str)
def test_colours_agree_with_check_over_random_entries(tmp_path, name):
    spec = xlbackprop.load_spec(name) if isinstance(name, str) else spec_of(random_network(name))
    path = with_random_entries(spec, tmp_path / "p.xlsx")
    assert_colours_are_those_of_check(spec, path, with_ironcalc(path))


def test_colours_agree_with_check_over_random_entries_in_libreoffice(tmp_path):
    names = [name for name in SMALL if not name.startswith("optimizers-")]
    paths = [with_random_entries(xlbackprop.load_spec(n), tmp_path / f"{n}.xlsx") for n in names]
    copies = libreoffice.recalculate(paths, tmp_path)
    for name, path, copy in zip(names, paths, copies, strict=True):
        assert_colours_are_those_of_check(xlbackprop.load_spec(name), path, saved_values(copy))


def test_colours_that_differ_from_check_would_be_noticed(tmp_path):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = with_random_entries(spec, tmp_path / "p.xlsx")
    other = with_random_entries(spec, tmp_path / "other.xlsx")
    answer = float(truth_of(spec)["dense1.out"][0])
    fill(other, {("dense1.out", (0,)): answer + 1})
    with pytest.raises(AssertionError, match=r"dense1\.out"):
        assert_colours_are_those_of_check(spec, path, with_ironcalc(other))


# All right, and right again after the inputs have changed.


@pytest.mark.parametrize("name", [*SMALL, *range(8, 12)], ids=str)
def test_answers_follow_when_inputs_and_parameters_change(tmp_path, name):
    """The answers of other numbers turn green when these are typed in, and not before."""
    spec = xlbackprop.load_spec(name) if isinstance(name, str) else spec_of(random_network(name))
    path = practice(spec, tmp_path / "p.xlsx", seed=1)
    network = xlbackprop.build_network(spec)
    drawn = choose_values(network, 2)
    first = choose_values(network, 1)
    # A template may give some arrays: these change, too, but for class numbers and masks.
    values = {
        t.name: first[t.name] * 1.25 if t.domain == Domain() else drawn[t.name]
        for t in network.inputs
    }
    names = computed(spec)
    answers = cells_of(network.evaluate(values), names)
    fill(path, answers)
    before = seen(path)
    assert sum(before[place] == RED for place in answers) > len(answers) / 5
    fill(path, cells_of(values, values))
    value = with_ironcalc(path)
    assert {colour for place, colour in colours(path, value).items() if place in answers} == {GREEN}
    assert summary(value) == f"{len(answers)} of {len(answers)} right"


@each_engine
def test_numbers_worked_out_from_rounded_ones_are_right(tmp_path, engine):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = practice(spec, tmp_path / "p.xlsx")
    network = xlbackprop.build_network(spec)
    exact, arrays = truth_of(spec), choose_values(network)
    for equation in network.equations:
        arrays[equation.target.name] = np.round(equation.evaluate(arrays), 2)
    names = computed(spec)
    fill(path, cells_of(arrays, names))
    found = seen(path, engine)
    assert {found[place] for place in cells_of(arrays, names)} == {GREEN}
    assert any((np.abs(arrays[name] - exact[name]) > 0.0051).any() for name in names)


def carried_from(spec, name, wrong):
    """Return the arrays that follow from a wrong one."""
    network = xlbackprop.build_network(spec)
    arrays = choose_values(network)
    for equation in network.equations:
        is_it = equation.target.name == name
        arrays[equation.target.name] = wrong if is_it else equation.evaluate(arrays)
    return arrays


def test_number_that_follows_from_a_wrong_one_is_red(tmp_path):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = practice(spec, tmp_path / "p.xlsx")
    arrays = carried_from(spec, "dense1.out", np.array([1.5, -1.5]))
    fill(path, cells_of(arrays, computed(spec)))
    found = seen(path)
    assert found["dense1.out", (0,)] == found["dense2.out", (0,)] == RED


def test_answers_rest_on_true_numbers_where_the_page_goes_on_from_wrong_ones(tmp_path):
    """Between out and dL/dw, both to fill in, the page shows what follows from the wrong out."""
    spec = conv_spec(GEOMETRIES["stride2-padding1"], loss="mse")
    path = practice(spec, tmp_path / "p.xlsx", blank=["out", "dL_dw"])
    truth = truth_of(spec)
    carried = carried_from(spec, "conv1.out", np.ones_like(truth["conv1.out"]))
    sheet, address = places_by_index(path)["conv1.dL_dout", (0, 0, 0)]
    for arrays, colour in ((truth, GREEN), (carried, RED)):
        answers = cells_of(arrays, ["conv1.dL_dw"])
        fill(path, {**cells_of(carried, ["conv1.out"]), **answers})
        value = with_ironcalc(path)
        shown = value(sheet, *coordinate_to_tuple(address))
        assert shown == pytest.approx(carried["conv1.dL_dout"][0, 0, 0])
        assert {colours(path, value)[place] for place in list(answers)[:9]} == {colour}


def test_answer_stays_right_where_nothing_follows_from_a_divisor_rounded_to_zero(tmp_path):
    """RMSprop divides by the root of v, which is 0.00 in two decimals here, plus eps, made 0."""
    spec = xlbackprop.load_spec("optimizers-rmsprop")
    path = practice(spec, tmp_path / "p.xlsx")
    network = xlbackprop.build_network(spec)
    arrays = network.evaluate({**choose_values(network), "training.eps": np.zeros(())})
    answers = cells_of(arrays, computed(spec))
    rounded = {place: round(v, 2) for place, v in answers.items() if place[0].endswith("_v")}
    assert 0 in rounded.values()
    fill(path, {**answers, **rounded, ("training.eps", ()): 0.0})
    found = seen(path)
    assert {found[place] for place in answers} == {GREEN}


INSERT = """
sheet = document.Sheets.getByName("conv1")
sheet.Columns.insertByIndex({column}, 2)
sheet.Rows.insertByIndex({row}, 3)
sheet.setName("renamed")
"""


def test_colours_stay_right_where_rows_and_columns_are_inserted_and_a_sheet_is_renamed(tmp_path):
    spec = conv_spec(GEOMETRIES["plain"])
    path = practice(spec, tmp_path / "p.xlsx")
    random = np.random.default_rng(11)
    answers = cells_of(truth_of(spec), computed(spec))
    fill(path, {place: x + float(random.integers(2)) for place, x in answers.items()})
    sheet, address = places_by_index(path)["conv1.w", (0, 0, 0, 0)]
    row, column = coordinate_to_tuple(address)
    # Between the input and the filters, and above the latter's indices.
    script = INSERT.format(column=column - 3, row=row - 4)
    copy = libreoffice.edit(path, script, tmp_path)
    assert places_by_index(copy)["conv1.w", (0, 0, 0, 0)] != (sheet, address)
    found = colours(copy, saved_values(copy))
    before = seen(path)
    assert {found[place] for place in answers} == {GREEN, RED}
    assert {place: found[place] for place in answers} == {p: before[p] for p in answers}


# The file.


def test_page_to_practise_with_has_its_blocks_where_they_always_are(tmp_path):
    for name in ("batch-norm", "conv-depthwise", "optimizers"):
        path = practice(name, tmp_path / "p.xlsx")
        blank = xlbackprop.build(name, tmp_path / "b.xlsx", blank=["all"], force=True)
        assert xlbackprop.inspect(path) == xlbackprop.inspect(blank)
        found, expected = xlbackprop.check(path), xlbackprop.check(blank)
        assert (found.verdict, found.counts) == (expected.verdict, expected.counts)
        assert found.cells == expected.cells


def test_answers_are_on_a_very_hidden_sheet(tmp_path):
    path = practice("two-conv", tmp_path / "p.xlsx")
    book = openpyxl.load_workbook(path)
    states = {sheet.title: sheet.sheet_state for sheet in book}
    assert states.pop("_answers") == "veryHidden"
    assert states.pop("_xlbackprop") == "hidden"
    assert set(states.values()) == {"visible"}
    assert next(iter(states)) == "Overview"


@pytest.mark.parametrize("blank", ["all", "dL_dh"])
@pytest.mark.parametrize("name", ["batch-norm", "mlp-2-2-2", "two-conv"])
def test_marks_are_in_hidden_columns_and_nothing_else_is(tmp_path, name, blank):
    pages = openpyxl.load_workbook(practice(name, tmp_path / "p.xlsx", blank=[blank])).worksheets
    for sheet in pages[1:-2]:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            is_mark = "_answers" in str(cell.value)
            if cell.value is not None or cell.has_style:
                assert hidden(sheet, cell.column) == is_mark, (sheet.title, cell.coordinate)


def hidden(sheet, column):
    return any(d.hidden and d.min <= column <= d.max for d in sheet.column_dimensions.values())


def test_conditional_formats_look_at_their_own_sheet_only(tmp_path):
    book = openpyxl.load_workbook(practice("two-conv", tmp_path / "p.xlsx"))
    rules = [r for sheet in book for f in sheet.conditional_formatting for r in f.rules]
    assert len(rules) > 2 * (len(book.sheetnames) - 3)
    for rule in rules:
        assert "!" not in rule.formula[0]
        assert rule.dxf.font.b or rule.dxf.font.strike  # not by colour alone


FORMULA = re.compile(r"([A-Za-z.0-9_]+)\(")


@pytest.mark.parametrize(
    "geometry", ["more-filters-than-a-formula-holds", "stride2-padding3", "batch3"]
)
def test_formulas_of_practice_use_old_functions_and_are_not_too_long(tmp_path, geometry):
    raw = conv_raw(GEOMETRIES[geometry], loss="mse")
    raw["layers"][0]["name"] = "A" * 25
    book = openpyxl.load_workbook(practice(spec_of(raw), tmp_path / "p.xlsx"))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert len(cell.value) <= 8192
                    assert set(FORMULA.findall(cell.value)) <= ALLOWED, cell.value


def test_saved_values_are_those_of_a_workbook_in_which_nothing_is_typed(tmp_path):
    for name in ("batch-norm", "conv-depthwise", "optimizers"):
        path = practice(name, tmp_path / "p.xlsx")
        value = with_ironcalc(path)
        for sheet in openpyxl.load_workbook(path, data_only=True):
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is not None and sheet.title != "_xlbackprop":
                        now, saved = value(sheet.title, cell.row, cell.column), cell.value
                        if isinstance(saved, (int, float)):
                            saved = pytest.approx(saved, rel=1e-9, abs=1e-9)
                        assert now == saved, cell


@pytest.mark.parametrize("options", [[], ["--blank", ""], ["--blank", " , "]], ids=str)
def test_practice_without_anything_blank_is_refused(tmp_path, capsys, options):
    path = tmp_path / "p.xlsx"
    assert main(["build", "conv5x5x2", "--practice", *options, "-o", str(path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "--blank" in output.err
    assert not list(tmp_path.iterdir())


def test_practice_without_anything_blank_raises_in_the_library(tmp_path):
    with pytest.raises(SpecError, match="practice"):
        xlbackprop.build("conv5x5x2", tmp_path / "p.xlsx", practice=True)


def test_practice_option_builds_the_same_as_the_library(tmp_path):
    command = ["build", "conv5x5x2", "--blank", "dL_dh", "--practice", "-o"]
    assert main([*command, str(tmp_path / "a.xlsx")]) == 0
    practice("conv5x5x2", tmp_path / "b.xlsx", blank=["dL_dh"])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_more_answers_than_a_sheet_has_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("xlbackprop.workbook.write.answers.MAX_ROWS", 100)
    with pytest.raises(SpecError, match=r"practice: .* rows of a sheet"):
        practice("two-conv", tmp_path / "p.xlsx")
    assert not list(tmp_path.iterdir())


def test_page_too_wide_for_its_marks_is_refused(tmp_path):
    raw = {"name": "wide", "input": [6000], "layers": [{"type": "relu"}]}
    with pytest.raises(SpecError, match=r"relu1 has [0-9,]+ columns"):
        practice(spec_of(raw), tmp_path / "p.xlsx")
    assert not list(tmp_path.iterdir())


@each_engine
def test_wide_page_has_its_marks_beside_it(tmp_path, engine):
    spec = spec_of({"name": "row", "input": [40], "layers": [{"type": "relu"}]})
    path = practice(spec, tmp_path / "p.xlsx", blank=["out"])
    answers = cells_of(truth_of(spec), ["relu1.out"])
    fill(path, answers)
    found = seen(path, engine)
    assert {found[place] for place in answers} == {GREEN}
