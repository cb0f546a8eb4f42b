"""Hints of copying: each kind as it is planted, and none against those who are alike by chance."""

import csv
import shutil

import pytest

import xlbackprop
from tests.classroom.classes import Class, H, W, marked_here
from tests.support.filling import fill, patch
from tests.support.oracles.browser import browser, opened


def signed(path, author, *, created=b"2026-01-01T00:00:00Z"):
    """Have a workbook say who has saved it, and when it was made."""
    own = f"<cp:lastModifiedBy>{author}<".encode()
    patch(path, {"docProps/core.xml": lambda xml: xml.replace(b"<cp:lastModifiedBy><", own)
                 .replace(b"2026-01-01T00:00:00Z</dcterms:created>",
                          created + b"</dcterms:created>")})  # fmt: skip


@pytest.fixture(scope="module")
def class_of_twelve(tmp_path_factory):
    own = Class(tmp_path_factory.mktemp("similar"), 12)
    own.hand_in_formulas(0)
    shutil.copy(own.path(0), own.path(1))
    theirs = own.arrays(0)
    own.hand_in_numbers(2, dL_dw=theirs[W], dL_dh=theirs[H])
    made_up = own.arrays(3)[H] * 1.37 + 0.61
    own.hand_in_numbers(3, dL_dh=made_up)
    own.hand_in_numbers(4, dL_dh=made_up)
    own.hand_in_numbers(5, dL_dh=own.slip(5, H, "filter not rotated"))
    own.hand_in_numbers(6, dL_dh=own.slip(6, H, "filter not rotated"))
    for number in (7, 8):
        signed(own.hand_in_formulas(number), "Mallory")
    signed(own.hand_in_formulas(9), "Nine", created=b"2020-02-03T04:05:06Z")
    for number in (7, 8):
        fill(own.path(number), {("conv1.dL_dw", (0, 0, 0, 0)): "=1+SUM(1)-2"})
    signed(own.hand_in_formulas(10), "Ten")
    with marked_here():
        xlbackprop.grade(own.folder, own.submissions, names=True)
    return own


def hints(own):
    with (own.folder / "results/similar.csv").open(newline="") as file:
        return {(row["id"], row["other"], row["kind"]): row["evidence"]
                for row in csv.DictReader(file)}  # fmt: skip


@pytest.mark.slow
def test_hints_are_as_planted(class_of_twelve):
    found = hints(class_of_twelve)
    both = [("s0", "s1"), ("s1", "s0")]
    expected = {(*pair, "the same file") for pair in both}
    expected.add(("s2", "s0", "answers fit another's numbers"))
    expected |= {(*pair, "the same wrong numbers") for pair in (("s3", "s4"), ("s4", "s3"))}
    for pair in (("s7", "s8"), ("s8", "s7")):
        expected |= {(*pair, "one author"), (*pair, "formulas of the same rare form")}
    expected.add(("s9", "", "older than the handout"))
    assert set(found) == expected
    assert "of s0" in found["s2", "s0", "answers fit another's numbers"]
    assert "Mallory" in found["s7", "s8", "one author"]
    assert "2020-02-03" in found["s9", "", "older than the handout"]
    for page in (class_of_twelve.folder / "results/feedback").iterdir():
        assert "Mallory" not in page.read_text()


@pytest.mark.slow
def test_page_on_the_class_says_what_went_wrong(class_of_twelve):
    page = (class_of_twelve.folder / "results/class.html").read_text()
    assert "<b>10</b> graded" in page
    assert "<b>1</b> missing" in page
    assert "filter not rotated" in page
    assert "s5, s6" in page
    other = xlbackprop.grade(class_of_twelve.folder, class_of_twelve.submissions)
    assert other.marked == 0
    plain = (class_of_twelve.folder / "results/class.html").read_text()
    assert "s5, s6" not in plain
    for text in (page, plain):
        assert "<script" not in text
        assert "http" not in text.replace("http-equiv", "")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_on_the_class_is_accessible_on_paper_and_phone(class_of_twelve, scheme):
    results = class_of_twelve.folder / "results"
    with browser() as started:
        with opened(started, results / "feedback/s5.html", scheme=scheme) as feedback:
            assert feedback.violations() == []
        path = results / "class.html"
        for size in ("desktop", "phone"):
            with opened(started, path, size=size, scheme=scheme) as seen:
                assert seen.violations() == []
                assert seen.complaints == []
                width = seen.page.evaluate("document.documentElement.scrollWidth")
                assert width <= seen.page.viewport_size["width"]
