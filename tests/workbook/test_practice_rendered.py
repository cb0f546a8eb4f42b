"""Practice as LibreOffice shows it: entries typed into an open workbook, and their pixels."""

import json
import shutil
import subprocess

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, places_by_index
from tests.support.oracles import libreoffice
from tests.support.oracles.needs import require

SPEC = conv_spec(GEOMETRIES["plain"], seed=3)
DOTS_PER_INCH, MICRONS_PER_INCH = 100, 25_400
GREEN, RED, EMPTY = (0x8F, 0xD9, 0xA3), (0xFF, 0x9B, 0x9B), (0xFF, 0xFF, 0xE0)

# The paper is made as large as the page at its full size, so that places become pixels.
SHOW = """
import json
entries = json.load(open("{folder}/entries.json"))
sheet = document.Sheets.getByName("conv1")
for address, properties in entries:
    for name, entry in properties:
        setattr(sheet.getCellRangeByName(address), name, entry)
document.calculateAll()
sheet.removeAllManualPageBreaks()
paper = document.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
for side in ("Left", "Right", "Top", "Bottom"):
    setattr(paper, side + "Margin", 0)
paper.HeaderIsOn = paper.FooterIsOn = paper.IsLandscape = False
paper.ScaleToPagesX = paper.ScaleToPagesY = 0
paper.PageScale = 100
paper.Width = paper.Height = 90000
cells = [(address, sheet.getCellRangeByName(address)) for address, _ in entries]
places = dict((address, (cell.Position.X, cell.Position.Y, cell.Size.Width, cell.Size.Height))
              for address, cell in cells)
json.dump(places, open("{folder}/places.json", "w"))
to_pdf = PropertyValue("FilterName", 0, "calc_pdf_Export", 0)
document.storeToURL("file://{folder}/page.pdf", (to_pdf,))
"""


def show(path, entries, folder):
    """Return each entry's colour, as red, green and blue, and the saved copy's Overview line.

    `entries` has, for each address on conv1, the properties of the cell that are set in turn.
    """
    (folder / "entries.json").write_text(json.dumps(list(entries.items())))
    copy = libreoffice.edit(path, SHOW.format(folder=folder), folder)
    picture = picture_of(folder / "page.pdf")
    places = json.loads((folder / "places.json").read_text())
    colours = {address: colour_at(picture, *place) for address, place in places.items()}
    return colours, openpyxl.load_workbook(copy, data_only=True)["Overview"]["B3"].value


def picture_of(pdf):
    """Return the pixels of the second page: rows, columns, and red, green, blue."""
    require("libreoffice", shutil.which("pdftoppm") is not None, "pdftoppm (poppler-utils)")
    command = ["pdftoppm", "-r", str(DOTS_PER_INCH), "-f", "2", "-l", "2", str(pdf)]
    content = subprocess.run(command, check=True, capture_output=True).stdout
    kind, size, depth, pixels = content.split(b"\n", 3)
    assert (kind, depth) == (b"P6", b"255")
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def colour_at(picture, left, top, width, height):
    """Return the colour that most of a cell's pixels have; sizes are in 10 microns."""
    scale = 10 * DOTS_PER_INCH / MICRONS_PER_INCH
    first, last = round(left * scale) + 2, round((left + width) * scale) - 2
    upper, lower = round(top * scale) + 2, round((top + height) * scale) - 2
    pixels = picture[upper:lower, first:last].reshape(-1, 3)
    assert pixels.size
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return tuple(map(int, colours[counts.argmax()]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    libreoffice.require_libreoffice()
    return tmp_path_factory.mktemp("rendered")


@pytest.fixture(scope="module")
def truth(folder):
    return arrays_of(xlbackprop.build(SPEC, folder / "full.xlsx"))


@pytest.fixture(scope="module")
def path(folder):
    return xlbackprop.build(SPEC, folder / "p.xlsx", blank=["dL_dw", "dL_dh"], practice=True)


def answers(path, truth):
    """Return the address and the number of each cell to fill in."""
    for place, (_, address) in places_by_index(path).items():
        if place[0] in ("conv1.dL_dw", "conv1.dL_dh"):
            yield address, float(truth[place[0]][place[1]])


KINDS = {
    "exact": (lambda x: [("Value", x)], GREEN),
    "rounded": (lambda x: [("Value", round(x, 2))], GREEN),
    "formula": (lambda x: [("Formula", f"={x!r}+0")], GREEN),
    "corrected": (lambda x: [("Value", x + 1), ("Value", x)], GREEN),
    "wrong": (lambda x: [("Value", x + 0.1)], RED),
    "sign-lost": (lambda x: [("Value", -x)], RED),
    "text": (lambda x: [("String", "abc")], RED),  # noqa: ARG005
    "number-as-text": (lambda x: [("String", f"{x!r}")], RED),
    "error": (lambda x: [("Formula", "=1/0")], RED),  # noqa: ARG005
    "deleted": (lambda x: [("Value", x), ("String", "")], EMPTY),
    "untouched": (lambda x: [], EMPTY),  # noqa: ARG005
}


@pytest.mark.libreoffice
def test_entries_are_green_red_or_as_they_were_on_the_screen(folder, path, truth):
    cells = list(answers(path, truth))
    kinds = [list(KINDS)[number % len(KINDS)] for number in range(len(cells))]
    entries = {address: KINDS[kind][0](x) for (address, x), kind in zip(cells, kinds, strict=True)}
    colours, line = show(path, entries, folder)
    expected = {address: KINDS[kind][1] for (address, _), kind in zip(cells, kinds, strict=True)}
    assert colours == expected
    right = list(expected.values()).count(GREEN)
    assert line == f"{right} of {len(cells)} right"


@pytest.mark.libreoffice
def test_green_turns_red_when_an_input_changes(folder, path, truth):
    """Every dL/dw rests on h, no dL/dh does."""
    entries = {address: [("Value", x)] for address, x in answers(path, truth)}
    for (name, _), (_, address) in places_by_index(path).items():
        if name == "conv1.h":
            entries[address] = [("Value", 7.5)]
    colours, _ = show(path, entries, folder)
    for (name, _), (_, address) in places_by_index(path).items():
        if name in ("conv1.dL_dw", "conv1.dL_dh"):
            assert colours[address] == (RED if name == "conv1.dL_dw" else GREEN)
