"""Marked copies of workbooks, and the parts that they are made of."""

import warnings
import zipfile

import openpyxl
from lxml import etree
from openxml_audit import OpenXmlValidator

import xlbackprop
from xlbackprop import Hints

BOOK, STYLES, PAGE = "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"


COMMENTS, DRAWING = "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"


TYPES, BOOK_RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"


CHANGED = {TYPES, BOOK, BOOK_RELATIONS, STYLES, PAGE, COMMENTS, DRAWING}


FIRST = "xl/worksheets/sheet4.xml"  # the sheet that is added


SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


# The order that the format demands of what is in a sheet, a workbook, and its styles.
ORDER = {
    "worksheet": "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr"
    " sheetProtection protectedRanges scenarios autoFilter sortState dataConsolidate"
    " customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks"
    " printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties"
    " cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture oleObjects"
    " controls webPublishItems tableParts extLst",
    "workbook": "fileVersion fileSharing workbookPr workbookProtection bookViews sheets"
    " functionGroups externalReferences definedNames calcPr oleSize customWorkbookViews"
    " pivotCaches smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst",
    "styleSheet": "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles"
    " colors extLst",
}


def marked_copy(path, target=None, hints=Hints.RULE):
    target = target or path.with_stem(f"marked-{path.stem}")
    report = xlbackprop.check(path).told(hints)
    return xlbackprop.annotate(report, path, target, force=True)


def load(path):
    """Open a workbook in openpyxl, which says what it would lose on saving."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* extension is not supported", UserWarning)
        return openpyxl.load_workbook(path)


def read(path, part):
    with zipfile.ZipFile(path) as archive:
        return archive.read(part)


def members(path):
    """Return what each part has in the archive: its compressed bytes, date and method."""
    found = {}
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
            file.seek(sum(int.from_bytes(lengths[at : at + 2], "little") for at in (0, 2)), 1)
            compressed = file.read(info.compress_size)
            found[info.filename] = (compressed, info.date_time, info.compress_type, info.CRC)
    return found


def unlike(before, after):
    """Return the parts that differ in anything, or are gone, or have changed places."""
    old, new = members(before), members(after)
    differing = {name for name in old if new.get(name) != old[name]}
    same_order = [name for name in new if name in old] == list(old)
    return differing if same_order else {*differing, "the order"}


def audit(path):
    """Return what the rules of the Open XML SDK have against a file."""
    return [str(error) for error in OpenXmlValidator().validate(path).errors]


def runs_of(path, cell):
    root = etree.fromstring(read(path, COMMENTS))
    (comment,) = (c for c in root.iter(f"{SPACE}comment") if c.get("ref") == cell)
    return [etree.tostring(run) for run in comment.find(f"{SPACE}text")]
