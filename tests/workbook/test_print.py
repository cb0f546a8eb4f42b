"""Pages as they come out of a printer: type one can read, nothing torn, few of them."""

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import pytest

import xlbackprop
from tests.support.oracles import libreoffice
from tests.support.oracles.needs import require
from tests.support.templates import TEMPLATES
from xlbackprop.layout import COLUMN_WIDTH, HEAD_ROWS, about_texts, lay_out
from xlbackprop.layout.paper import A4, SMALLEST_SCALE, Frames, column_breaks

SMALLEST_TYPE = 6  # points, on paper
QUICK = ["conv5x5x2", "mlp-2-2-2", "xor"]
PRINTED = ["conv5x5x2", "mlp-2-2-2", "xor", "two-conv"]
ABOVE_THE_BANDS = 75  # points from the top of the paper
SCREEN = 1920  # pixels
# Where each step is a row, a step is as wide as it is.
WIDEST = {"conv5x5x2": SCREEN, "xor": 9_862}
MOST_PAGES = {"xor": 12, "conv5x5x2": 5, "mlp-2-2-2": 8, "digit": 60}


@cache
def layout_of(name):
    return lay_out(xlbackprop.build_network(xlbackprop.load_spec(name)))


def pixels(sheet):
    """Return how wide a sheet is on the screen, at full size."""
    gap, column, margin = 26, int(COLUMN_WIDTH * 7 + 0.5) + 5, 19
    return margin + (sheet.columns - 1 - len(sheet.gaps)) * column + len(sheet.gaps) * gap


def torn(sheet, blocks):
    """Return the blocks, and the titles with what is below them, that pages cut in two.

    What is larger than a page cannot be whole.
    """
    plan = sheet.printed
    rows = plan.paper.rows(SMALLEST_SCALE) - HEAD_ROWS - 1
    columns = plan.paper.columns(SMALLEST_SCALE)
    boxes = {
        block.name: (block.row, block.row + block.height, block.column, block.column + block.width)
        for own in blocks.values() for block in own if block.sheet == sheet.name
    }  # fmt: skip
    for heading in sheet.headings:
        first = blocks[heading.tensor.name][0]
        right = max(first.column + first.width, heading.column + 1)
        boxes[f"title of {heading.tensor.name}"] = (
            heading.row,
            first.row + 1,
            heading.column,
            right,
        )
    for name, (top, bottom, left, right) in boxes.items():
        cut = any(top < one < bottom for one in plan.rows) and bottom - top <= rows
        if cut or (any(left < one < right for one in plan.columns) and right - left < columns):
            yield name


def pages_with_something(sheet, blocks):
    """Return how many pages are not empty."""
    places = [(text.row, text.column) for text in (*sheet.edges, *sheet.headings, *sheet.reasons)]
    places += [(row, column) for row, end in sheet.bars.items() for column in range(1, end)]
    places += [
        (block.row + at, block.column + across)
        for own in blocks.values() for block in own if block.sheet == sheet.name
        for at, across in product(range(block.height), range(block.width))
    ]  # fmt: skip

    def page(row, column):
        plan = sheet.printed
        return sum(one <= row for one in plan.rows), sum(one <= column for one in plan.columns)

    printed = [place for place in places if place[0] < sheet.printed.end]
    return len({page(*place) for place in printed} | {(0, 0)})


def smallest_type(path):
    """Return the smallest type of a workbook on paper, in points, from the file's own parts."""
    with zipfile.ZipFile(path) as archive:
        styles, strings = (
            archive.read(f"xl/{name}.xml").decode() for name in ("styles", "sharedStrings")
        )
        names = [one for one in archive.namelist() if one.startswith("xl/worksheets/sheet")]
        sheets = [archive.read(name).decode() for name in names[:-1]]  # the last one is hidden
    size = r'<sz val="([\d.]+)"'
    sizes = [float(one) for one in re.findall(size, styles.partition("</fonts>")[0])]
    formats = styles.partition("<cellXfs")[2].partition("</cellXfs>")[0]
    fonts = [int(one) for one in re.findall(r'<xf [^>]*fontId="(\d+)"', formats)]
    in_strings = min(map(float, re.findall(size, strings)), default=99)
    smallest = []
    for text in sheets:
        assert "fitToPage" not in text
        scale = re.search(r'<pageSetup[^>]* scale="(\d+)"', text)
        used = {int(one) for one in re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"', text)}
        least = min([in_strings, *(sizes[fonts[one]] for one in used)])
        smallest.append(least * (int(scale[1]) if scale else 100) / 100)
    return min(smallest)


@pytest.mark.slow(quick=QUICK)
@pytest.mark.parametrize("name", TEMPLATES)
def test_type_pages_and_width_of_each_template(name, tmp_path):
    layout = layout_of(name)
    path = tmp_path / "page.xlsx"
    if name not in ("digit", "lenet5"):  # whose styles and page set-up are those of all
        xlbackprop.build(name, path)
    scale = min(sheet.printed.scale for sheet in layout.sheets)
    smallest = smallest_type(path) if path.exists() else 8 * scale / 100
    pages = 1 + sum(pages_with_something(sheet, layout.blocks) for sheet in layout.sheets)
    widest = max(map(pixels, layout.sheets))
    print(f"{name}: {smallest:.2f} pt, {pages} pages, {widest:,} px")
    assert smallest >= SMALLEST_TYPE
    assert pages <= MOST_PAGES.get(name, pages)
    assert widest <= WIDEST.get(name, 2 * SCREEN)
    for sheet in layout.sheets:
        assert not list(torn(sheet, layout.blocks)), sheet.name


@pytest.mark.slow(quick=QUICK)
@pytest.mark.parametrize("name", TEMPLATES)
def test_small_sheets_are_on_one_page(name):
    for sheet in layout_of(name).sheets:
        if any(
            sheet.rows - 2 <= paper.rows(SMALLEST_SCALE)
            and sheet.columns - 2 <= paper.columns(SMALLEST_SCALE)
            for paper in A4
        ):
            assert sheet.printed.pages == 1, sheet.name


def test_backward_pass_begins_a_page_where_both_do_not_fit_on_one():
    for sheet in layout_of("two-conv").sheets[:2]:  # what follows has an update as well, or fits
        bands = {text.text.split("· ")[-1].split()[0]: text.row for text in sheet.bands}
        assert sheet.printed.rows[0] == bands["BACKWARD"]


@pytest.mark.parametrize("name", ["xor", "two-conv", "transformer-block"])
def test_graph_chart_and_tables_of_the_overview_are_whole(name, tmp_path):
    path = xlbackprop.build(name, tmp_path / "page.xlsx")
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        drawings = [one for one in archive.namelist() if "drawings/drawing" in one]
        anchors = "".join(archive.read(one).decode() for one in drawings)
    breaks = [int(one) for one in re.findall(r'<brk id="(\d+)"', sheet)]
    rows = [int(one) for one in re.findall(r"<xdr:row>(\d+)</xdr:row>", anchors)]
    drawn = list(zip(rows[::2], rows[1::2], strict=True))
    layers = len(xlbackprop.load_spec(name).layers)
    table = drawn[-1][1] + 2
    assert len(drawn) == (2 if name == "xor" else 1), "the graph, and a chart of several steps"
    end = int(re.findall(r'<row r="(\d+)"', sheet)[-1])
    legend = end - len(re.findall("a formula", sheet)) - 12
    for one in breaks:
        assert not any(first < one <= last for first, last in drawn)
        assert not table < one < table + layers + 2
        assert one <= legend
    scale = int(re.search(r'<pageSetup[^>]* scale="(\d+)"', sheet)[1])
    assert 9 * scale / 100 >= SMALLEST_TYPE


def test_torn_block_is_noticed():
    layout = layout_of("conv5x5x2")
    (sheet,) = layout.sheets
    block = layout.blocks["conv1.dL_dw"][0]
    sheet = replace(sheet, printed=replace(sheet.printed, rows=(block.row + 1,)))
    assert block.name in list(torn(sheet, layout.blocks))


def test_pages_begin_between_what_stands_side_by_side():
    places = [(1, 9, 3), (10, 20, 4), (21, 26, 5), (27, 60, 10)]
    assert column_breaks(places, 20) == [21, 27, 47]
    frames = Frames(4, 40)
    frames.begin_band(4, 100)
    assert frames.fit(30, 14) == 30
    assert frames.fit(30, 15) == 44
    assert frames.fit(30, 41) == 30
    frames.end_band(104)
    assert frames.breaks == [44, 84]
    frames.begin_band(105, 19)
    assert frames.breaks == [44, 84]
    frames.begin_band(105, 20)
    assert frames.breaks == [44, 84, 105]


def words_above(page):
    """Return the words above a page's bands, as LibreOffice has them: cut off or not."""
    words = re.findall(r'yMin="([\d.]+)".*>(.+)</word>', page)
    return " ".join(word for top, word in words if float(top) < ABOVE_THE_BANDS)


@pytest.mark.parametrize("name", ["conv5x5x2", "two-conv"])
def test_text_above_the_bands_goes_on_with_a_whole_word_where_a_page_begins(name):
    for sheet in layout_of(name).sheets:
        texts = about_texts(sheet)
        assert " ".join(text.text for text in texts) == sheet.about
        assert {text.column for text in texts} <= {1, *sheet.printed.columns}
    assert max(len(about_texts(sheet)) for sheet in layout_of(name).sheets) > 1


def test_sample_and_its_word_are_on_one_page():
    plan = replace(layout_of("conv5x5x2").sheets[0].printed, columns=(9, 20))
    assert [plan.fit(column, 3) for column in (1, 6, 7, 8, 9, 18)] == [1, 6, 9, 9, 9, 20]


@pytest.mark.libreoffice
@pytest.mark.browser
def test_libreoffice_prints_the_pages_that_are_planned(tmp_path):
    require("browser", shutil.which("pdftotext") is not None, "pdftotext (poppler)")
    paths = [xlbackprop.build(name, tmp_path / f"{name}.xlsx") for name in PRINTED]
    for name, pdf in zip(PRINTED, libreoffice.save_as("pdf", paths, tmp_path), strict=True):
        layout = layout_of(name)
        command = ["pdftotext", "-bbox", str(pdf), "-"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        pages = text.split("<page ")[1:]
        planned = [pages_with_something(sheet, layout.blocks) for sheet in layout.sheets]
        assert len(pages) == 1 + sum(planned), name
        starts = [1, *(1 + sum(planned[: at + 1]) for at in range(len(planned)))]
        for sheet, (first, end) in zip(layout.sheets, pairwise(starts), strict=True):
            for number, page in enumerate(pages[first:end], start=first + 1):
                words = re.findall(r">([^<]+)</word>", page)
                assert name in words, "the name above"
                assert {sheet.name.split()[0], "page", str(number)} <= set(words)
            above = [words_above(page) for page in pages[first:end]]
            # What is cut off stands on two pages side by side. The first columns may be on all.
            most = len(above) if sheet.frozen[1] > 1 else 1 + len(sheet.printed.rows)
            for text in about_texts(sheet):
                assert 1 <= sum(text.text in one for one in above) <= most
