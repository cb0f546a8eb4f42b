"""Explanations: the terms add up to the cell, and indices, cells and numbers are the cell's own."""

import json
import math
import re
from dataclasses import replace
from itertools import product

import numpy as np
import openpyxl
import pytest
import tomli_w

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.filling import fill, places_by_index
from tests.support.handmade import build
from tests.support.oracles import latex
from tests.support.templates import TEMPLATES
from xlbackprop.explainer import Explainer, to_latex_document
from xlbackprop.explainer.indexed import put_in
from xlbackprop.network.values import choose_values

SPECS = {
    f"{group}-{name}": raw
    for groups in (cases.LAYERS, cases.LOSSES, cases.OPTIMIZERS)
    for group, raws in groups.items()
    for name, raw in list(raws.items())[:3]
} | {f"conv2d-{name}": conv_raw(raw, loss="mse") for name, raw in GEOMETRIES.items()}
# One of each layer, loss and optimizer, some geometries, and small templates.
QUICK = [
    *{name.partition("-")[0]: name for name in reversed(SPECS)}.values(),
    *[name for name in SPECS if name.startswith("conv2d-")][:-1:16],
    "conv5x5x2", "optimizers-adam",
]  # fmt: skip


def spec_of(name):
    if name in SPECS:
        return xlbackprop.parse_spec(tomli_w.dumps(SPECS[name]))
    return xlbackprop.load_spec(name)


def built(spec, folder):
    path = xlbackprop.build(spec, folder / "book.xlsx")
    return path, xlbackprop.review_workbook(path)


def true_arrays(spec):
    """Return every tensor's numbers, computed as whole arrays and without the workbook."""
    network = xlbackprop.build_network(spec)
    arrays = network.evaluate(choose_values(network))
    return {name: np.asarray(array, dtype=float) for name, array in arrays.items()}


def differences(arrays, terms_of, network):
    """Return the cells whose terms do not add up to the number that the arrays have."""
    return [
        (equation.target.name, index)
        for equation in network.equations
        for index in product(*map(range, equation.target.shape))
        if not agrees(terms_of(equation.target.name, index), arrays[equation.target.name][index])
    ]


def agrees(summed, value):
    total = math.fsum(number for _, number in summed.terms) / summed.divided_by
    return math.isclose(total, value, rel_tol=1e-9, abs_tol=1e-9)


# The terms add up.


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", [*TEMPLATES, *SPECS])
def test_terms_add_up_to_the_value_of_every_computed_cell(name, tmp_path):
    spec = spec_of(name)
    _, review = built(spec, tmp_path)
    arrays = true_arrays(spec)
    assert differences(arrays, Explainer(review).terms, review.network) == []


def test_a_wrong_term_is_noticed(tmp_path):
    _, review = built("mlp-2-2-2", tmp_path)
    explain, planted = Explainer(review).terms, ("dense1.dL_dh", (1,))

    def spoiled(name, index):
        summed = explain(name, index)
        if (name, index) != planted:
            return summed
        (term, value), *others = summed.terms
        return replace(summed, terms=((term, value * 1.001), *others))

    arrays = true_arrays(spec_of("mlp-2-2-2"))
    assert differences(arrays, spoiled, review.network) == [planted]


def test_a_term_left_out_is_noticed(tmp_path):
    _, review = built("mlp-2-2-2", tmp_path)
    summed = Explainer(review).terms("dense1.dL_dh", (1,))
    value = true_arrays(spec_of("mlp-2-2-2"))["dense1.dL_dh"][1]
    assert agrees(summed, value)
    assert not agrees(replace(summed, terms=summed.terms[1:]), value)


# What is written is what is there.


def some_entries(network):
    """Yield the first and the last entry of each computed tensor."""
    for equation in network.equations:
        shape = equation.target.shape
        yield equation, tuple(0 for _ in shape)
        yield equation, tuple(size - 1 for size in shape)


@pytest.mark.parametrize("name", ["conv5x5x2", "conv7x7x3-stride2", "digit", "optimizers-adam"])
def test_texts_of_products_name_the_entries_cells_and_numbers_of_the_page(name, tmp_path):
    path, review = built(name, tmp_path)
    arrays, where = true_arrays(spec_of(name)), places_by_index(path)
    book, explainer = openpyxl.load_workbook(path, data_only=True), Explainer(review)
    seen = 0
    for equation, index in some_entries(review.network):
        explanation = explainer.of(equation.target.name, index)
        for entry, cell, number in factors_of(explanation):
            place = place_of(entry, equation)
            sheet, _, address = cell.rpartition("!")
            assert where[place] == (sheet or explanation.sheet, address)
            value = book[sheet or explanation.sheet][address].value
            assert value == pytest.approx(arrays[place[0]][place[1]], rel=1e-9, abs=1e-12)
            assert float(number.strip("()")) == pytest.approx(value, rel=1e-5)
            seen += 1
    assert seen > 50


def factors_of(explanation):
    """Yield the entry, the cell and the number of each factor in a sum of plain products."""
    for term in explanation.terms[:40]:
        texts = [part.lstrip("-").split(" · ") for part in (term.indices, term.cells, term.numbers)]
        is_plain = all(re.fullmatch(r"[\w/.]+\[[\d,]+\]", entry) for entry in texts[0])
        if len(explanation.terms) > 1 and is_plain:
            yield from zip(*texts, strict=True)


def place_of(text, equation):
    """Return the tensor and the index that an entry's text means in an equation."""
    name, _, index = text.rstrip("]").partition("[")
    sources = equation.sources.values()
    names = {t.title: t.name for t in sources} | {t.name: t.name for t in sources}
    return names[name], tuple(map(int, index.split(",")))


def test_explanation_of_dL_dh_in_the_published_example(tmp_path):  # noqa: N802
    path, _ = built("conv5x5x2", tmp_path)
    one = xlbackprop.explain(path, "conv1.dL_dh[0,2,3]")
    assert (one.sheet, one.tensor, one.index) == ("conv1", "conv1.dL_dh", (0, 2, 3))
    assert one.equation == "dL/dh[c,u,v] = Σ(k,a,b) G[k,u+a,v+b] · R[k,c,a,b]"
    assert one.here == "dL/dh[0,2,3] = Σ(k,a,b) G[k,2+a,3+b] · R[k,0,a,b]"
    assert one.with_indices.startswith("G[0,2,3] · R[0,0,0,0] + G[0,2,4] · R[0,0,0,1] + ")
    assert one.with_numbers.startswith("0.55 · (-1) + 0.65 · 1 + ")
    assert len(one.terms) == 27
    assert one.value == pytest.approx(1.66)
    assert one.expected == pytest.approx(1.66)
    assert one.formula == one.found_formula
    assert one.status == "right"
    assert one.upstream == ()
    assert "turned by 180°" in one.why


@pytest.mark.parametrize("tensor", ["conv1.out", "conv1.dL_dh", "conv1.w_rotated"])
def test_remarks_on_the_filter_come_with_the_tensor(tensor, tmp_path):
    path, _ = built("conv5x5x2", tmp_path)
    rank = 3 if tensor != "conv1.w_rotated" else 4
    why = xlbackprop.explain(path, f"{tensor}[{','.join('0' * rank)}]").why
    assert re.search(r"cross-correlation|turned by 180°|from its end", why)


def test_a_mean_is_a_sum_divided(tmp_path):
    _, review = built("batch-norm", tmp_path)
    one = Explainer(review).of("bn1.mean", (0,))
    assert one.divided_by == len(one.terms) > 1
    assert one.with_indices.endswith(f") / {one.divided_by:g}")


@pytest.mark.parametrize(
    ("line", "index", "expected"),
    [
        ("out[k,i,j] = Σ(c,a,b) h[c,2i+a,2j-1+b] + b[k]", (1, 2, 3),
         "out[1,2,3] = Σ(c,a,b) h[c,4+a,5+b] + b[1]"),
        ("R[k,c,a,b] = w[k,c,2-a,2-b]", (0, 1, 2, 0), "R[0,1,2,0] = w[0,1,0,2]"),
        ("out[t,e] = w[h[t],e]", (2, 1), "out[2,1] = w[h[2],1]"),
        ("onehot[k] = 1 where target = k, otherwise 0", (4,),
         "onehot[4] = 1 where target = 4, otherwise 0"),
        ("out[12c+4i+j] = h[c,i,j]", (5,), ""),
        ("h = conv1.out", (0, 0, 0), ""),
    ],
    ids=["window", "turned", "looked-up", "outside-brackets", "not-a-letter", "no-index"],
)  # fmt: skip
def test_indices_put_into_an_equation(line, index, expected):
    assert put_in(line, index) == expected


# What a cell may be called.


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return xlbackprop.build("conv5x5x2", tmp_path_factory.mktemp("page") / "page.xlsx")


@pytest.fixture(scope="module")
def address(page):
    """Return the address of conv1.dL_dh[0,2,3]."""
    return places_by_index(page)["conv1.dL_dh", (0, 2, 3)][1]


@pytest.mark.parametrize(
    "text",
    [
        "conv1.dL_dh[0,2,3]", "conv1.dL/dh[0,2,3]", "conv1.dL_dh.0[2,3]", " conv1.dL_dh[0, 2, 3] ",
        "conv1!{}", "CONV1!{}", "'conv1'!{}", "=conv1!{}",
        "conv1.{}", "CONV1.{}", "'conv1'.{}", "'conv1.{}'", "=conv1.{}", "{}", "={}",
    ],
)  # fmt: skip
def test_cell_called_by(text, page, address):
    one = xlbackprop.explain(page, text.format(address))
    assert (one.tensor, one.index, one.cell) == ("conv1.dL_dh", (0, 2, 3), address)


def test_cell_called_by_absolute_address_and_by_symbol(page, address):
    letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", address).groups()
    assert xlbackprop.explain(page, f"conv1!${letters}${digits}").index == (0, 2, 3)
    assert xlbackprop.explain(page, f"${letters}${digits}".lower()).index == (0, 2, 3)
    assert xlbackprop.explain(page, "conv1.R[0,1,2,0]").tensor == "conv1.w_rotated"
    assert xlbackprop.explain(page, "loss.L").index == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv1!A1", ["conv1!A1", "title", "inspect"]),
        ("conv1!ZZ999", ["no cell of the network"]),
        ("conv1!C12:D13", ["single cell"]),
        ("conv9!C12", ["conv9", "did you mean conv1"]),
        ("conv9.C12", ["conv9", "did you mean conv1"]),
        ("conv1.A1", ["conv1.A1", "title", "inspect"]),
        ("A1", ["A1 is no cell of the network", "inspect"]),
        ("C12:D13", ["single cell"]),
        ("conv1.C12:D13", ["single cell"]),
        ("conv1.dL_dx[0]", ["dL_dx", "did you mean"]),
        ("conv1.dL_dh", ["2×5×5", "conv1.dL_dh[0,0,0] to conv1.dL_dh[1,4,4]"]),
        ("conv1.dL_dh[0,2]", ["2×5×5"]),
        ("conv1.dL_dh[0,2,5]", ["conv1.dL_dh[1,4,4]"]),
        ("loss.L[0]", ["takes no index"]),
        ("", ["no cell"]),
        ("conv1.dL_dh[0,2,3]; rm", ["no cell"]),
        ("conv1.dL_dh[" + "9" * 5000 + "]", ["no"]),
        ("x" * 100_000, ["x"]),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_what_is_no_cell_is_said_in_one_line(text, words, page):
    with pytest.raises(xlbackprop.CellError) as caught:
        xlbackprop.explain(page, text)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    assert all(word in message for word in words), message


def test_cell_that_is_on_several_sheets_is_asked_for_with_its_sheet(tmp_path):
    path = xlbackprop.build("two-conv", tmp_path / "two.xlsx")
    places = {place: entry for entry, place in places_by_index(path).items()}
    by_cell = {}
    for (sheet, cell), (name, index) in places.items():
        by_cell.setdefault(cell, []).append((sheet, name, index))
    shared = next(cell for cell, found in by_cell.items() if len(found) > 1)
    with pytest.raises(xlbackprop.CellError) as caught:
        xlbackprop.explain(path, shared)
    for sheet, name, index in by_cell[shared]:
        assert f"{sheet}.{shared}" in str(caught.value)
        one = xlbackprop.explain(path, f"{sheet}.{shared}")
        assert (one.tensor, one.index) == (name, index)
    cell, ((_, name, index),) = next((c, found) for c, found in by_cell.items() if len(found) == 1)
    assert xlbackprop.explain(path, cell).tensor == name


def test_a_sum_too_long_to_be_written_out_is_refused(monkeypatch, page):
    monkeypatch.setattr("xlbackprop.explainer.explainer.MOST_ENTRIES", 20)
    with pytest.raises(xlbackprop.CellError, match=r"conv1.dL_dh\[0,2,3\] is made from 54 entries"):
        xlbackprop.explain(page, "conv1.dL_dh[0,2,3]")


@pytest.mark.parametrize(
    ("cell", "kind"), [("conv1.h[0,0,0]", "given"), ("conv1.b[2]", "parameter")]
)
def test_a_chosen_number_needs_no_explanation(cell, kind, page):
    one = xlbackprop.explain(page, cell)
    assert (one.kind, one.status, one.terms, one.equation) == (kind, "given", (), "")
    assert one.answer.startswith("A number you choose: it is ")


# What the user has.


def test_mistakes_upstream_are_named_and_the_right_numbers_shown(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    right = xlbackprop.explain(path, "conv1.dL_dh[0,2,3]")
    fill(path, {("conv1.w_rotated", (0, 0, 0, 1)): 7.5, ("conv1.dL_dh", (0, 2, 3)): 99})
    one = xlbackprop.explain(path, "conv1.dL_dh[0,2,3]")
    assert (one.found, one.status) == (99, "wrong")
    assert (one.expected, one.terms) == (right.expected, right.terms)
    assert one.from_your_cells == pytest.approx(right.expected + 0.65 * 6.5)
    (cell,) = one.upstream
    assert (cell.entry, cell.found, cell.expected) == ("R[0,0,0,1]", 7.5, 1)
    assert "99 (wrong); right is 1.66" in one.answer


@pytest.mark.parametrize(
    ("entry", "found", "status"),
    [(None, None, "blank"), ("-1,18", "-1,18", "invalid")],
    ids=["blank", "text"],
)
def test_a_cell_without_a_number_is_explained(entry, found, status, tmp_path):
    blank = ["conv1.dL_dh"] if entry is None else []
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx", blank=blank)
    if entry is not None:
        fill(path, {("conv1.dL_dh", (0, 2, 3)): entry})
    one = xlbackprop.explain(path, "conv1.dL_dh[0,2,3]")
    assert (one.found, one.status, one.expected) == (found, status, pytest.approx(1.66))
    assert len(one.terms) == 27


def test_a_given_that_is_no_number_leaves_the_value_unknown(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    fill(path, {("conv1.h", (0, 0, 0)): "one"})
    one = xlbackprop.explain(path, "conv1.out[0,0,0]")
    assert one.value is None
    assert one.expected is None
    assert "? · " in one.with_numbers
    json.loads(one.to_json())


def test_rounded_cells_upstream_are_right(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx")
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): -149.6, ("conv1.dL_dout_spread", (0, 2, 3)): 0.55})
    assert xlbackprop.explain(path, "conv1.dL_dh[0,2,3]").upstream == ()


def test_another_answer_at_a_tie_is_right_too_and_the_rule_is_named(tmp_path):
    raw = cases.network(cases.VECTOR, {"type": "relu"})
    raw["values"]["arrays"] = {"relu1.h": [0, 1, 2, 3, 4], "loss.target": [5, 5, 5, 5, 5]}
    path, _ = built(xlbackprop.parse_spec(tomli_w.dumps(raw)), tmp_path)
    fill(path, {("relu1.dL_dh", (0,)): -1})
    one = xlbackprop.explain(path, "relu1.dL_dh[0]")
    assert (one.found, one.expected, one.status) == (-1, 0, "right")
    assert "right too: relu passes no gradient where h = 0" in one.answer


# As data and as LaTeX.


def test_json_of_an_explanation(page):
    data = json.loads(xlbackprop.explain(page, "conv1.dL_dh[0,2,3]").to_json())
    assert list(data) == [
        "workbook", "sheet", "cell", "tensor", "index", "name", "kind", "about", "status",
        "equation", "here", "latex", "why", "formula", "terms", "divided_by", "with_indices",
        "with_cells", "with_numbers", "value", "found", "found_formula", "expected",
        "from_your_cells", "upstream", "tie_rule",
    ]  # fmt: skip
    assert all(list(term) == ["indices", "cells", "numbers", "value"] for term in data["terms"])
    assert len(data["terms"]) == 27
    assert sum(term["value"] for term in data["terms"]) == pytest.approx(data["value"])


LATEX_CELLS = [
    ("conv5x5x2", "conv1.dL_dw[0,0,0,0]"), ("conv5x5x2", "loss.L"), ("conv5x5x2", "conv1.b[0]"),
    ("conv7x7x3-stride2", "conv1.h_padded[0,0,0]"), ("digit", "pool1.winner[0,1,1]"),
    ("digit", "conv1.dL_dw[0,0,1,1]"), ("digit", "relu1.dL_dh[0,3,3]"),
    ("residual-block", "bn1.dL_dh[0,1,1]"), ("batch-norm", "bn1.var[0]"),
    ("optimizers-adam", "step2.dense1.w_new[0,0]"),
]  # fmt: skip


@pytest.mark.latex
@pytest.mark.parametrize(("name", "cell"), LATEX_CELLS, ids=lambda value: value)
def test_latex_of_an_explanation_compiles_without_warnings(name, cell, tmp_path):
    path = xlbackprop.build(name, tmp_path / "book.xlsx")
    document = to_latex_document(xlbackprop.explain(path, cell))
    complaints = latex.complaints(document, tmp_path)
    assert not complaints, complaints


def test_address_without_a_sheet_is_that_of_the_only_sheet(tmp_path):
    foreign = build("mlp-2-2-2", "side-by-side", tmp_path)
    (tmp_path / "own.toml").write_text(foreign.map)
    sheet, cell = foreign.places["dense1.dL_dw"].at((1, 0))
    for address in (cell, f"{sheet}!{cell}"):
        explained = xlbackprop.explain(foreign.path, address, map=tmp_path / "own.toml")
        assert (explained.sheet, explained.tensor, explained.index) == (
            sheet, "dense1.dL_dw", (1, 0),
        )  # fmt: skip
