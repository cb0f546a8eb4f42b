"""The parts that marks are written into: drawings, large sheets, cells that are not stored."""

import re
import sys
import time
import zipfile

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import patch
from tests.support.forms_of_workbooks import (
    DRAWING,
    PAGE,
    PAGE_RELATIONS,
    assert_marked,
    marked,
    rewrite,
)
from tests.support.watched_program import MEGABYTES, watch
from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.annotate.mark import mark_workbook
from xlbackprop.workbook.annotate.marks import Mark, Summary
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.annotate.recolour import recolour
from xlbackprop.workbook.annotate.sheet_reader import read_sheet
from xlbackprop.workbook.read.guard import open_package

COMMENTS = "xl/comments1.xml"


BUTTON = (
    b'<v:shape id="_x0000_s5121" type="#_x0000_t201"><v:textbox><div>one<br>two</div></v:textbox>'
    b'<x:ClientData ObjectType="Button"><x:Row>10</x:Row><x:Column>23</x:Column></x:ClientData>'
    b"</v:shape>"
)


def with_button(drawing):
    """Put a button into a drawing, as programs write it: a tag in it does not end."""
    return drawing.replace(b'data="1"', b'data="1,5"').replace(b"</xml>", BUTTON + b"</xml>")


def test_a_drawing_with_other_shapes_keeps_them(page):
    after = marked(page)
    patch(after, {DRAWING: with_button})
    again = xlbackprop.annotate(xlbackprop.check(after), after, page.with_stem("again"))
    with zipfile.ZipFile(again) as archive:
        drawing = archive.read(DRAWING)
    assert BUTTON in drawing
    assert drawing.count(b'ObjectType="Note"') == 2
    assert b'data="1,5"' in drawing  # our new boxes have the numbers of the old ones
    assert re.findall(rb'<v:shape id="_x0000_s(\d+)"', drawing) == [b"5121", b"1025", b"1026"]
    assert_marked(again)


def test_a_drawing_without_notes_gets_them(page):
    """A sheet with buttons has a drawing, and no part for notes."""
    after = marked(page)
    patch(after, {DRAWING: lambda xml: re.sub(b"<v:shape .*</v:shape>", BUTTON, xml)})

    def without_notes(name, content):
        if name == PAGE_RELATIONS:
            content = re.sub(b'<Relationship [^>]*/comments"[^>]*>', b"", content)
        if name == "[Content_Types].xml":
            content = re.sub(b"<Override [^>]*/comments1.xml[^>]*>", b"", content)
        return None if name == COMMENTS else (name, content)

    rewrite(after, without_notes)
    again = xlbackprop.annotate(xlbackprop.check(after), after, page.with_stem("again"))
    with zipfile.ZipFile(again) as archive:
        assert archive.read(DRAWING).count(b'ObjectType="Note"') == 2
        assert BUTTON in archive.read(DRAWING)
        assert archive.read(PAGE).count(b"<legacyDrawing") == 1
    assert_marked(again)


def test_a_drawing_that_cannot_be_read_is_refused(page):
    after = marked(page)
    patch(after, {DRAWING: lambda xml: xml.replace(b"</xml>", b"")})
    with pytest.raises(WorkbookError, match="the drawing of its notes cannot be read"):
        xlbackprop.annotate(xlbackprop.check(after), after, page.with_stem("again"))


def test_a_note_of_ours_on_which_the_user_wrote_stays(page):
    after = marked(page)
    patch(after, {COMMENTS: lambda xml: xml.replace(b"&#8212; xlbackprop", b"but why?")})
    again = xlbackprop.annotate(xlbackprop.check(after), after, page.with_stem("again"))
    text = openpyxl.load_workbook(again)["conv1"]["P32"].comment.text
    assert "but why?" in text
    assert text.count("WRONG: ") == 2


def test_a_note_is_no_longer_than_is_read(page):
    marks = [Mark("conv1", "P32", "wrong", "entry", "long " * 10_000)]
    with open_package(page) as archive:
        package = Package(archive)
        mark_workbook(package, marks, Summary("", "wrong", {"wrong": 1}, []))
        page.with_stem("marked").write_bytes(package.to_bytes())
    book = openpyxl.load_workbook(page.with_stem("marked"))
    assert len(book["conv1"]["P32"].comment.text) < 2_100
    assert max(dimension.height or 0 for dimension in book["Marks"].row_dimensions.values()) <= 400


# Size.


@pytest.mark.slow
def test_marking_a_page_of_many_thousand_cells_is_bounded(tmp_path):
    path, target = tmp_path / "lenet5.xlsx", tmp_path / "marked.xlsx"
    xlbackprop.build("lenet5", path, blank=["all"])
    command = [sys.executable, "-m", "xlbackprop", "check", path, "--annotate", target]
    outcome = watch(*command, seconds=60, patience=120)
    assert outcome.status == 1
    assert outcome.megabytes < MEGABYTES
    with zipfile.ZipFile(target) as archive:
        notes = [archive.read(part) for part in archive.namelist() if "comments" in part]
    assert all(part.count(b"<comment ") <= 2_000 for part in notes)
    assert sum(part.count(b"<comment ") for part in notes) > 10_000


def test_marking_many_rows_that_are_not_stored_is_bounded():
    rows = "".join(f'<row r="{number}"/>' for number in range(2, 200_000, 2))
    sheet = read_sheet("sheet1.xml", SHEET.format(rows).encode())
    keys = {row * 16_384: "wrong" for row in range(0, 200_000, 2)}
    started = time.process_time()
    recolour(sheet, keys, lambda own, _: own + 100, {})
    assert time.process_time() - started < 10
    assert sheet.edits.result().count(b"<c ") == 100_000


# Cells that are not stored, and rows and cells without addresses.

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cols>'
    '<col min="2" max="3" width="9" style="7"/></cols><sheetData>{}</sheetData></worksheet>'
)


def recoloured(rows, marked_cells, restored=()):
    sheet = read_sheet("sheet1.xml", SHEET.format(rows).encode())
    keys = {row * 16_384 + column: "wrong" for row, column in marked_cells}
    recolour(sheet, keys, lambda own, _: own + 100, dict(restored))
    text = sheet.edits.result().decode()
    assert sheet.edits.content.decode() == SHEET.format(rows)
    return re.search("<sheetData>(.*)</sheetData>", text)[1]


@pytest.mark.parametrize(
    ("rows", "cells", "expected"),
    [
        pytest.param('<row r="2"><c r="A2" s="3"/></row>', [(1, 0)],
                     '<row r="2"><c r="A2" s="103"/></row>', id="stored"),
        pytest.param('<row r="2"><c r="A2"><v>1</v></c></row>', [(1, 0)],
                     '<row r="2"><c s="100" r="A2"><v>1</v></c></row>', id="without-format"),
        pytest.param('<row r="2"><c r="A2"/><c r="E2"/></row>', [(1, 2)],
                     '<row r="2"><c r="A2"/><c r="C2" s="107"/><c r="E2"/></row>', id="between"),
        pytest.param('<row r="2"><c r="A2"/></row>', [(1, 1), (1, 3)],
                     '<row r="2"><c r="A2"/><c r="B2" s="107"/><c r="D2" s="100"/></row>',
                     id="at-the-end"),
        pytest.param('<row r="2" spans="1:1" s="5" customFormat="1"/>', [(1, 0), (1, 1)],
                     '<row r="2" spans="1:2" s="5" customFormat="1"><c r="A2" s="105"/>'
                     '<c r="B2" s="105"/></row>', id="in-an-empty-row"),
        pytest.param('<row r="2"/><row r="9"/>', [(4, 0), (20, 0)],
                     '<row r="2"/><row r="5"><c r="A5" s="100"/></row><row r="9"/>'
                     '<row r="21"><c r="A21" s="100"/></row>', id="in-rows-of-their-own"),
        pytest.param("<row><c/><c/></row><row><c/></row>", [(0, 1), (1, 0), (0, 2)],
                     '<row><c/><c s="100"/><c r="C1" s="107"/></row><row><c s="100"/></row>',
                     id="without-addresses"),
        pytest.param('<row r="1"><c r="A1" s="8"/><c r="B1" s="9"/></row>', [(0, 0)],
                     '<row r="1"><c r="A1" s="103"/><c r="B1" s="4"/></row>', id="marked-before"),
    ],
)  # fmt: skip
def test_a_cell_is_coloured_where_it_belongs(rows, cells, expected):
    assert recoloured(rows, cells, {8: 3, 9: 4}) == expected


def test_an_empty_sheet_gets_its_rows():
    text = SHEET.replace("<sheetData>{}</sheetData>", "<sheetData/>").encode()
    sheet = read_sheet("sheet1.xml", text)
    recolour(sheet, {0: "wrong", 16_384: "wrong"}, lambda _, __: 1, {})
    rows = b'<row r="1"><c r="A1" s="1"/></row><row r="2"><c r="A2" s="1"/></row>'
    assert b"<sheetData>" + rows + b"</sheetData>" in sheet.edits.result()


def test_edits_leave_every_other_byte_as_it_is():
    content = b"<?xml version='1.0'?>\r\n<a  b = '>\"'  c=\"d\"><!-- <a b=''> --><e/><e\n/></a >"
    edits = Edits(content)
    start = content.index(b"<a ")
    edits.set_attribute(start, "c", '<"&')
    edits.set_attribute(start, "new", 1)
    edits.append(content.index(b"<e/>"), content.index(b"<e/>") + 4, "<f/>")
    edits.append(start, content.index(b"</a"), "é")
    assert edits.result() == (
        b"<?xml version='1.0'?>\r\n<a new=\"1\"  b = '>\"'  c=\"&lt;&quot;&amp;\"><!-- <a b=''> -->"
        b"<e><f/></e><e\n/>&#233;</a >"
    )
    assert Edits(content).result() == content


def test_a_tag_that_does_not_end_is_refused_at_once():
    with pytest.raises(WorkbookError, match="a tag does not end"):
        Edits(b"<a " + b"b='" * 100_000).end_of_tag(0)
