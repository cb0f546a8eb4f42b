"""Workbooks of many forms, as other programs write them, are marked or refused."""

import io
import re
import zipfile

import openpyxl
import pytest

import xlbackprop
from tests.support.filling import patch
from tests.support.forms_of_workbooks import (
    BOOK,
    OPENXML,
    PAGE,
    PAGE_RELATIONS,
    STRICT,
    STYLES,
    TYPES,
    assert_marked,
    marked,
    rewrite,
)
from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.mark import mark_workbook
from xlbackprop.workbook.annotate.marks import Mark, Summary
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.read.guard import open_package

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


def without_fills(name, content):
    return name, re.sub(rb"<fills.*</fills>", b"", content) if name == STYLES else content


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
        strict, prefixed, absolute, elsewhere, without_styles, without_fills,
        without_names_and_views, with_byte_order_mark, in_latin_1, single_quoted,
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


def without_a_part(name, content):
    return None if name == STYLES else (name, content)


def of_an_unknown_edition(name, content):
    return name, content.replace(b"/2006/main", b"/2106/main") if name == BOOK else content


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (in_utf_16, "'xl/styles.xml' is in UTF-16"),
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
