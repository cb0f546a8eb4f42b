"""Marking files of other forms: editions, prefixes, folders, encodings, and hostile texts."""

import io
import re
import sys
import time
import zipfile

import openpyxl
import pytest

import xlbackprop
from tests.hostile.test_hostile_files import MEGABYTES, watch
from tests.support.filling import fill, patch
from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.edits import Edits
from xlbackprop.workbook.annotate.mark import mark_workbook
from xlbackprop.workbook.annotate.marks import Mark, Summary
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.annotate.recolour import recolour
from xlbackprop.workbook.annotate.sheet_reader import read_sheet
from xlbackprop.workbook.read.guard import open_package

TYPES = "[Content_Types].xml"
BOOK, STYLES, PAGE = "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"
WRONG = {"P32": "WRONG", "E41": "BLANK"}

OPENXML = "http://schemas.openxmlformats.org"
STRICT = "http://purl.oclc.org/ooxml"


@pytest.fixture
def page(tmp_path):
    """A page with a wrong cell and a blank one."""
    path = tmp_path / "page.xlsx"
    xlbackprop.build("conv5x5x2", path)
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): 99, ("conv1.dL_dh", (1, 2, 2)): None})
    return path


def marked(path):
    target = path.with_stem("marked")
    return xlbackprop.annotate(xlbackprop.check(path), path, target)


def rewrite(path, change):
    """Pass each part's name and content through a function that returns others, or None."""
    with zipfile.ZipFile(path) as source:
        parts = [change(name, source.read(name)) for name in source.namelist()]
    with zipfile.ZipFile(path, "w") as target:
        for part in parts:
            if part is not None:
                target.writestr(*part)


def assert_marked(path):
    """Assert that openpyxl finds the marks, and that the file is judged as ever."""
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Marks", "Overview", "conv1", "_xlbackprop"]
    notes = [cell for row in book["conv1"] for cell in row if cell.comment]
    assert {cell.coordinate: cell.comment.text.partition(":")[0] for cell in notes} == WRONG
    assert all(cell.fill.fgColor.rgb[2:] > "8F" for cell in notes)
    assert xlbackprop.check(path).counts == {"right": 334, "wrong": 1, "blank": 1}


# The namespaces of the usual edition of the format, and those of the strict one.
EDITIONS = {
    f"{OPENXML}/spreadsheetml/2006/main": f"{STRICT}/spreadsheetml/main",
    f"{OPENXML}/officeDocument/2006/relationships": f"{STRICT}/officeDocument/relationships",
}


def strict(name, content):
    for usual, other in EDITIONS.items():
        content = content.replace(usual.encode(), other.encode())
    return name, content


def not_strict(name, content):
    for usual, other in EDITIONS.items():
        assert usual.encode() not in content, name
        content = content.replace(other.encode(), usual.encode())
    return name, content


def prefixed(name, content):
    if name in (BOOK, STYLES, PAGE, "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"):
        content = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1x:", content)
        content = content.replace(b" xmlns=", b" xmlns:x=")
    return name, content


def absolute(name, content):
    if name == "xl/_rels/workbook.xml.rels":
        content = re.sub(rb'Target="(?!/)', b'Target="/xl/', content)
    return name, content


def elsewhere(name, content):
    content = content.replace(b'"/xl/', b'"/book/') if name == TYPES else content
    content = content.replace(b'"xl/', b'"book/') if name == "_rels/.rels" else content
    return re.sub("^xl/", "book/", name), content


def from_elsewhere(name, content):
    content = content.replace(b"book/", b"xl/") if name in (TYPES, "_rels/.rels") else content
    return re.sub("^book/", "xl/", name), content


def without_styles(name, content):
    if name == STYLES:
        return None
    if name.startswith("xl/worksheets/sheet"):
        content = re.sub(rb'(<(?:c|row|col) [^>]*?) (?:s|style)="\d+"', rb"\1", content)
    content = re.sub(rb"<(?:Relationship|Override) [^>]*styles[^>]*/>", b"", content)
    return name, content


def without_names_and_views(name, content):
    """Leave only what no workbook can do without; the names, by which blocks are found."""
    if name == BOOK:
        content = re.sub(rb"<bookViews>.*</bookViews>", b"", content)
    return name, content


def with_byte_order_mark(name, content):
    is_xml = name.endswith((".xml", ".rels"))
    return name, b"\xef\xbb\xbf" + content if is_xml else content


def in_latin_1(name, content):
    if name == PAGE:
        content = content.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"')
    return name, content


def single_quoted(name, content):
    if name == PAGE:
        content = re.sub(rb'<c r="([A-Z]+\d+)" s="(\d+)"', rb"<c  r = '\1'\n s= '\2'", content)
    return name, content


@pytest.mark.parametrize(
    "form",
    [
        strict, prefixed, absolute, elsewhere, without_styles, without_names_and_views,
        with_byte_order_mark, in_latin_1, single_quoted,
    ],
    ids=lambda form: form.__name__,
)  # fmt: skip
def test_a_file_of_another_form_is_marked(page, form):
    rewrite(page, form)
    after = marked(page)
    if form in (strict, elsewhere):  # which openpyxl does not read
        rewrite(after, {strict: not_strict, elsewhere: from_elsewhere}[form])
    assert_marked(after)


class Pipe(io.BytesIO):
    """A file in which one cannot go back, as where a server sends a workbook."""

    def seekable(self):
        return False

    def tell(self):
        raise io.UnsupportedOperation


def test_a_file_that_was_written_in_one_go_is_marked(page):
    pipe = Pipe()
    with zipfile.ZipFile(page) as source, zipfile.ZipFile(pipe, "w") as target:
        for part in source.namelist():  # the sizes follow each part
            target.writestr(part, source.read(part), zipfile.ZIP_DEFLATED)
    page.write_bytes(pipe.getvalue())
    after = marked(page)
    assert_marked(after)
    with zipfile.ZipFile(after) as archive:
        assert archive.testzip() is None
        assert not any(info.flag_bits & 0x08 for info in archive.infolist())
    at, content = 0, after.read_bytes()
    while content.startswith(b"PK\3\4", at):  # each header says where the next one is
        size, name, extra = (
            int.from_bytes(content[at + start : at + end], "little")
            for start, end in ((18, 22), (26, 28), (28, 30))
        )
        at += 30 + name + extra + size
    assert content.startswith(b"PK\1\2", at)


def test_the_first_sheet_is_written_anew_with_what_it_referred_to(page):
    """Someone puts a drawing on our sheet; the sheet that replaces it does not refer to it."""
    after = marked(page)
    relations = "xl/worksheets/_rels/sheet4.xml.rels"
    with zipfile.ZipFile(after, "a") as archive:
        archive.writestr(relations, archive.read(PAGE_RELATIONS))
    again = xlbackprop.annotate(xlbackprop.check(after), after, page.with_stem("again"))
    with zipfile.ZipFile(again) as archive:
        assert b"<Relationship " not in archive.read(relations)
    assert_marked(again)


def in_utf_16(name, content):
    if name == STYLES:
        content = content.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    return name, content


def without_fills(name, content):
    return name, re.sub(rb"<fills.*</fills>", b"", content) if name == STYLES else content


def without_a_part(name, content):
    return None if name == STYLES else (name, content)


def of_an_unknown_edition(name, content):
    return name, content.replace(b"/2006/main", b"/2106/main") if name == BOOK else content


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (in_utf_16, "'xl/styles.xml' is in UTF-16"),
        (without_fills, "'xl/styles.xml' has no fills"),
        (without_a_part, "'xl/styles.xml' is missing"),
        (of_an_unknown_edition, "written in 'http://schemas.openxmlformats.org/spreadsheetml/2106"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_form_that_cannot_be_marked_is_refused_and_nothing_written(page, form, reason):
    rewrite(page, form)
    with pytest.raises(WorkbookError, match=reason):
        marked(page)
    assert [path.name for path in page.parent.iterdir()] == ["page.xlsx"]


def test_parts_that_share_their_bytes_are_refused(page):
    with zipfile.ZipFile(page, "a") as archive:
        info = archive.getinfo("xl/theme/theme1.xml")
        for number in range(200):
            twin = zipfile.ZipInfo(f"xl/twin{number}.xml")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, field, getattr(info, field))
            archive.filelist.append(twin)
        archive._didModify = True
    with pytest.raises(WorkbookError, match="its parts overlap"):
        marked(page)


@pytest.mark.parametrize("name", ["Marks", "MARKS", "marks"])
def test_the_first_sheet_takes_no_name_that_is_taken(page, name):
    def renamed(xml):
        return xml.replace(b'name="Overview"', f'name="{name}"'.encode())

    patch(page, {BOOK: renamed})
    after = marked(page)
    assert openpyxl.load_workbook(after).sheetnames[:2] == ["Marks 2", name]


HOSTILE = (
    "<script>alert('1')</script>",
    "=cmd|' /C calc'!A0",
    "\"&amp;' ]]> <!-- &#0; %s {0}",
    "bell \x07 null \0 lone \ud800 last \uffff end",
    "_x0041_ stays as it is",
    "line\nline\ttab",
    "漢字 🎓 é",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_is_put_in_as_text(page, text):
    marks = [Mark("conv1", "P32", "wrong", text, text, text)]
    with open_package(page) as archive:
        package = Package(archive)
        mark_workbook(package, marks, Summary(text, "wrong", {"wrong": 1}, [], [text]))
        page.with_stem("marked").write_bytes(package.to_bytes())
    book = openpyxl.load_workbook(page.with_stem("marked"))
    expected = re.sub("[\0-\x08\ud800\uffff]", "", text)
    texts = {cell.value: cell.data_type for row in book["Marks"] for cell in row}
    # openpyxl shows the escape for an underscore, which spreadsheet programs do not.
    plain = {str(value).replace("_x005F_", "_"): kind for value, kind in texts.items()}
    assert plain[expected] != "f" or expected.startswith("=")
    note = book["conv1"]["P32"].comment.text.replace("_x005F_", "_")
    assert note.startswith(f"WRONG: {expected}")
    with zipfile.ZipFile(page.with_stem("marked")) as archive:
        assert b"<script" not in b"".join(archive.read(part) for part in archive.namelist())


def test_a_sheet_with_a_difficult_name_is_linked_to(page):
    def renamed(xml):
        xml = xml.replace(b'name="conv1"', b'name="it&apos;s &lt;1&gt; &amp;"')
        return re.sub(rb">conv1!", b">'it''s &lt;1&gt; &amp;'!", xml)

    patch(page, {BOOK: renamed})
    first = openpyxl.load_workbook(marked(page))["Marks"]
    links = {c.value: c.hyperlink.location for row in first for c in row if c.hyperlink}
    assert links["it's <1> &!P32"] == "'it''s <1> &'!P32"


# The drawings that notes are in.

PAGE_RELATIONS, DRAWING = "xl/worksheets/_rels/sheet2.xml.rels", "xl/drawings/vmlDrawing1.vml"
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
    assert b'data="1,5,6"' in drawing
    assert re.findall(rb'<v:shape id="_x0000_s(\d+)"', drawing) == [b"5121", b"6145", b"6146"]
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
