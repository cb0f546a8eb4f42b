"""Each status of the contract, and the rules that decide between them."""

import numpy as np
import pytest

import xlbackprop
from tests.support.by_hand import rounded_by_hand
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, fill, places_by_index
from xlbackprop.network import build_network

COMPUTED = ("out", "dL_dout", "dL_dout_spread", "dL_dw", "dL_db", "w_rotated", "dL_dh")


@pytest.fixture
def book(tmp_path):
    """A convolution under a mean squared error: its dL_dout depends on its out."""
    spec = conv_spec(GEOMETRIES["plain"], loss="mse", seed=1)
    return xlbackprop.build(spec, tmp_path / "book.xlsx")


@pytest.fixture
def truth(book):
    return arrays_of(book)


def statuses(path):
    """Return the status of each cell that is not right, by the values saved in the file.

    These are typed in beside formulas that would not give them, so nothing is recalculated.
    """
    return {(c.tensor, c.index): c.status for c in xlbackprop.check(path, engine="none").cells}


def only_cell(path):
    (cell,) = xlbackprop.check(path, engine="none").cells
    return cell


LAST = ("conv1.dL_dh", (1, 2, 3))  # nothing depends on it


def test_freshly_built_workbook_is_right(book):
    report = xlbackprop.check(book)
    assert (report.verdict, report.cells) == ("right", ())
    assert report.counts == {"right": sum(t.counts["right"] for t in report.tensors)}


def test_wrong_number_is_wrong_and_shows_what_would_be_right(book, truth):
    fill(book, {LAST: 0.123})
    cell = only_cell(book)
    assert (cell.status, cell.tensor, cell.index, cell.found) == ("wrong", *LAST, 0.123)
    assert cell.expected == pytest.approx(truth[LAST[0]][LAST[1]])
    assert cell.from_your_cells == pytest.approx(cell.expected)
    assert cell.formula is None
    assert (cell.sheet, cell.cell) == places_by_index(book)[LAST]


def test_right_number_typed_instead_of_a_formula_is_right(book, truth):
    fill(book, {LAST: float(truth[LAST[0]][LAST[1]])})
    assert xlbackprop.check(book).verdict == "right"


def test_one_slip_in_the_forward_pass_is_one_wrong_cell(book, truth):
    """The heart of it: everything after the slip follows from it, and is carried."""
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse", seed=1))
    slip = ("conv1.out", (1, 0, 2))
    user = dict(truth)
    user["conv1.out"] = truth["conv1.out"].copy()
    user["conv1.out"][slip[1]] += 1
    for equation in network.equations:
        if equation.target.name != "conv1.out":
            user[equation.target.name] = equation.evaluate(user)
    changed = {
        (name, index): float(array[index])
        for name, array in user.items()
        for index in np.ndindex(array.shape)
        if not np.isclose(array[index], truth[name][index], rtol=1e-6, atol=1e-9)
    }
    fill(book, {place: ("=1", value) for place, value in changed.items() if place != slip})
    fill(book, {slip: float(user["conv1.out"][slip[1]])})
    found = statuses(book)
    assert found.pop(slip) == "wrong"
    assert set(found) == set(changed) - {slip}
    assert set(found.values()) == {"carried"}
    assert {name for name, _ in found} == {
        "loss.L", "loss.error", *(f"conv1.{name}" for name in COMPUTED if name[0] == "d"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "status", "note"),
    [
        pytest.param(None, "blank", "", id="blank"),
        pytest.param("todo", "invalid", "text", id="text"),
        pytest.param("1.25", "invalid", "enter it as the number 1.25", id="number-as-text"),
        pytest.param("1,25", "invalid", "enter it as the number 1.25", id="comma-decimal"),
        pytest.param("\N{MINUS SIGN}1.25", "invalid", "number -1.25", id="typographic-minus"),
        pytest.param("", "blank", "", id="empty-text"),
        pytest.param("#REF!", "invalid", "error", id="error"),
        pytest.param(True, "invalid", "true or false", id="boolean"),
        pytest.param("=SUM(A1)", "invalid", "without a saved value", id="formula-not-computed"),
        pytest.param(("=1/0", "#DIV/0!"), "invalid", "error", id="formula-with-error"),
        pytest.param(("=A1&A2", "ab"), "invalid", "text", id="formula-with-text"),
    ],
)
def test_cell_without_a_number_has_its_status_and_note(book, entry, status, note):
    fill(book, {LAST: entry})
    cell = only_cell(book)
    assert cell.status == status
    assert note in cell.note
    assert xlbackprop.check(book).verdict == ("incomplete" if status == "blank" else "wrong")


def test_error_that_follows_from_an_error_upstream_is_carried(book):
    fill(book, {("conv1.out", (0, 0, 0)): "#N/A", ("loss.error", (0, 0, 0)): ("=1+#N/A", "#N/A")})
    found = statuses(book)
    assert found["conv1.out", (0, 0, 0)] == "invalid"
    assert found["loss.error", (0, 0, 0)] == "carried"


def test_lost_reference_is_invalid_even_after_an_error_upstream(book):
    fill(
        book, {("conv1.out", (0, 0, 0)): "#N/A", ("loss.error", (0, 0, 0)): ("=#REF!-B1", "#REF!")}
    )
    assert statuses(book)["loss.error", (0, 0, 0)] == "invalid"


def test_hand_that_rounds_everywhere_passes(tmp_path):
    """To two decimals, or to three significant digits of what is small."""
    for loss in ("given", "mse"):
        spec = conv_spec(GEOMETRIES["stride2-padding1"], loss=loss)
        path, network = xlbackprop.build(spec, tmp_path / f"{loss}.xlsx"), build_network(spec)
        arrays = arrays_of(path)
        rounded = {
            (name, index): float(rounded_by_hand(network, name, arrays)[index])
            for name in network.equation_of
            for index in np.ndindex(arrays[name].shape)
        }
        assert len(rounded) > 500
        fill(path, rounded)
        assert xlbackprop.check(path).verdict == "right"


def test_hand_that_works_on_with_its_rounded_numbers_passes(book):
    """Each number is computed from the rounded ones before it, and rounded again."""
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse", seed=1))
    hand = arrays_of(book)
    entries = {}
    for equation in network.equations:
        name = equation.target.name
        hand[name] = np.round(equation.evaluate(hand), 2)
        entries |= {
            (name, index): float(hand[name][index]) for index in np.ndindex(hand[name].shape)
        }
    fill(book, entries)
    assert xlbackprop.check(book).verdict == "right"


@pytest.mark.parametrize("off", [0.02, -0.02, 0.011])
def test_rounded_hand_that_is_off_in_one_cell_does_not_pass(book, truth, off):
    index = (2, 1, 1, 0)
    array = truth["conv1.dL_dw"]
    entries = {("conv1.dL_dw", i): round(float(array[i]), 2) for i in np.ndindex(array.shape)}
    entries["conv1.dL_dw", index] = round(entries["conv1.dL_dw", index] + off, 3)
    fill(book, entries)
    assert statuses(book) == {("conv1.dL_dw", index): "wrong"}


def test_number_rounded_to_one_decimal_is_wrong_and_says_so(book, truth):
    places = [
        i
        for i in np.ndindex(2, 5, 5)
        if abs(round(truth[LAST[0]][i], 1) - truth[LAST[0]][i]) > 0.02
    ]
    place = ("conv1.dL_dh", places[0])
    fill(book, {place: round(float(truth[place[0]][place[1]]), 1)})
    cell = only_cell(book)
    assert cell.status == "wrong"
    assert "at least 2 decimals" in cell.note


@pytest.mark.parametrize(("factor", "status"), [(1 + 5e-7, None), (1 + 3e-6, "wrong")])
def test_formula_matches_within_a_millionth(book, truth, factor, status):
    value = float(truth[LAST[0]][LAST[1]]) * factor
    fill(book, {LAST: ("=A1", value)})
    assert statuses(book).get(LAST) == status


def test_credit_that_rests_on_blank_cells_is_no_credit(tmp_path):
    path = xlbackprop.build(
        conv_spec(GEOMETRIES["plain"], loss="mse"), tmp_path / "b.xlsx", blank=["all"]
    )
    truth = network_arrays(path)["conv1.dL_dh"]
    zeros = {("conv1.dL_dh", i): 0 for i in np.ndindex(2, 5, 5) if abs(truth[i]) > 0.01}
    fill(path, zeros)
    found = statuses(path)
    assert {found[place] for place in zeros} == {"wrong"}
    assert "no credit" in xlbackprop.check(path).cells[0].note


@pytest.mark.parametrize("number", [0, 1])
def test_page_filled_with_one_number_earns_nothing(tmp_path, number):
    path = xlbackprop.build(
        conv_spec(GEOMETRIES["plain"], loss="mse"), tmp_path / "b.xlsx", blank=["all"]
    )
    truth = network_arrays(path)
    entries = {
        (name, index): number
        for name, array in truth.items()
        if not name.endswith((".h", ".w", ".b", ".target"))
        for index in np.ndindex(array.shape)
    }
    fill(path, entries)
    report = xlbackprop.check(path)
    assert report.counts.get("carried", 0) == 0
    off = [place for place in entries if abs(truth[place[0]][place[1]] - number) > 0.01]
    assert {(c.tensor, c.index) for c in report.cells} >= set(off)


def network_arrays(path):
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse"))
    blank = arrays_given(path, network)
    return network.evaluate(blank)


def arrays_given(path, network):
    import openpyxl

    values = openpyxl.load_workbook(path, data_only=True)
    places = places_by_index(path)
    return {
        tensor.name: np.array(
            [
                values[places[tensor.name, index][0]][places[tensor.name, index][1]].value
                for index in np.ndindex(tensor.shape)
            ],
            dtype=float,
        ).reshape(tensor.shape)
        for tensor in network.inputs
    }


def test_formula_that_follows_from_blank_cells_is_carried(book):
    """Nobody typed it: it is what the page computes while a cell before it is empty."""
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse", seed=1))
    user = arrays_of(book)
    user["conv1.out"][0, 0, 0] = 0
    error = next(e for e in network.equations if e.target.name == "loss.error").evaluate(user)
    fill(
        book,
        {
            ("conv1.out", (0, 0, 0)): None,
            ("loss.error", (0, 0, 0)): ("=A1-B1", float(error[0, 0, 0])),
        },
    )
    found = statuses(book)
    assert found["conv1.out", (0, 0, 0)] == "blank"
    assert found["loss.error", (0, 0, 0)] == "carried"


def test_other_inputs_are_the_users_to_choose(book):
    """A given that was changed, with everything recalculated, is no mistake."""
    network = xlbackprop.build_network(conv_spec(GEOMETRIES["plain"], loss="mse", seed=1))
    values = arrays_given(book, network)
    values["conv1.h"] += 1
    entries = {("conv1.h", index): float(values["conv1.h"][index]) for index in np.ndindex(2, 5, 5)}
    for name, array in network.evaluate(values).items():
        if network.tensors[name].kind.is_computed:
            entries |= {(name, i): ("=A1", float(array[i])) for i in np.ndindex(array.shape)}
    fill(book, entries)
    assert xlbackprop.check(book, engine="none").verdict == "right"


@pytest.mark.parametrize(("entry", "status"), [(None, "blank"), ("x", "invalid")])
def test_given_without_a_number_is_flagged_and_what_follows_is_not_called_wrong(
    book, entry, status
):
    fill(book, {("conv1.h", (0, 0, 0)): entry})
    found = xlbackprop.check(book)
    first = {(c.tensor, c.index): c for c in found.cells}["conv1.h", (0, 0, 0)]
    assert first.status == status
    assert first.expected is None


def test_cells_are_listed_wrong_first_and_carried_last(book):
    fill(
        book,
        {
            ("conv1.out", (0, 0, 0)): 99,
            ("conv1.out", (0, 0, 1)): None,
            ("conv1.out", (0, 0, 2)): "x",
        },
    )
    listed = [cell.status for cell in xlbackprop.check(book).cells]
    order = ["wrong", "invalid", "blank", "typed", "carried"]
    assert listed == sorted(listed, key=order.index)
    assert {"wrong", "invalid", "blank"} <= set(listed)


def test_report_is_a_frame_and_json(book):
    import json

    fill(book, {LAST: 0.5})
    report = xlbackprop.check(book)
    frame = report.to_frame()
    assert list(frame.columns) == [
        "sheet", "cell", "tensor", "index", "status", "found", "expected", "from_your_cells",
        "formula", "note", "slip", "hint", "cause",
    ]  # fmt: skip
    assert len(frame) == 1
    assert frame.iloc[0]["found"] == 0.5
    as_json = json.loads(report.to_json())
    assert as_json["cells"][0]["index"] == list(LAST[1])
    assert as_json["verdict"] == "wrong"
