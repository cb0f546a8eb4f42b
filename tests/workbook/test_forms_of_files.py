"""Workbooks as other programs pack them: the same parts under other names, or in another order."""

import zipfile

import pytest

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles.libreoffice import save_as

PLANTED = ("conv1.dL_dw", (1, 0, 0, 1))


@pytest.fixture
def book(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")
    fill(path, {PLANTED: 77.0})
    return path


def repacked(path, rename, change=None):
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            info = zipfile.ZipInfo(rename(name))
            info.filename = rename(name)  # zipfile itself would turn the slashes
            package.writestr(info, change(name, content) if change else content)
    return path


def renamed_strings(name, content):
    return (
        content.replace(b"sharedStrings.xml", b"texts.bin")
        if "rels" in name or "Types" in name
        else content
    )


FORMS = {
    "capitals": (lambda name: name.upper() if name.startswith("xl/") else name, None),
    "small-letters": (str.lower, None),
    "backslashes": (lambda name: name.replace("/", "\\"), None),
    "slashes-before": (lambda name: f"/{name}", None),
    "strings-of-another-name": (
        lambda name: name.replace("sharedStrings.xml", "texts.bin"),
        renamed_strings,
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_parts_are_found_as_spreadsheet_programs_find_them(form, book):
    rename, change = FORMS[form]
    repacked(book, rename, change)
    report = xlbackprop.check(book)
    assert [(c.tensor, c.index) for c in report.cells] == [PLANTED]
    assert report.counts == {"right": 335, "wrong": 1}


@pytest.mark.parametrize("form", FORMS)
def test_such_a_file_is_marked(form, book, tmp_path):
    rename, change = FORMS[form]
    repacked(book, rename, change)
    marked = xlbackprop.annotate(xlbackprop.check(book), book, tmp_path / "marked.xlsx")
    assert [c.found for c in xlbackprop.check(marked).cells] == [77.0]


@pytest.mark.libreoffice
@pytest.mark.parametrize("said", ["last", "nowhere"])
def test_ods_of_which_the_type_stands_elsewhere_is_read(said, book, tmp_path):
    """The standard has it stand first, and SheetJS does not."""
    (ods,) = save_as("ods", [book], tmp_path)
    with zipfile.ZipFile(ods) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    kind = parts.pop("mimetype")
    with zipfile.ZipFile(ods, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
        if said == "last":
            package.writestr("mimetype", kind)
    report = xlbackprop.check(ods)
    assert [(c.tensor, c.index) for c in report.cells] == [PLANTED]


NO_WORKBOOKS = {
    "page.gsheet": (b'{"doc_id":"abc","email":"a@b.c"}', "a link to Google Sheets"),
    "named.json": (b'{"":"WARNING!","doc_id":"abc"}', "a link to Google Sheets"),
    "~$mine.xlsx": (b"\x04User" + b" " * 160, "Excel's lock file"),
    "._mine.xlsx": (bytes.fromhex("00051607") + b"\0\2\0\0Mac OS X", "a side file that a Mac"),
    "slides.gslides": (b'{"doc_id":"abc"}', "a link to Google's programs, and to no sheet"),
    ".~lock.mine.xlsx#": (b",me,host,26.11.2026 12:00,file:///home/me", "LibreOffice's lock file"),
    ".mine.xlsx.icloud": (b"bplist00\xd4\1\2", "what stands for a file that is in iCloud"),
    "mine.url": (b"[InternetShortcut]\r\nURL=https://example.org", "a link to a page"),
    "mine.xlsx": (b"version https://git-lfs.github.com/spec/v1\noid", "what Git LFS keeps"),
    "mine.fods": (
        b"<?xml?><office:document office:mimetype='application/vnd.oasis.opendocument."
        b"spreadsheet'/>",
        "a workbook written as XML: save it as .xlsx",
    ),
    "photo.xlsx": (b"\0\0\0\x18ftypheic", "a picture"),
    "page.pdf": (b"%PDF-1.7\n", "a PDF"),
    "picture.xlsx": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "mine.xlsx.gz": (b"\x1f\x8b\x08\0", "a compressed file: unpack it"),
    "page.html": (b"<html><table></table></html>", "an XML or HTML file"),
}
NO_WORKBOOK_ARCHIVES = {
    "page.numbers": (["Index/Document.iwa", "preview.jpg"], "an Apple Numbers document.*Export To"),
    "letter.pages": (["Index/Document.iwa"], "no workbook, but of Pages"),
    "homework.xlsx": (
        ["homework/mine.xlsx", "__MACOSX/._mine.xlsx"],
        "with homework/mine.xlsx inside",
    ),
    "letter.docx": (["[Content_Types].xml", "word/document.xml"], "a Word document"),
    "talk.pptx": (["ppt/presentation.xml"], "a presentation"),
    "mine.xlsb": (["[Content_Types].xml", "xl/workbook.bin"], "a binary workbook"),
    "things.zip": (["a.txt"], "a zip archive, but no .xlsx workbook"),
}


@pytest.mark.parametrize("name", NO_WORKBOOKS)
def test_file_that_is_no_workbook_is_told_for_what_it_is(name, tmp_path):
    content, what = NO_WORKBOOKS[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(xlbackprop.WorkbookError, match=f": this is {what}"):
        xlbackprop.check(tmp_path / name)


def test_apples_folder_and_an_opendocument_text_are_told_for_what_they_are(tmp_path):
    (tmp_path / "page.numbers").mkdir()
    with pytest.raises(xlbackprop.WorkbookError, match="this is an Apple Numbers document"):
        xlbackprop.check(tmp_path / "page.numbers")
    with zipfile.ZipFile(tmp_path / "letter.ods", "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    with pytest.raises(xlbackprop.WorkbookError, match="but no spreadsheet"):
        xlbackprop.check(tmp_path / "letter.ods")


@pytest.mark.parametrize("name", NO_WORKBOOK_ARCHIVES)
def test_archive_that_is_no_workbook_is_told_for_what_it_is(name, tmp_path):
    parts, what = NO_WORKBOOK_ARCHIVES[name]
    with zipfile.ZipFile(tmp_path / name, "w") as package:
        for part in parts:
            package.writestr(part, b"<a/>")
    with pytest.raises(xlbackprop.WorkbookError, match=what):
        xlbackprop.check(tmp_path / name)
