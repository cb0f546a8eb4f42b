"""Attention: what is masked looks empty, mistakes have names, what does not fit is refused."""

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.page_with_slip import Page
from tests.support.specs_and_values import spec_of
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.verify import verify

CAUSAL = {"type": "attention", "causal": True}


def raw_of(layer, sizes, **more):
    values = {"style": "normal", "seed": 3}
    return {"name": "x", "input": sizes, "layers": [layer], "values": values, **more}


@pytest.fixture
def book(tmp_path):
    spec = spec_of(raw_of({**CAUSAL, "heads": 2}, [3, 4]))
    return xlbackprop.build(spec, tmp_path / "book.xlsx")


def test_what_is_masked_looks_empty_and_holds_no_huge_number(book):
    sheet = openpyxl.load_workbook(book)["attn1"]
    names = openpyxl.load_workbook(book).defined_names
    for head in (0, 1):
        ((_, cells),) = names[f"attn1.masked.{head}"].destinations
        block = [list(row) for row in sheet[cells.replace("$", "")]]
        for t, row in enumerate(block):
            for s, cell in enumerate(row):
                assert (cell.number_format == ";;;") == (s > t)
                assert str(cell.value).startswith("=") == (s <= t)
    numbers = [cell.value for row in sheet.iter_rows() for cell in row]
    assert not [n for n in numbers if isinstance(n, (int, float)) and abs(n) > 100]


def test_huge_negative_number_in_a_masked_cell_is_as_right(book):
    hidden = {("attn1.masked", (0, 0, 2)): -1e9, ("attn1.masked", (1, 1, 2)): -1e9}
    fill(book, hidden)
    assert xlbackprop.check(book).verdict == "right"
    fill(book, {("attn1.masked", (0, 0, 1)): 0.7})
    report = xlbackprop.check(book)
    assert [(one.tensor, one.index) for one in report.cells] == [("attn1.masked", (0, 0, 1))]


SLIPS = {
    "scores": ["keys not transposed", "queries and keys swapped", "queries for keys"],
    "scaled": ["scores not scaled", "root missing"],
    "masked": ["not masked", "mask the wrong way round", "own position masked"],
    "exp": ["not masked", "exponential of what is masked"],
    "weights": ["masked after the softmax", "not masked", "softmax over the wrong axis"],
    "context": ["weights transposed", "keys for values"],
    "dL_dscores": ["scale missing"],
    "dL_dv": ["weights not transposed"],
    "dL_dh": ["gradient through the keys missing", "gradient through the values missing"],
}


def said_of(page, tensor, name):
    (equation,) = (one for one in page.network.equations if one.target.name == tensor)
    (slip,) = (one for one in equation.slips if one.name == name)
    found = page.found(page.follow({tensor: slip}))
    diagnoses = diagnose(verify(page.network, found)).diagnoses
    return {one: [diagnosis.slip for diagnosis in named] for one, named in diagnoses.items()}


@pytest.mark.parametrize("short", SLIPS)
def test_mistakes_are_known_by_their_names(short):
    page = Page(raw_of(CAUSAL, [3, 3]))
    for name in SLIPS[short]:
        assert said_of(page, f"attn1.{short}", name) == {f"attn1.{short}": [name]}


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("q", "heads not split"),
        ("v", "heads not split"),
        ("joined", "heads not side by side"),
        ("dL_dcontext", "heads not split"),
        ("scaled", "root of the whole width"),
    ],
)
def test_mistakes_with_heads_are_known_by_their_names(short, name):
    page = Page(raw_of({"type": "attention", "heads": 2}, [3, 6]))
    assert said_of(page, f"attn1.{short}", name) == {f"attn1.{short}": [name]}


@pytest.mark.parametrize(
    ("layer", "sizes", "message"),
    [
        ({"type": "attention", "heads": 3}, [3, 4], "heads = 3: the input's 4 entries cannot be"),
        ({"type": "attention"}, [4], "attention takes sequences: (T, D)"),
        ({"type": "position"}, [4], "position takes sequences: (T, D)"),
        ({"type": "position", "kind": "waves"}, [3, 4], 'expected "learned" or "sinusoidal"'),
        ({**CAUSAL, "from": ["input", "input"]}, [3, 4], "have no order among the queries"),
        ({"type": "layer_norm", "axes": 3}, [3, 4], "axes = 3: the input has 2 of them"),
    ],
)
def test_what_does_not_fit_is_refused(layer, sizes, message):
    with pytest.raises(xlbackprop.SpecError) as error:
        xlbackprop.build_network(spec_of(raw_of(layer, sizes)))
    assert message in str(error.value)


def test_weights_of_each_position_sum_to_one_and_masked_ones_are_zero():
    page = Page(raw_of({**CAUSAL, "heads": 2}, [4, 4], batch=2))
    weights = page.true["attn1.weights"]
    np.testing.assert_allclose(weights.sum(axis=-1), 1)
    assert (np.triu(weights, 1) == 0).all()
