"""What a cell is made from: what the formula uses that somebody has written, right or wrong."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import openpyxl
import pytest
from lxml import html as lxml_html
from openpyxl.formula import Tokenizer
from openpyxl.utils import range_boundaries

import xlbackprop
from tests.support.filling import fill
from tests.support.handmade import build
from tests.support.sheet_review import steps_review
from xlbackprop import Hints, html_report
from xlbackprop.find.mapping import parse_map
from xlbackprop.report.html import made_from
from xlbackprop.report.html.made_from import MadeFrom


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page with formulas that use something else than they should, or elsewhere."""
    path = xlbackprop.build("conv5x5x2", tmp_path_factory.mktemp("mine") / "mine.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book["conv1"]
    sheet["AZ1"] = 2
    book.save(path)
    where = {tensor.name: tensor.blocks[0].range for tensor in xlbackprop.inspect(path).tensors}
    h, out = (where[f"conv1.{name}"].partition(":")[0] for name in ("h", "dL_dout"))
    fill(
        path,
        {
            ("conv1.dL_db", (0,)): f"=SUM({where['conv1.dL_dout']})*$AZ$1",
            ("conv1.dL_db", (1,)): "=sum(conv1.dL_dout.1)",
            ("conv1.dL_db", (2,)): f"={h}+{out}+rate",
            ("conv1.dL_dw", (0, 0, 0, 0)): 7.0,
        },
    )
    return path


def told(page, name, *index):
    """What the page says a cell is made from, in words: its formula's sources, and the rule's."""
    data = json.loads(lxml_html.fromstring(page).get_element_by_id("data").text)
    tensor = next(one for one in data["tensors"] if one["name"] == name)
    record = tensor["cells"][tensor["entries"].index(index[0] if index else 0)]
    named = [
        [
            one if isinstance(one, str) else (data["tensors"][one[0]]["name"], *one[1:])
            for one in (data["ranges"][number] for number in record[at] or ())
        ]
        for at in (3, 7)
        if at < len(record)
    ]
    return named + [[]] * (2 - len(named))


def test_sources_are_those_of_the_formula_that_stands_there(path):
    page = html_report(xlbackprop.review_workbook(path))
    rule = [("conv1.dL_dout", 0, 3, 3)]
    # A cell that is no tensor's is told by its address, and the rule beside it.
    assert told(page, "conv1.dL_db", 0) == [[*rule, "conv1!AZ1"], rule]
    # What is right has no rule beside it, and blocks may go by their names.
    assert told(page, "conv1.dL_db", 1) == [[("conv1.dL_dout", 9, 3, 3)], []]
    used, by_rule = told(page, "conv1.dL_db", 2)
    assert used == [("conv1.h", 0, 1, 1), ("conv1.dL_dout", 0, 1, 1), "rate"]
    assert by_rule == [("conv1.dL_dout", 18, 3, 3)]


def test_formula_that_is_not_understood_is_made_from_nothing_known(path):
    review = xlbackprop.review_workbook(path)
    made = MadeFrom(review.found, {name: at for at, name in enumerate(review.tensors)})
    assert made.sources("conv1", "=SUM(B3:") == []
    assert made.sources("conv1", "=" + "(" * 500 + "B3" + ")" * 500) == []
    # Whole columns are no more work than others.
    found = made.sources("conv1", "=SUM(A:XFD)")
    assert "conv1!A1:XFD1048576" in found
    assert len(found) > 30


def test_typed_number_is_made_from_what_its_equation_uses(path):
    page = html_report(xlbackprop.review_workbook(path))
    used, by_rule = told(page, "conv1.dL_dw", 0)
    assert [name for name, *_ in used] == ["conv1.h", "conv1.dL_dout"]
    assert by_rule == []


def test_what_cells_are_made_from_is_not_told_below_the_rule(path):
    page = html_report(xlbackprop.review_workbook(path), Hints.KIND)
    assert told(page, "conv1.dL_db", 0) == [[], []]


def test_no_more_references_are_followed_than_there_is_time_for(path, monkeypatch):
    monkeypatch.setattr(made_from, "MOST_REFERENCES", 10)
    review = xlbackprop.review_workbook(path)
    data = json.loads(lxml_html.fromstring(html_report(review)).get_element_by_id("data").text)
    followed = [cell for one in data["tensors"] for cell in one["cells"] if cell[2:] and cell[2]]
    assert sum(bool(cell[3:] and cell[3]) for cell in followed) <= 10 < len(followed)


def referred_to(sheet, formula):
    """The cells that a formula refers to, as openpyxl reads it."""
    for token in Tokenizer(formula).items:
        if token.type == token.OPERAND and token.subtype == token.RANGE:
            left, top, right, bottom = range_boundaries(token.value.replace("$", ""))
            for place in product(range(top - 1, bottom), range(left - 1, right)):
                yield sheet, *place


@pytest.mark.many(quick=["transposed"])
@pytest.mark.parametrize("layout", ["transposed", "weights-in-a-column", "channels-last"])
def test_sources_in_another_layout_are_all_cells_of_tensors_that_formulas_use(layout, tmp_path):
    foreign = build("conv5x5x2", layout, tmp_path)
    review = xlbackprop.review_workbook(foreign.path, map=parse_map(foreign.map, tmp_path))
    made = MadeFrom(review.found, {name: at for at, name in enumerate(review.tensors)})
    everything = {
        (own.places.sheets[0], *place)
        for own in review.found.values()
        for place in zip(own.places.rows.flat, own.places.columns.flat, strict=True)
    }
    met = 0
    for found in review.found.values():
        for index in map(tuple, np.argwhere(found.has_formula)):
            sheet, formula = found.places.sheets[0], found.formula(index)
            used = made.cells_of(made.sources(sheet, formula))
            cells = {one for one in used if not isinstance(one, str)}
            assert cells == everything.intersection(referred_to(sheet, formula)), formula
            met += len(cells)
    assert met > 500


def test_sheet_of_no_known_network_is_followed_by_its_formulas(tmp_path):
    page = html_report(steps_review(tmp_path))
    assert told(page, "dE/dw", 3)[0] == [("a", 3, 1, 1), "Perceptron!E1", "Perceptron!C1"]
