"""What one sees on the page before one reads it: numbers in colours, and the loss of a training."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from lxml import html as lxml_html

import xlbackprop
from tests.support.contrast import ENOUGH, between, contrast
from tests.support.filling import fill
from tests.support.oracles.browser import opened
from tests.support.program import ROOT
from tests.support.reviewed_workbooks import conv_review, write_page
from xlbackprop import Hints, html_report
from xlbackprop.report.html.loss_chart import BOTTOM, TOP, loss_chart
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.write.sheets.style import NEGATIVE, POSITIVE, ZERO

STYLE = (ROOT / "xlbackprop/report/html/assets/style.css").read_text(encoding="utf-8")
TRAINING = "optimizers-sgd"


@pytest.fixture(scope="module")
def conv(tmp_path_factory):
    return conv_review(tmp_path_factory.mktemp("conv"))


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A training of five steps, with a mistake in the third."""
    path = xlbackprop.build(TRAINING, tmp_path_factory.mktemp("training") / "mine.xlsx")
    fill(path, {("step3.loss.L", ()): 9.0})
    return xlbackprop.review_workbook(path)


def schemes():
    """The variables of the style, light and dark."""
    light, dark = STYLE.split("@media screen and (prefers-color-scheme: dark)")
    found = [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in (light, dark)]
    return {"light": found[0], "dark": found[1]}


def test_colours_are_those_of_the_workbooks_scale():
    light = schemes()["light"]
    for step in range(1, 11):
        for side, end in (("n", NEGATIVE), ("p", POSITIVE)):
            assert light[f"{side}{step}"] == between(ZERO, end, step / 10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_are_legible_on_every_colour(scheme):
    variables = schemes()[scheme]
    names = ["zero", *(f"{side}{step}" for side in "np" for step in range(1, 11))]
    weakest = min(names, key=lambda name: contrast(variables["ink"], variables[name]))
    assert contrast(variables["ink"], variables[weakest]) >= ENOUGH, weakest


def ends_of_scales(path, sheet):
    """The ends of the sheet's own colour scales, by the first cell of their ranges."""
    formats = openpyxl.load_workbook(path)[sheet].conditional_formatting
    scales = [(one, rule.colorScale) for one in formats for rule in one.rules if rule.colorScale]
    return {str(one.sqref).split(":")[0]: float(scale.cfvo[2].val) for one, scale in scales}


@pytest.mark.parametrize("name", ["conv1.h", "conv1.dL_dh"])
def test_image_has_the_scale_that_it_has_on_its_sheet(conv, name):
    found = conv.found[name]
    sheet, first = found.places.at((0, 0, 0))
    end = ends_of_scales(conv.workbook, sheet)[first]
    plain = "right" if name in conv.judgements else "given"
    numbers = found.numbers[1].ravel().tolist()
    expected = [
        f"{plain} {'n' if number < 0 else 'p'}{max(1, round(abs(number) / end * 10))}"
        if number
        else f"{plain} zero"
        for number in numbers
    ]
    assert classes(conv, f"{name}, c = 1") == expected
    assert len(set(expected)) > 4


def classes(review, label):
    """The classes of a grid's cells."""
    (table,) = lxml_html.fromstring(html_report(review)).xpath(f"//table[@aria-label='{label}']")
    return [cell.get("class") for cell in table.xpath("./tbody//td")]


def test_what_is_not_right_keeps_its_own_colour_and_does_not_stretch_the_scale(conv):
    drawn = classes(conv, "conv1.dL_dh, c = 0")
    assert drawn[12] == "invalid"
    numbers = conv.found["conv1.dL_dh"].numbers.copy()
    numbers[0, 2, 2] = 1e6
    found = {**conv.found, "conv1.dL_dh": replace(conv.found["conv1.dL_dh"], numbers=numbers)}
    assert classes(replace(conv, found=found), "conv1.dL_dh, c = 0") == drawn


def test_small_blocks_have_no_colours_and_the_page_says_what_colours_mean(conv):
    tree = lxml_html.fromstring(html_report(conv))
    assert {table.get("class") for table in tree.xpath("//*[@id='tensor-1']//table")} == {None}
    samples = tree.xpath("//*[contains(@class, 'sample')]")
    assert [one.text for one in samples][-2:] == ["negative", "positive"]


def test_loss_of_a_training_is_drawn(training):
    chart = loss_chart(training)
    losses = [float(training.found[step.loss.L.name].numbers) for step in training.network.steps]
    assert [point.is_right for point in chart.points] == [True, True, False, True, True]
    # Heights are to each other as the losses are.
    heights = [BOTTOM - point.y for point in chart.points]
    np.testing.assert_allclose(np.array(heights) / heights[2], np.array(losses) / 9, atol=0.001)
    assert all(TOP <= point.y <= BOTTOM for point in chart.points)
    told = chart.description
    assert told.startswith(f"From {losses[0]:.4g} in step 1 to {losses[4]:.4g} in step 5, with")
    assert f"the least, {min(losses):.4g}, in step {1 + np.argmin(losses)}" in told
    assert told.endswith(". Not right in 1 of 5 steps.")
    (drawing,) = lxml_html.fromstring(html_report(training)).xpath("//svg[@role='img']")
    assert len(drawing.xpath("./circle")) == 5
    assert drawing.xpath("string(./desc)") == chart.description
    assert drawing.xpath("string(./circle[3]/title)") == "step 3: 9, not right"


def test_without_a_training_there_is_no_chart(conv):
    assert loss_chart(conv) is None
    assert "<svg" not in html_report(conv)


def test_long_lists_are_folded(conv):
    notes = tuple(Note(NoteKind.NOT_RECALCULATED, reason=f"reason {n}") for n in range(9))
    tree = lxml_html.fromstring(html_report(replace(conv, notes=notes)))
    (card,) = tree.xpath("//section[@aria-labelledby='what-to-know']")
    assert len(card.xpath("./ul/li")) == 6
    assert card.xpath("string(./details/summary)") == "and 3 more remarks"
    assert len(card.xpath("./details//li")) == 3


CUT = """() => [...document.querySelectorAll(".card .scroll, .card, .card p, .chart")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1
    || one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 100))"""
UNFOLD = "document.querySelectorAll('details').forEach((one) => (one.open = true))"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_training_is_accessible_and_nothing_on_a_phone_is_cut(chromium, training, tmp_path, scheme):
    page = write_page(training, tmp_path / "page.html", Hints.ANSWER)
    with opened(chromium, page, size="phone", scheme=scheme) as it:
        it.page.evaluate(UNFOLD)
        assert it.page.locator(".list td").count() > 10
        assert it.page.evaluate(CUT) == []
        it.page.evaluate("document.querySelectorAll('.layer').forEach((one) => one.remove())")
        assert it.violations() == []
        assert it.complaints == []
        it.page.evaluate("document.querySelector('.list').style.width = '500px'")
        assert it.page.evaluate(CUT) != []  # what is cut is noticed


@pytest.mark.browser
def test_colours_are_left_to_those_who_choose_their_own(chromium, conv, tmp_path):
    with opened(chromium, write_page(conv, tmp_path / "page.html")) as it:
        backgrounds = """[...document.querySelectorAll("#tensor-0 tbody td")]
          .map((one) => getComputedStyle(one).backgroundColor)"""
        assert len(set(it.page.evaluate(backgrounds))) > 4
        it.page.emulate_media(forced_colors="active")
        assert len(set(it.page.evaluate(backgrounds))) == 1
