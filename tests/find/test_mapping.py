"""Where a map says that the tensors stand, and maps that do not fit."""

import re

import numpy as np
import pytest

import xlbackprop
from tests.support.mapped import MLP, TWO, addresses, placed, refusal
from xlbackprop.errors import MapError
from xlbackprop.find.mapping import (
    parse_map,
)
from xlbackprop.formula.addresses import rectangle


@pytest.mark.parametrize(
    ("entry", "index", "cell"),
    [
        pytest.param('["B3:D5", "F3:H5", "B7:D9"]', (2, 1, 0), "B8", id="range-for-each-block"),
        pytest.param('"B3:D11"', (1, 0, 2), "D6", id="blocks-that-adjoin"),
        pytest.param('"B3:B29"', (1, 0, 2), "B14", id="column"),
        pytest.param('"B3:AB3"', (0, 1, 0), "E3", id="row"),
        pytest.param(
            '{ range = "B3:D13", stacked = "rows", step = 4 }', (2, 0, 1), "C11", id="rows"
        ),
        pytest.param(
            '{ range = "B3:L5", stacked = "columns", step = 4 }', (2, 0, 1), "K3", id="columns"
        ),
        pytest.param(
            '{ range = "B3:J5", stacked = "columns" }', (2, 0, 1), "I3", id="side-by-side"
        ),
        pytest.param('{ range = "B3:J5", order = "ikj" }', (2, 0, 1), "I3", id="order-of-blocks"),
        pytest.param('{ range = "B3:D11", order = "ijk" }', (2, 0, 1), "D4", id="channels-last"),
        pytest.param(
            '{ range = "B3:D11", order = ["i", "j", "k"] }', (2, 0, 1), "D4", id="letters"
        ),
        pytest.param('{ range = "B3:D11", transpose = true }', (2, 0, 1), "B10", id="transpose"),
        pytest.param('{ range = ["there", "B3:D5", "B7:D9"] }', (0, 2, 2), "D4", id="name"),
        pytest.param(
            '["$b$3:$d$5", "Sheet1!F3:H5", "sheet1!B7:D9"]', (1, 0, 0), "F3", id="spelling"
        ),
    ],
)
def test_entry_stands_where_the_map_says(entry, index, cell):
    places = placed(f'"conv1.out" = {entry}')["conv1.out"]
    assert places.at(index)[1] == cell
    assert len({places.at(i) for i in np.ndindex(3, 3, 3)}) == 27


@pytest.mark.parametrize(
    ("entry", "cells"),
    [
        pytest.param('"L3:L5"', ["L3", "L4", "L5"], id="upright"),
        pytest.param('"L3:N3"', ["L3", "M3", "N3"], id="lying"),
        pytest.param('["A1", "C9", "B2"]', ["A1", "C9", "B2"], id="cells"),
        pytest.param(
            '{ range = "L3:L11", stacked = "rows", step = 4 }', ["L3", "L7", "L11"], id="gaps"
        ),
    ],
)
def test_vector_stands_in_any_direction(entry, cells):
    assert addresses(placed(f"b = {entry}")["conv1.b"]).tolist() == cells


def test_scalar_is_a_cell_or_a_name():
    assert placed('L = "D4"')["loss.L"].at(()) == placed('L = "my_loss"')["loss.L"].at(())


@pytest.mark.parametrize("name", ["conv1.h", '"conv1.h"', "h", '"h"'])
def test_tensor_is_named_in_full_or_by_its_last_part(name):
    assert set(placed(f'{name} = ["A1:E5", "A7:E11"]')) == {"conv1.h"}


def test_only_sheet_need_not_be_named():
    assert placed('L = "D4"', head="", sheets=["Any sheet"])["loss.L"].sheets == ("Any sheet",)


@pytest.fixture(scope="module")
def stepwise():
    return xlbackprop.build_network(xlbackprop.load_spec("xor"))


def test_training_steps_follow_at_a_distance(stepwise):
    places = placed('"dense2.b" = "B5"\n"loss.L" = "C5"', stepwise, "step = { rows = 2 }", ["S"])
    assert places["dense2.b"].at((0,)) == ("S", "B5")
    assert places["step3.dense2.b"].at((0,)) == ("S", "B9")
    assert places["step10.loss.L"].at(()) == ("S", "C23")


def test_training_steps_follow_in_columns(stepwise):
    places = placed('"dense2.b" = "B5"', stepwise, "step = { columns = 3 }", ["S"])
    assert places["step3.dense2.b"].at((0,)) == ("S", "H5")


def test_row_with_a_dollar_stays_in_all_steps(stepwise):
    target = stepwise.tensors["loss.target"]
    cells = rectangle(0, 0, *target.shape).replace("1", "$1", 1)
    places = placed(f'"loss.target" = "{cells}"', stepwise, "step = { rows = 2 }", ["S"])
    assert (places["step4.loss.target"].rows == places["loss.target"].rows).all()


def test_place_that_is_written_for_a_later_step_counts(stepwise):
    places = placed(
        '"loss.L" = "C5"\n"step3.loss.L" = "H1"', stepwise, "step = { rows = 2 }", ["S"]
    )
    assert places["step2.loss.L"].at(()) == ("S", "C7")
    assert places["step3.loss.L"].at(()) == ("S", "H1")


def test_losses_may_stand_in_their_table(stepwise):
    column = f"C5:C{4 + len(stepwise.steps)}"
    tensors = f'"loss.L" = "C5"\n"training.L" = "{column}"'
    places = placed(tensors, stepwise, "step = { rows = 1 }", ["S"])
    assert places["step2.loss.L"].at(()) == places["training.L"].at((1,))


def test_computed_tensor_that_stays_in_all_steps_is_refused(stepwise):
    message = refusal('"loss.L" = "C$5"', stepwise, "step = { rows = 2 }", ["S"])
    assert "both claim the cell S!C5" in message


TWELVE = ", ".join(f'"{column}{row}"' for row in range(1, 7) for column in "AB")


@pytest.mark.parametrize(
    ("tensors", "network"),
    [
        pytest.param('conv1.out = "A1:J20"\nrelu1.h = "A1:J20"', TWO, id="output-and-next-input"),
        pytest.param(f'pool2.out = "A1:B6"\nflatten1.out = [{TWELVE}]', TWO, id="flattened"),
        pytest.param('dense1.h = "A1:A12"\nflatten1.out = "A1:A12"', TWO, id="flattened-input"),
        pytest.param(
            'dense1.b = ["A1", "A1"]\ndense2.b = ["A1", "A1"]', MLP, id="one-bias-for-all"
        ),
        pytest.param(
            'sigmoid2.dL_dh = "A1:B1"\ndense2.dL_dout = "A1:B1"', MLP, id="gradient-passed-on"
        ),
    ],
)
def test_same_cells_may_hold_copies_and_shared_givens(tensors, network):
    assert len(placed(tensors, network)) == 2


REFUSED = [
    ('ww = "A1"', "no such tensor"),
    ('"conv1.dL_dv" = "A1"', "did you mean conv1.dL_d"),
    ('h = "B3:F7"', r"B3:F7 has 5×5 cells, and should have 2 blocks of 5×5"),
    ('h = ["A1:E4", "A6:E9"]', r"A1:E4 has 4×5 cells, and should have 5×5"),
    ('h = ["A1:E5", "A6:E10", "A12:E16"]', r"3 ranges; .* 2×5×5 stands in 1, 2, 10"),
    ('b = "A1:B2"', r"2×2 cells, and should have 1×3 or 3×1"),
    ('L = "A1:A2"', r"2×1 cells, and should have one cell"),
    ('w = { range = "H3:J23", stacked = "rows", step = 4 }', "take 23 rows"),
    ('w = { range = "H3:J20", stacked = "rows", step = 2 }', "would overlap"),
    ('w = { range = "H3:J20", stacked = "down" }', "stacked = 'down': expected \"rows\" or"),
    ('w = { range = "H3:J20", step = 4 }', "step needs stacked"),
    ('w = { range = "H3:J20", stacked = "rows", step = -4 }', "step = -4: expected a whole"),
    ('out = { range = "A1:I3", order = "ijj" }', "order = 'ijj': expected the letters of kij"),
    ('out = { range = "A1:I3", order = "ijk", transpose = true }', "give one of them"),
    ('b = { range = "A1:A3", transpose = true }', "no rows and columns to swap"),
    ('b = { range = "A1:A3", transpose = 1 }', "transpose = 1: expected true or false"),
    ('b = { range = "A1:A3", rotate = true }', "unknown key 'rotate'"),
    ('b = { order = "k" }', "range = missing"),
    ("b = 3", "range = 3: expected a range"),
    ("b = {}", "expected a range"),
    ('b = ["A1", 2, "A3"]', "expected a range"),
    ('a.b.c.d.e = "A1"', "expected a range"),
    ('b = "A3:A1"', "expected the upper left cell"),
    ('b = "nope"', "'nope' is neither a range"),
    ('b = "rate"', "name 'rate' is no range of cells, but '0.5'"),
    ('b = "Sheet2!A1:A3"', "no sheet 'Sheet2' .did you mean Sheet1"),
    ('b = "A1:A9999999"', "A1:A9999999"),
    ('b = "XFE1:XFE3"', "no range"),
    ('h = "A1:XFD1048576"', r"1048576×16384 cells"),
    ('b = "A1:A3"\n"conv1.b" = "B1:B3"', "places conv1.b, too"),
    ('out = ["A1:C3", "A1:C3", "A4:C6"]', "two of its entries claim the cell Sheet1!A1"),
    ('b = "A1:A3"\nL = "A2"', "conv1.b and loss.L both claim the cell Sheet1!A2"),
    ('dL_dw = "A1:C18"\nout = "C1:E9"', "both claim the cell Sheet1!C1"),
    ('b = "\\u001b[31mA1"', "neither a range"),
    (f'b = "{"A" * 5_000}"', "neither a range"),
]


@pytest.mark.parametrize(("tensors", "pattern"), REFUSED, ids=[one[0][:40] for one in REFUSED])
def test_map_that_does_not_fit_is_refused_in_one_line(tensors, pattern):
    message = refusal(tensors)
    assert re.search(pattern, message), message
    assert message.isprintable()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        pytest.param("", "places no tensor", id="empty"),
        pytest.param("[tensors]", "places no tensor", id="no-tensors"),
        pytest.param("tensors = 3", "places no tensor", id="number"),
        pytest.param("b = = 3", "not valid TOML", id="no-toml"),
        pytest.param("x = " + "[" * 9_000, "not valid TOML", id="deep"),
        pytest.param('spek = "x"\n[tensors]\nb = "A1"', "unknown key 'spek'", id="unknown-key"),
        pytest.param('spec = 3\n[tensors]\nb = "A1"', "spec = 3: expected a text", id="spec"),
        pytest.param('step = 1\n[tensors]\nb = "A1"', "step = 1: expected a distance", id="step"),
        pytest.param(
            'step = { rows = 0 }\n[tensors]\nb = "A1"', "on the same cells", id="step-of-nothing"
        ),
        pytest.param(
            'step = { up = 1 }\n[tensors]\nb = "A1"', "unknown key 'up'", id="step-with-a-typo"
        ),
    ],
)
def test_text_that_is_no_map_is_refused_in_one_line(text, pattern):
    with pytest.raises(MapError, match=pattern) as error:
        parse_map(text)
    assert len(str(error.value).splitlines()) == 1


def test_step_without_training_is_refused():
    assert "one step only" in refusal('b = "A1:A3"', head="step = { rows = 1 }", sheets=["S"])


def test_range_without_a_sheet_is_refused_where_there_are_several():
    assert "on which sheet?" in refusal('b = "A1:A3"', head="")


def test_name_that_means_several_tensors_is_refused_with_their_names():
    assert "which one? There are dense1.b, dense2.b" in refusal('b = "A1:B1"', MLP)
