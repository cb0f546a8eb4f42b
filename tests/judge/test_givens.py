"""Givens and parameters are compared with what was handed out."""

import csv
import io
import json

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill
from xlbackprop.__main__ import main

GIVEN = ("conv1.dL_dout", (0, 1, 2))


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")


def zeros_for(name, shape):
    return {(name, index): 0 for index in np.ndindex(shape)}


def zeroed(path):
    """Set all of dL/dout to 0, and type what follows from that."""
    arrays = arrays_of(path)
    names = [name for name in arrays if name.startswith("conv1.dL_d")]
    fill(path, {place: 0 for name in names for place in zeros_for(name, arrays[name].shape)})
    return path


def test_workbook_as_it_was_built_has_no_changed_givens(book):
    report = xlbackprop.check(book)
    assert report.givens_changed == ()
    assert not report.notes
    assert main(["check", str(book), "--same-givens"]) == 0


def test_numbers_drawn_in_full_precision_are_recognised(tmp_path):
    random = np.random.default_rng(1)
    raw = xlbackprop.parse_spec("""
        name = "n"
        input = [3]
        [[layers]]
        type = "dense"
        units = 2
        [loss]
        type = "mse"
    """)
    path = xlbackprop.build(raw, tmp_path / "n.xlsx")
    values = {("dense1.h", (i,)): float(x) for i, x in enumerate(random.normal(size=3))}
    fill(path, values)
    assert [vars(one) for one in xlbackprop.check(path).givens_changed] == [
        {"tensor": "dense1.h", "count": 3}
    ]


def test_changed_givens_are_named_in_every_form(book, tmp_path, capsys):
    arrays = arrays_of(book)
    fill(book, dict.fromkeys(zeros_for("conv1.dL_dout", arrays["conv1.dL_dout"].shape), 7.5))
    said = "27 givens changed: conv1.dL_dout"
    html, table, copy = (tmp_path / name for name in ("a.html", "a.csv", "a.xlsx"))
    outputs = ["--html", str(html), "--csv", str(table), "--annotate", str(copy)]
    assert main(["check", str(book), *outputs]) == 0
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in html.read_text(encoding="utf-8")
    (line,) = csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig")))
    assert (line["tensor"], line["status"]) == ("conv1.dL_dout", "given changed")
    assert "27" in line["note"]
    summary = openpyxl.load_workbook(copy).worksheets[0]
    assert any(said in str(cell.value) for row in summary.iter_rows() for cell in row)
    assert main(["check", str(book), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["givens_changed"] == [{"tensor": "conv1.dL_dout", "count": 27}]
    assert said in report["notes"]


def test_same_givens_are_asked_for_with_an_option(book):
    fill(book, {GIVEN: 9.5})
    assert xlbackprop.check(book).verdict == "right"
    assert main(["check", str(book)]) == 0
    assert main(["check", str(book), "--same-givens"]) == 1


def test_spec_is_what_givens_are_compared_with_where_it_is_given(tmp_path):
    """A forged memory of what was handed out is of no use."""
    spec = xlbackprop.load_spec("conv5x5x2")
    arrays = dict(spec.values.arrays)
    arrays["conv1.b"] = [5, 5, 5]
    forged = xlbackprop.parse_spec(spec.to_toml())
    from dataclasses import replace

    forged = replace(forged, values=replace(spec.values, arrays=arrays))
    path = xlbackprop.build(forged, tmp_path / "forged.xlsx")
    assert not xlbackprop.check(path).givens_changed
    (changed,) = xlbackprop.check(path, spec="conv5x5x2").givens_changed
    assert (changed.tensor, changed.count) == ("conv1.b", 3)
    assert main(["check", str(path), "--spec", "conv5x5x2", "--same-givens"]) == 1
    assert main(["check", str(path), "--spec", "conv5x5x2"]) == 0


def test_numbers_that_a_spec_draws_are_compared_as_well(tmp_path):
    """Whoever built it with another seed, and forged what the workbook remembers, is found out."""
    spec = xlbackprop.load_spec("optimizers-sgd")
    assert not spec.values.arrays
    path = xlbackprop.build(spec, tmp_path / "o.xlsx", seed=9)
    assert not xlbackprop.check(path).givens_changed
    changed = [one.tensor for one in xlbackprop.check(path, spec=spec).givens_changed]
    assert changed == [
        "dense1.h", "dense1.w", "dense1.b", "dense2.w", "dense2.b", "loss.target",
    ]  # fmt: skip
    assert not xlbackprop.check(xlbackprop.build(spec, path, force=True), spec=spec).givens_changed


def test_old_weights_typed_with_a_learning_rate_of_zero_earn_nothing(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "m.xlsx")
    arrays = arrays_of(path)
    old = {("dense1.w_new", i): float(arrays["dense1.w"][i]) for i in np.ndindex(2, 2)}
    fill(path, {("training.lr", ()): 0, **old})
    report = xlbackprop.check(path)
    assert {(cell.tensor, cell.index) for cell in report.cells} == set(old)
    assert {(cell.status, cell.note) for cell in report.cells} == {
        ("wrong", "with the givens that were changed this update changes nothing: no credit")
    }
    path = xlbackprop.build("mlp-2-2-2", path, force=True)
    fill(path, {("training.lr", ()): 0})
    assert xlbackprop.check(path).verdict == "right"  # for these are formulas


def test_typed_zeros_on_a_gradient_made_zero_earn_nothing(book):
    report = xlbackprop.check(zeroed(book))
    assert report.verdict == "wrong"
    assert [one.tensor for one in report.givens_changed] == ["conv1.dL_dout"]
    names = ("conv1.dL_dw", "conv1.dL_db", "conv1.dL_dh")
    for tensor in report.tensors:
        if tensor.name in names:
            assert "right" not in tensor.counts
    assert {cell.note for cell in report.cells if cell.tensor in names} == {
        "with the givens that were changed all answers here are the same: no credit"
    }


def test_formulas_on_a_gradient_made_zero_stay_right(book):
    """Inputs are the user's to choose: what computes is not a guess."""
    arrays = arrays_of(book)
    fill(book, zeros_for("conv1.dL_dout", arrays["conv1.dL_dout"].shape))
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert [one.tensor for one in report.givens_changed] == ["conv1.dL_dout"]


def test_one_plane_made_zero_earns_nothing_for_its_own_gradients(book):
    arrays = arrays_of(book)
    shape = arrays["conv1.dL_dw"].shape
    planes = {("conv1.dL_dout", (0, i, j)): 0 for i, j in np.ndindex(3, 3)}
    typed = {("conv1.dL_dw", index): 0 for index in np.ndindex(shape) if index[0] == 0}
    fill(book, {**planes, **typed})
    report = xlbackprop.check(book)
    wrong = {cell.index for cell in report.cells}
    assert wrong == {index for _, index in typed}


def test_typed_zeros_that_were_right_before_are_right(tmp_path):
    """With another input, too, the gradient is 0 where it was when the page was handed out."""
    spec = xlbackprop.parse_spec("""
        name = "n"
        input = [2]
        [[layers]]
        type = "relu"
        [loss]
        type = "given"
        [values.arrays]
        "relu1.h" = [-1, -2]
        "relu1.dL_dout" = [3, 4]
    """)
    path = xlbackprop.build(spec, tmp_path / "n.xlsx")
    fill(path, {("relu1.h", (0,)): -5, **zeros_for("relu1.dL_dh", (2,))})
    report = xlbackprop.check(path)
    assert (report.verdict, len(report.givens_changed)) == ("right", 1)


def test_workbook_that_does_not_say_what_its_givens_were_needs_a_spec(book, tmp_path, capsys):
    forgetful = openpyxl.load_workbook(book)
    sheet = forgetful["_xlbackprop"]
    sheet.delete_cols(3, 2)
    path = tmp_path / "forgetful.xlsx"
    forgetful.save(path)
    assert main(["check", str(path)]) == 0
    assert main(["check", str(path), "--same-givens"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "does not say what conv1.h was when it was handed out" in line
    assert "--spec" in line
    assert main(["check", str(path), "--same-givens", "--spec", "conv5x5x2"]) == 0
