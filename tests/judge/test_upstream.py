"""What follows from texts and errors in earlier cells is carried; what only seems to is not."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import places_by_index
from tests.support.page_with_slip import Page
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.verify import verify
from xlbackprop.judge.verify.noise import Noise, noise
from xlbackprop.tolerance import is_one_number
from xlbackprop.workbook.read.coercion import in_arithmetic

SPEC = """
name = "n"
input = [2]
[[layers]]
type = "dense"
units = 2
[[layers]]
type = "tanh"
[loss]
type = "mse"
[values]
style = "normal"
"""


@pytest.fixture
def path(tmp_path):
    return xlbackprop.build(xlbackprop.parse_spec(SPEC), tmp_path / "n.xlsx")


@pytest.fixture
def statuses(path):
    """Type into cells of a page, as a program does that saves no values; return the statuses."""

    def typed(entries):
        book = openpyxl.load_workbook(path)
        for place, value in entries.items():
            sheet, address = places_by_index(path)[place]
            book[sheet][address].value = value
        book.save(path)
        return {(cell.tensor, cell.index): cell.status for cell in xlbackprop.check(path).cells}

    return typed


OUT, NEXT = ("dense1.out", (1,)), ("tanh1.h", (1,))


@pytest.mark.parametrize("text", ["12:05", "$ 1.5", "2024-05-12", "5/12/2024", "1:02:03", "-0,018"])
def test_what_arithmetic_makes_of_a_text_is_followed(statuses, text):
    found = statuses({OUT: text})
    assert found.pop(OUT) == "invalid"
    assert set(found.values()) == {"carried"}


def test_text_that_is_added_counts_where_one_that_is_summed_does_not(statuses):
    """SUMPRODUCT passes texts over, and + makes numbers of them."""
    texts = {("dense1.w", (0, 1)): "0.5", ("dense1.b", (0,)): "-1.5"}
    for other in ("0.5", " ", "todo"):
        found = statuses({**texts, ("dense1.w", (0, 0)): other})
        assert {found.pop(place) for place in texts} == {"invalid"}
        assert found.pop(("dense1.w", (0, 0))) == ("blank" if other == " " else "invalid")
        assert set(found.values()) == {"carried"}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("12:05", [0.503472222222]),
        ("6 PM", []),
        ("6:00 pm", [0.75]),
        ("12:00 AM", [0]),
        ("24:00:36", [1.000416666667]),
        ("-$3", [-3]),
        ("3.5 €", [3.5]),
        ("$", []),
        ("2024-05-12", [45424]),
        ("5/12/2024", [45424, 45631]),
        ("31/12/2024", [45657]),
        ("40/40/2024", []),
        ("1.5 kg", []),
        ("-0,018", [-18]),
        ("1,234.5", [1234.5]),
        ("0,01", []),
    ],
)
def test_numbers_that_arithmetic_makes_of_texts(text, numbers):
    assert in_arithmetic(text) == pytest.approx(tuple(numbers))


@pytest.mark.parametrize("formula", ["=1/0", "=NA()", "=#N/A", "=1>2", "=TRUE", "=SQRT(-1)"])
def test_formula_that_refers_to_nothing_does_not_follow(statuses, formula):
    assert statuses({OUT: "todo", NEXT: formula})[NEXT] == "invalid"


@pytest.mark.parametrize("formula", ["=0*1", "=0", "=2-2", "=(1-1)/3", "=0E5"])
def test_constant_formula_earns_no_more_than_the_number(statuses, formula):
    """A text counts as 0 for sums: who writes 0 after it may have guessed."""
    assert statuses({OUT: "todo", NEXT: formula})[NEXT] == "wrong"


def test_formula_that_refers_to_a_text_may_give_zero(path, statuses):
    sheet, address = places_by_index(path)[OUT]
    assert statuses({OUT: "todo", NEXT: f"=SUM({sheet}!{address})"})[NEXT] == "carried"


def test_large_number_of_the_user_is_no_excuse_for_a_small_one_beside_it():
    """Three per cent are off, which is less than a billionth of the large number."""
    raw = {
        "name": "t", "input": [3], "layers": [{"type": "tanh"}, {"type": "tanh"}],
        "loss": {"type": "given"},
        "values": {"arrays": {"tanh1.h": [1e-12, 2e-12, 3e-12], "tanh2.dL_dout": [1, 2, 3]}},
    }  # fmt: skip
    page = Page(raw)
    arrays = page.follow({"tanh1.out": np.array([1e-12, 2.5e-12, 0.9])})
    arrays["tanh2.out"] = arrays["tanh2.out"].copy()
    arrays["tanh2.out"][0] *= 1.03
    statuses = verify(page.network, page.found(arrays)).judgements["tanh2.out"].statuses
    assert statuses.tolist() == [Status.WRONG, Status.CARRIED, Status.CARRIED]


def test_noise_of_a_large_entry_is_no_excuse_for_a_tiny_one():
    """The probability of 1 leaves last digits in its own gradient, not in that of the others."""
    raw = {
        "name": "s", "input": [3], "layers": [{"type": "softmax"}], "loss": {"type": "given"},
        "values": {"arrays": {"softmax1.h": [40, 0, -5], "softmax1.dL_dout": [0.9, 0.3, 0.7]}},
    }  # fmt: skip
    page = Page(raw)
    name = "softmax1.dL_dh"
    off = noise(page.network.equation_of[name], page.true)
    assert off[0] > 1e-17
    assert (off[1:] < 1e-6 * np.abs(page.true[name][1:])).all()
    arrays = {**page.true, name: page.true[name] * [1, 1, 1000]}
    statuses = verify(page.network, page.found(arrays)).judgements[name].statuses
    assert statuses.tolist() == [Status.RIGHT, Status.RIGHT, Status.WRONG]


def test_what_is_one_number_to_three_digits():
    assert is_one_number(np.array([0.2, 0.1999]))
    assert is_one_number(np.zeros(3))
    assert not is_one_number(np.array([0.121, 0.124]))
    assert not is_one_number(np.array([1e-9, 2e-9]))


def pooled(side, kernel):
    return Page(
        {
            "name": "p", "input": [1, side, side],
            "layers": [{"type": "relu"}, {"type": "max_pool2d", "kernel": kernel}],
            "loss": {"type": "given"}, "values": {"style": "normal", "seed": 3},
        }
    )  # fmt: skip


def test_tie_among_wrong_numbers_of_the_user_may_be_decided_either_way():
    page = pooled(2, 2)
    assert page.true["pool1.winner"] == 2
    typed = {"relu1.out": np.array([[[7.5, 7.5], [1, 2]]])}
    for winner, status in enumerate([Status.CARRIED, Status.CARRIED, Status.RIGHT, Status.WRONG]):
        arrays = page.follow({**typed, "pool1.winner": np.array([[[winner]]])})
        judged = verify(page.network, page.found(arrays)).judgements
        assert set(judged["relu1.out"].statuses.ravel().tolist()) == {Status.WRONG}
        assert judged["pool1.winner"].statuses.item() == status


def test_constant_of_the_page_needs_no_known_numbers():
    """In a window of one cell the winner is 0, whatever is in it."""
    page = pooled(2, 1)
    found = page.found(page.true, blank=("relu1.h",))
    statuses = verify(page.network, found).judgements["pool1.winner"].statuses
    assert np.isin(statuses, (Status.RIGHT, Status.CARRIED)).all()


def test_noise_that_a_tie_sends_to_another_cell_is_noise_still():
    """What is left of terms that cancel goes to one of equal entries; the others are 0."""
    page = Page(
        {
            "name": "n", "input": [1, 1, 4],
            "layers": [{"type": "max_pool2d", "kernel": [1, 2], "stride": 1}, {"type": "softmax"}],
            "loss": {"type": "given"},
            "values": {
                "arrays": {
                    "pool1.h": [[[0.3, 0.7, 0.7, 0.1]]],
                    "softmax1.dL_dout": [[[0.1, 0.1, 0.1]]],
                }
            },
        }
    )  # fmt: skip
    inputs = {tensor.name: page.true[tensor.name] for tensor in page.network.inputs}
    left = np.abs(page.true["pool1.dL_dh"])
    noise_of_page = Noise(page.network, inputs)
    assert noise_of_page.covers("pool1.dL_dh", left).all()
    assert noise_of_page.covers("pool1.dL_dh", np.full_like(left, 1e-20)).any()
    assert not noise_of_page.covers("pool1.dL_dh", np.full_like(left, 1e-12)).any()
    # Where nothing is asked, nothing is covered.
    assert not noise_of_page.covers("pool1.dL_dh", np.full_like(left, np.nan)).any()
