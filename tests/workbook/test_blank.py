"""A workbook to be filled in gives no answer away, wherever one looks."""

import gc
import re
import zipfile

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, places_by_index
from xlbackprop import SpecError, build

MSE = conv_spec(GEOMETRIES["stride2-padding1"], loss="mse", seed=5)


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return arrays_of(xlbackprop.build(MSE, tmp_path_factory.mktemp("full") / "full.xlsx"))


def distinctive(truth, names):
    """Return the answers that cannot occur by chance: no small whole or round numbers."""
    numbers = np.concatenate([truth[name].ravel() for name in names])
    kept = [number for number in numbers if abs(number * 1000 - round(number * 1000)) > 1e-6]
    assert len(kept) > 10
    return kept


def everything_in(path):
    """Return all numbers that occur in any text of any part of the archive."""
    with zipfile.ZipFile(path) as archive:
        text = " ".join(
            archive.read(part).decode("utf-8", "replace") for part in archive.namelist()
        )
    return np.unique([float(n) for n in re.findall(r"-?\d+\.\d+(?:[eE][-+]?\d+)?", text)])


def occurring(answers, numbers):
    return [a for a in answers if np.isclose(numbers, a, rtol=1e-5, atol=1e-12).any()]


BLANKS = {
    "all": ["all"],
    "gradients": ["dL_dw", "dL_dh"],
    "out": ["conv1.out"],
    "error": ["loss.error"],
    "spread": ["dL_dout_spread", "w_rotated"],
}


# The spread-out gradient and the turned filter repeat numbers that stand elsewhere.
SECRET = {name: blank for name, blank in BLANKS.items() if name != "spread"}


@pytest.mark.parametrize("blank", SECRET.values(), ids=SECRET)
def test_no_answer_occurs_in_any_part_of_the_file(tmp_path, truth, blank):
    path = xlbackprop.build(MSE, tmp_path / "blank.xlsx", blank=blank)
    left_empty = [
        name
        for name in truth
        if xlbackprop.build_network(MSE).tensors[name].kind.is_computed
        and any(word in ("all", name, name.split(".")[1]) for word in blank)
    ]
    answers = distinctive(truth, [name for name in left_empty if name != "conv1.w_rotated"])
    assert occurring(answers, everything_in(path)) == []


def test_an_answer_in_a_part_would_be_noticed(tmp_path, truth):
    full = xlbackprop.build(MSE, tmp_path / "full.xlsx")
    answers = distinctive(truth, ["conv1.out", "conv1.dL_dw"])
    assert len(occurring(answers, everything_in(full))) == len(answers)


@pytest.mark.parametrize("blank", SECRET.values(), ids=SECRET)
def test_answers_of_a_practice_workbook_are_found_by_the_same_search(tmp_path, truth, blank):
    path = xlbackprop.build(MSE, tmp_path / "practice.xlsx", blank=blank, practice=True)
    report = xlbackprop.check(path)
    left_empty = {cell.tensor for cell in report.cells if cell.status == "blank"}
    answers = distinctive(truth, sorted(left_empty))
    assert occurring(answers, everything_in(path)) == answers


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_blank_cells_hold_neither_formula_nor_value_nor_comment(tmp_path, blank):
    path = xlbackprop.build(MSE, tmp_path / "blank.xlsx", blank=blank)
    book = openpyxl.load_workbook(path)
    report = xlbackprop.check(path)
    empty = {(c.tensor, c.index) for c in report.cells if c.status == "blank"}
    assert len(empty) == report.counts["blank"] > 0
    places = places_by_index(path)
    for place in empty:
        sheet, address = places[place]
        cell = book[sheet][address]
        assert cell.value is None
        assert cell.comment is None
        assert cell.number_format == "General"


def test_values_that_follow_from_blank_cells_are_those_of_empty_cells(tmp_path):
    """With out empty, a saved dL_dout would give it away: it must be what 0 leads to."""
    path = xlbackprop.build(MSE, tmp_path / "blank.xlsx", blank=["out"])
    saved = openpyxl.load_workbook(path, data_only=True)
    places = places_by_index(path)
    value = {place: saved[sheet][cell].value for place, (sheet, cell) in places.items()}
    for index in np.ndindex(2, 4, 4):
        assert value["conv1.out", index] is None
        assert value["loss.error", index] == -value["loss.target", index]


def test_hidden_sheet_and_names_hold_only_the_description(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "blank.xlsx", blank=["all"])
    book = openpyxl.load_workbook(path)
    assert [sheet.title for sheet in book if sheet.sheet_state != "visible"] == ["_xlbackprop"]
    rows = list(book["_xlbackprop"].values)
    assert rows[0][:2] == ("format", 1)
    assert {row[0] for row in rows[1:]} == {"spec"}
    spec = xlbackprop.parse_spec("\n".join(str(row[1] or "") for row in rows[1:]))
    assert not spec.values.arrays
    # What was handed out is there for all to see: the givens and parameters, and nothing else.
    arrays = arrays_of(xlbackprop.build("conv5x5x2", tmp_path / "whole.xlsx"))
    texts = {row[2]: row[3].split() for row in rows if row[2]}
    # What was left blank, so that a report can say how much of it is right.
    network = xlbackprop.build_network(spec)
    assert set(texts.pop("blank")) == set(network.equation_of)
    remembered = {name: [float(text) for text in own] for name, own in texts.items()}
    assert remembered.keys() == {"conv1.h", "conv1.w", "conv1.b", "conv1.dL_dout"}
    for name, numbers in remembered.items():
        assert numbers == arrays[name].ravel().tolist()
    for definition in book.defined_names.values():
        assert re.fullmatch(r"conv1!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", definition.attr_text)


def test_blank_workbook_is_incomplete_not_wrong(tmp_path):
    for blank in (["all"], ["dL_dw"], ["out"]):
        path = xlbackprop.build(MSE, tmp_path / "blank.xlsx", blank=blank, force=True)
        report = xlbackprop.check(path)
        assert report.verdict == "incomplete"
        assert not {"wrong", "invalid"} & set(report.counts)


def test_blank_workbook_filled_with_the_right_formulas_is_right(tmp_path):
    from tests.support.filling import fill

    path = xlbackprop.build(MSE, tmp_path / "blank.xlsx", blank=["dL_dw", "dL_dh"])
    full = arrays_of(xlbackprop.build(MSE, tmp_path / "full.xlsx"))
    entries = {
        (name, index): ("=1", float(full[name][index]))
        for name in ("conv1.dL_dw", "conv1.dL_dh")
        for index in np.ndindex(full[name].shape)
    }
    fill(path, entries)
    assert xlbackprop.check(path, engine="none").verdict == "right"


@pytest.mark.parametrize("was_on", [True, False])
def test_garbage_is_looked_for_again_after_a_build_that_fails(was_on, tmp_path):
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(SpecError):
            build("conv5x5x2", tmp_path / "page.xlsx", blank=["nothing"])
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
