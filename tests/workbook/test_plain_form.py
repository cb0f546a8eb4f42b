"""What the engine is given: the cells that are judged and what they rest on, in plain form.

So no odd part of a file, and nothing that stands beside the page, can switch recalculation off.
"""

import itertools
import os
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import arrays_of, fill, patch, places_by_index
from tests.support.stored_cells import add_sheet, put
from xlbackprop.workbook.engine.settings import Limits

LAST = ("conv1.dL_dh", (1, 2, 3))
PAGE = "xl/worksheets/sheet2.xml"
# Each keeps the engine busy, or makes it break off, whatever the time it is given.
BOMBS = {
    "products": "SUM(A10:AB1048576*A10:AB1048576)",
    "recursion": (
        "_xlfn.LET(_xlpm.f,_xlfn.LAMBDA(_xlpm.f,_xlpm.n,_xlpm.f(_xlpm.f,_xlpm.n+1)),"
        "_xlpm.f(_xlpm.f,1))"
    ),
    "text": 'REPT(REPT("x",32767),32767)',
}


CASES = Path(__file__).parents[1] / "support" / "data" / "cases"


@pytest.mark.parametrize(
    "case", ["engine-cannot-load-nor-row", "engine-cannot-load-strict", "engine-cannot-load-wbname"]
)
def test_file_of_another_program_is_recalculated(case):
    assert xlbackprop.check(CASES / case / "book.xlsx").verdict == "right"
    report = xlbackprop.check(CASES / case / "stale.xlsx")
    assert report.verdict == "right"
    assert report.notes == ("216 saved values were stale: what the formulas give now is judged",)


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")


@pytest.fixture
def cheat(book):
    """A page with a constant in place of a formula: only --prove, or stale numbers, tell."""
    value = float(arrays_of(book)[LAST[0]][LAST[1]])
    fill(book, {LAST: (f"={value!r}", value)})
    return book


def is_recalculated(path):
    """Return whether a wrong saved value was noticed, and the page is right."""
    report = xlbackprop.check(path)
    return (report.verdict, report.notes) == (
        "right",
        ("1 saved value was stale: what the formulas give now is judged",),
    )


def make_stale(path):
    """Save another number with a formula than it gives."""
    sheet, address = places_by_index(path)[LAST]
    formula = openpyxl.load_workbook(path)[sheet][address].value
    fill(path, {LAST: (formula, 123.0)})


def with_a_formula_shared_by_each_cell_alone(xml):
    numbers = itertools.count(1_000)  # the page has some formulas of lower numbers
    return re.sub(rb"<f>", lambda _: b'<f t="shared" ref="A1" si="%d">' % next(numbers), xml)


SPACE = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODD = {
    "styles-of-nothing": ("xl/styles.xml", lambda _: b'<styleSheet xmlns="%b"/>' % SPACE),
    "a-page-in-utf-16": (
        PAGE,
        lambda xml: xml.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    ),
    "a-theme-of-nonsense": ("xl/theme/theme1.xml", lambda _: b"<a>&nonsense;</a>"),
    "shared-formulas-of-one-cell": (PAGE, with_a_formula_shared_by_each_cell_alone),
    "an-equals-sign-in-the-file": (PAGE, lambda xml: xml.replace(b"<f>", b"<f>=")),
    "formulas-that-ask-to-be-computed": (PAGE, lambda xml: xml.replace(b"<f>", b'<f ca="1">')),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_part_of_a_file_is_no_concern_of_the_engine(kind, book):
    make_stale(book)
    part, change = ODD[kind]
    patch(book, {part: change})
    assert is_recalculated(book)


def test_part_that_is_missing_is_no_concern_of_the_engine(book):
    make_stale(book)
    with zipfile.ZipFile(book) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(book, "w") as package:
        for name, content in parts.items():
            if "theme" not in name and "docProps" not in name and "styles" not in name:
                package.writestr(name, content)
    assert is_recalculated(book)


def test_what_if_table_in_a_corner_stops_nothing(cheat):
    sheet, _ = places_by_index(cheat)[LAST]
    table = '<f t="dataTable" ref="AZ201:AZ202" dt2D="0" dtr="0" r1="A1"/><v>7</v>'
    put(cheat, sheet, {"AZ201": table, "AZ202": "<v>8</v>"})
    assert xlbackprop.check(cheat).verdict == "right"
    assert [c.tensor for c in xlbackprop.check(cheat, prove=5).cells] == [LAST[0]]


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("where", ["on-a-sheet-of-its-own", "on-the-page"])
def test_bomb_that_nothing_rests_on_stops_nothing(bomb, where, cheat):
    cell = {"B2": f"<f>{BOMBS[bomb]}</f><v>1</v>"}
    if where == "on-the-page":
        sheet, _ = places_by_index(cheat)[LAST]
        put(cheat, sheet, {"AZ201": cell["B2"].replace("A10:AB", "BC10:CD")})
    else:
        add_sheet(cheat, "Scratch", cell)
    (found,) = xlbackprop.check(cheat, prove=5, limits=Limits(seconds=20)).cells
    assert (found.tensor, found.status) == (LAST[0], "wrong")


@pytest.mark.hostile(quick=["recursion"])
@pytest.mark.parametrize("bomb", ["products", "recursion"])
def test_bomb_that_a_judged_cell_rests_on_does_stop_the_engine(bomb, book):
    value = float(arrays_of(book)[LAST[0]][LAST[1]])
    add_sheet(book, "Scratch", {"B2": f"<f>{BOMBS[bomb]}</f><v>0</v>"})
    fill(book, {LAST: (f"={value!r}+Scratch!B2*0", value)})
    report = xlbackprop.check(book, limits=Limits(seconds=3))
    assert any(note.startswith("not recalculated: the engine") for note in report.notes)


USES = {
    "another-sheet": ("Scratch!B2+0", {"B2": "<f>B3*2</f><v>{old}</v>", "B3": "<v>{half}</v>"}),
    "in-other-letters": ("SCRATCH!$b$2+0", {"B2": "<v>{number}</v>"}),
    "a-chain": (
        "Scratch!B2+0",
        {f"B{row}": f"<f>B{row + 1}+0</f><v>{{old}}</v>" for row in range(2, 40)}
        | {"B40": "<v>{number}</v>"},
    ),
    "a-name": ("half_of_it*2", {"B3": "<v>{half}</v>"}),
    "indirectly": (
        'INDIRECT("Scratch!B"&2)+0',
        {"B2": "<f>B3*2</f><v>{old}</v>", "B3": "<v>{half}</v>"},
    ),
    "by-an-offset": (
        "OFFSET(Scratch!A1,1,1)+0",
        {"B2": "<f>B3*2</f><v>{old}</v>", "B3": "<v>{half}</v>"},
    ),
    "a-whole-column": (
        "SUM(Scratch!B:B)+0",
        {"B900": "<f>B901*1</f><v>{old}</v>", "B901": "<v>{half}</v>"},
    ),
    "an-array-formula": (
        "Scratch!C3+0",
        {
            "B2": "<v>5</v>",
            "B3": "<v>{half}</v>",
            "C2": '<f t="array" ref="C2:C3">B2:B3*2</f><v>0</v>',
            "C3": "<v>{old}</v>",
        },
    ),
    "a-shared-formula": (
        "Scratch!C4+0",
        {
            "B4": "<v>{half}</v>",
            "C2": '<f t="shared" ref="C2:C4" si="0">B2*2</f><v>0</v>',
            "C3": '<f t="shared" si="0"/><v>0</v>',
            "C4": '<f t="shared" si="0"/><v>{old}</v>',
        },
    ),
    "a-text": ("VALUE(Scratch!B2)", {"B2": 't="str"|<v>{number}</v>'}),
    "a-truth": ("IF(Scratch!B2,{number},0)", {"B2": 't="b"|<v>1</v>'}),
}


# Where the engine's word does not stand, what was saved is believed, or LibreOffice is.
BY_LIBREOFFICE = ("in-other-letters", "an-array-formula")


@pytest.mark.libreoffice(quick=[use for use in USES if use not in BY_LIBREOFFICE])
@pytest.mark.parametrize("use", USES)
def test_what_a_judged_cell_rests_on_is_given_too(use, book):
    """Its saved value is another number, so that it is right only where all is recalculated."""
    number = float(arrays_of(book)[LAST[0]][LAST[1]])
    values = {"number": repr(number), "half": repr(number / 2), "old": "77"}
    formula, cells = USES[use]
    add_sheet(book, "Scratch", {a: text.format(**values) for a, text in cells.items()})
    if use == "a-name":
        name = b"<definedNames><definedName name='half_of_it'>Scratch!$B$3</definedName>"
        patch(book, {"xl/workbook.xml": lambda xml: xml.replace(b"<definedNames>", name)})
    fill(book, {LAST: (f"={formula.format(**values)}", 123.0)})
    report = xlbackprop.check(book)
    assert report.verdict == "right", report.cells
    assert report.notes[:1] == ("1 saved value was stale: what the formulas give now is judged",)


def test_sheet_that_cannot_be_read_costs_only_what_rests_on_it(book, monkeypatch):
    monkeypatch.setenv("PATH", os.devnull)  # LibreOffice reads the half of it that is there
    number = float(arrays_of(book)[LAST[0]][LAST[1]])
    add_sheet(book, "Scratch", {"B2": f"<v>{number!r}</v>"})
    fill(book, {LAST: ("=Scratch!B2+0", number)})
    patch(book, {"xl/worksheets/sheet4.xml": lambda xml: xml[: len(xml) // 2]})
    report = xlbackprop.check(book)
    assert report.verdict == "right"
    assert any("1 cell was" in note for note in report.notes)


def test_formula_that_takes_an_empty_cell_of_another_sheet_is_recalculated(book):
    fill(book, {LAST: ("=Overview!$Z$99", 7)})
    report = xlbackprop.check(book, engine="ironcalc")
    (cell,) = report.cells
    assert (cell.status, cell.found) == ("wrong", 0)
    assert not any("LibreOffice" in note or "not recalculated" in note for note in report.notes)
