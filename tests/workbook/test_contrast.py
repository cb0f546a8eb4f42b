"""Whatever is written on a page can be read on its ground: all formats that a workbook holds."""

import re
import zipfile

import pytest
import xlsxwriter
from lxml import etree
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.cell import coordinate_from_string

import xlbackprop
from tests.support.contrast import ENOUGH, contrast
from tests.support.reviewed_workbooks import conv_review
from xlbackprop.workbook.write.sheets.style import FAINT

SPACES = {
    "s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "x": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
}
INK, PAPER = "000000", "FFFFFF"  # where a format says nothing
HIDDEN = ";;;"  # a number format that shows nothing


def texts(element, path):
    return [str(one)[-6:] for one in element.xpath(path, namespaces=SPACES)]


def first(element, path, otherwise):
    return next(iter(texts(element, path)), otherwise)


def of_cells(styles):
    """Return ink and ground of each format of cells; nothing of one that shows nothing."""
    inks = [first(one, "s:color/@rgb", INK) for one in styles.iterfind("s:fonts/s:font", SPACES)]
    fills = styles.iterfind("s:fills/s:fill", SPACES)
    grounds = [first(one, "s:patternFill/s:fgColor/@rgb", PAPER) for one in fills]
    numbers = {
        one.get("numFmtId"): one.get("formatCode")
        for one in styles.iterfind("s:numFmts/s:numFmt", SPACES)
    }
    return [
        (inks[int(one.get("fontId"))], grounds[int(one.get("fillId"))])
        if numbers.get(one.get("numFmtId")) != HIDDEN
        else (INK, PAPER)
        for one in styles.iterfind("s:cellXfs/s:xf", SPACES)
    ]


def of_conditions(styles):
    """Yield ink and ground of each conditional format, but for those that show nothing."""
    for one in styles.iterfind("s:dxfs/s:dxf", SPACES):
        number = one.find("s:numFmt", SPACES)
        if number is not None and number.get("formatCode") == HIDDEN:
            continue
        ink = first(one, "s:font/s:color/@rgb", INK)
        yield ink, first(one, "s:fill/s:patternFill/*/@rgb", PAPER)


def of_scales(sheet, inks):
    """Yield each ink of the cells on a sheet's colour scales with each colour of these.

    A zero that is there by construction is always in the middle of its scale.
    """
    styles = [
        (coordinate_from_string(cell.get("r")), int(cell.get("s", 0)))
        for cell in sheet.iter("{{{s}}}c".format(**SPACES))
    ]
    places = [(column_index_from_string(at[0]), at[1], inks[style]) for at, style in styles]
    for formats in sheet.iterfind("s:conditionalFormatting", SPACES):
        grounds = texts(formats, ".//s:colorScale/s:color/@rgb")
        if not grounds:
            continue
        areas = [range_boundaries(one) for one in formats.get("sqref").split()]
        for ink in {ink for *place, ink in places if is_within(place, areas)}:
            yield from ((ink, one) for one in (grounds[1:2] if ink == FAINT[1:] else grounds))


def is_within(place, areas):
    column, row = place
    return any(a <= column <= c and b <= row <= d for a, b, c, d in areas)


def of_shapes(drawing):
    for shape in drawing.iter("{{{x}}}sp".format(**SPACES)):
        ground = first(shape, "x:spPr/a:solidFill/a:srgbClr/@val", PAPER)
        path = "x:txBody//a:rPr/a:solidFill/a:srgbClr/@val"
        yield from ((ink, ground) for ink in texts(shape, path))


def weak(path):
    """Return the pairs of ink and ground in a workbook that are too much alike."""
    pairs = set()
    with zipfile.ZipFile(path) as archive:
        styles = etree.fromstring(archive.read("xl/styles.xml"))
        cells = of_cells(styles)
        pairs.update(cells, of_conditions(styles))
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                pairs.update(
                    of_scales(etree.fromstring(archive.read(name)), [ink for ink, _ in cells])
                )
            elif re.fullmatch(r"xl/drawings/drawing\d+\.xml", name):
                pairs.update(of_shapes(etree.fromstring(archive.read(name))))
            elif name == "xl/sharedStrings.xml":
                strings = etree.fromstring(archive.read(name))
                pairs.update((ink, PAPER) for ink in texts(strings, ".//s:color/@rgb"))
    assert len(pairs) > 3
    return [pair for pair in pairs if contrast(*(f"#{one}" for one in pair)) < ENOUGH]


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        pytest.param("conv5x5x2", {"gradcheck": True}, id="conv"),
        pytest.param("conv5x5x2", {"blank": ["all"], "practice": True}, id="practice"),
        pytest.param("mlp-2-2-2", {"walk": True}, id="walk"),
        pytest.param("mlp-2-2-2", {"blank": ["dL_dw"], "ladder": True}, id="ladder"),
        pytest.param("conv7x7x3-stride2", {"blank": ["dL_dw"]}, id="padding"),
        pytest.param("optimizers-sgd", {}, id="training"),
        pytest.param("attention", {}, id="masked"),
    ],
)
def test_everything_on_a_page_is_legible(spec, options, tmp_path):
    assert weak(xlbackprop.build(spec, tmp_path / "page.xlsx", **options)) == []


def test_marks_are_legible(tmp_path):
    review = conv_review(tmp_path)
    report = xlbackprop.make_report(review)
    assert weak(xlbackprop.annotate(report, review.workbook, tmp_path / "marked.xlsx")) == []


def test_pale_text_is_noticed(tmp_path):
    path = tmp_path / "pale.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    pale = book.add_format({"font_color": "#9AA5B1", "bg_color": "#FBE1E4"})
    sheet.write(0, 0, 0, pale)
    sheet.write(0, 1, 0, book.add_format({"font_color": "#FFFFFF", "bg_color": "#334E68"}))
    sheet.write(0, 2, 0, book.add_format({"font_color": "#0B3C6F"}))
    scale = {"type": "2_color_scale", "min_color": "#1D5FBF", "max_color": "#FFFFFF"}
    sheet.conditional_format("C1:C9", scale)
    box = {"font": {"color": "#EEEEEE"}, "fill": {"color": "#FFFFFF"}}
    sheet.insert_textbox("E1", "pale", box)
    book.close()
    found = set(weak(path))
    assert {("9AA5B1", "FBE1E4"), ("0B3C6F", "1D5FBF"), ("EEEEEE", "FFFFFF")} <= found
    assert ("FFFFFF", "334E68") not in found
