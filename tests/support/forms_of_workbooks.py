"""A marked page, and its parts rewritten into forms that other programs write."""

import zipfile

import openpyxl

import xlbackprop

TYPES = "[Content_Types].xml"


BOOK, STYLES, PAGE = "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"


PAGE_RELATIONS, DRAWING = "xl/worksheets/_rels/sheet2.xml.rels", "xl/drawings/vmlDrawing1.vml"
WRONG = {"P32": "WRONG", "E41": "BLANK"}


OPENXML = "http://schemas.openxmlformats.org"


STRICT = "http://purl.oclc.org/ooxml"


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
