"""The pictures of the README and docs/, made from real output: python -m tests.tools.pictures.

Sheets are drawn by LibreOffice with the headings of their rows and columns, reports by Chromium.
Needs both, poppler (pdftoppm), and the packages playwright and Pillow. Look at each picture before
you commit it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import xlbackprop
from tests.support.filling import arrays_of, fill, patch
from tests.support.oracles import browser, libreoffice
from tests.support.selection import carry

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH = 830  # of a README's column; pictures have twice as many pixels


def main() -> None:
    """Make every picture anew, or those that are named."""
    carry("libreoffice", "browser")
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, make in PICTURES.items():
        if name in sys.argv[1:] or not sys.argv[1:]:
            with tempfile.TemporaryDirectory() as folder:
                make(Path(folder), IMAGES / f"{name}.png")
            print(IMAGES / f"{name}.png", f"{(IMAGES / f'{name}.png').stat().st_size:,} bytes")


def page(folder: Path, picture: Path) -> None:
    """Draw the left of a layer's page: its input and filters, and under them their gradients."""
    path = xlbackprop.build("conv5x5x2", folder / "page.xlsx")
    draw_sheet(path, "conv1", "A1:Q44", folder, picture)


def whole_page(folder: Path, picture: Path) -> None:
    """Draw the same page to its last cell."""
    path = xlbackprop.build("conv5x5x2", folder / "page.xlsx")
    draw_sheet(path, "conv1", "A1:AL75", folder, picture)


def overview(folder: Path, picture: Path) -> None:
    """Draw the first sheet of a network of several layers."""
    path = xlbackprop.build("two-conv", folder / "overview.xlsx")
    draw_sheet(path, "Overview", "A1:J33", folder, picture)


def report(folder: Path, picture: Path) -> None:
    """Draw the page for the browser, a wrong cell of which is looked at."""
    path = filled_in(folder)
    (folder / "mine.html").write_text(
        xlbackprop.html_report(xlbackprop.review_workbook(path)), encoding="utf-8"
    )
    draw_page(folder / "mine.html", "td.wrong", 895, picture)


def practice(folder: Path, picture: Path) -> None:
    """Draw a practice page of which some cells are filled in, two of them wrong."""
    true = arrays_of(xlbackprop.build("conv5x5x2", folder / "full.xlsx"))
    path = xlbackprop.build(
        "conv5x5x2", folder / "practice.xlsx", blank=["dL_dw", "dL_dh"], practice=True
    )
    typed = [("conv1.dL_dw", (0, c, a, b)) for c in (0, 1) for a in (0, 1, 2) for b in (0, 1, 2)]
    typed += [("conv1.dL_dw", (1, 0, 0, b)) for b in (0, 1)]
    typed += [("conv1.dL_dh", (0, u, v)) for u in (0, 1) for v in range(5)]
    entries = {place: round(float(true[place[0]][place[1]]), 2) for place in typed}
    entries["conv1.dL_dw", (1, 0, 0, 1)] *= -1
    entries["conv1.dL_dh", (0, 1, 4)] = 0.5
    fill(path, entries)
    draw_sheet(path, "conv1", "A26:Q40", folder, picture)


def walk(folder: Path, picture: Path) -> None:
    """Draw a page half way through a walk: the gradient of the filters is computed now."""
    path = xlbackprop.build("conv5x5x2", folder / "walk.xlsx", walk=True)
    number = re.compile(rb'(<c r="C4"[^>]*><v>)0(?=</v>)')
    patch(path, {"xl/worksheets/sheet1.xml": lambda xml: number.sub(rb"\g<1>4", xml)})
    draw_sheet(path, "conv1", "A1:AL41", folder, picture)


PICTURES: dict[str, Callable[[Path, Path], None]] = {
    "page": page, "whole-page": whole_page, "overview": overview, "report": report,
    "practice": practice, "walk": walk,
}  # fmt: skip


def filled_in(folder: Path) -> Path:
    """Return conv5x5x2 as a hand filled it in that lost a sign and did not turn the filters."""
    true = arrays_of(xlbackprop.build("conv5x5x2", folder / "full.xlsx"))
    path = xlbackprop.build("conv5x5x2", folder / "mine.xlsx", blank=["dL_dw", "dL_dh"])
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    (equation,) = [one for one in network.equations if one.target.name == "conv1.dL_dh"]
    (slip,) = [one for one in equation.slips if one.name == "filter not rotated"]
    typed = {
        "conv1.dL_dw": true["conv1.dL_dw"].copy(),
        "conv1.dL_dh": equation.evaluate_slip(slip, true),
    }
    typed["conv1.dL_dw"][1, 0, 0, 1] *= -1
    fill(
        path,
        {
            (name, index): round(float(array[index]), 2)
            for name, array in typed.items()
            for index in np.ndindex(array.shape)
        },
    )
    return path


def draw_sheet(path: Path, sheet: str, area: str, folder: Path, picture: Path) -> None:
    """Draw a range of a sheet as LibreOffice prints it on one page, with its headings."""
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode()
    numbers = dict(re.findall(r'<sheet [^>]*name="([^"]+)" sheetId="([0-9]+)"', book))
    part = f"xl/worksheets/sheet{numbers[sheet]}.xml"
    areas = {name: area if name == sheet else "XFD1048576" for name in numbers}  # empty there
    patch(path, {part: _on_one_page, "xl/workbook.xml": lambda xml: _with_areas(xml, areas)})
    (pdf,) = libreoffice.save_as("pdf", [path], folder)
    subprocess.run(["pdftoppm", "-r", "300", "-png", pdf, folder / "page"], check=True)
    (drawn,) = folder.glob("page-*.png")
    save(drawn, picture, has_margins=True)


def _on_one_page(xml: bytes) -> bytes:
    text = re.sub(r"<(printOptions|pageSetup)[^>]*/>", "", xml.decode())
    for name in ("headerFooter", "rowBreaks", "colBreaks"):
        text = re.sub(f"<{name}[ >].*?</{name}>", "", text, flags=re.DOTALL)
    fit = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    text = re.sub(r"<worksheet[^>]*>", rf"\g<0>{fit}", text, count=1)
    # Excel makes room for a title by itself.
    text = text.replace('<row r="1"', '<row r="1" ht="25" customHeight="1"')
    setup = '<pageSetup paperSize="8" orientation="landscape" fitToWidth="1" fitToHeight="1"/>'
    text = re.sub(r"<pageMargins[^>]*/>", rf'<printOptions headings="1"/>\g<0>{setup}', text)
    return text.encode()


def _with_areas(xml: bytes, areas: dict[str, str]) -> bytes:
    """Return the workbook's part with only these ranges to be printed."""
    text = re.sub(r'<definedName name="_xlnm.Print_.*?</definedName>', "", xml.decode())
    names = ""
    for number, (sheet, area) in enumerate(areas.items()):
        fixed = re.sub("([A-Z]+)([0-9]+)", r"$\1$\2", area)
        names += f'<definedName name="_xlnm.Print_Area" localSheetId="{number}">'
        names += f"'{sheet}'!{fixed}</definedName>"
    return text.replace("<definedNames>", f"<definedNames>{names}").encode()


def draw_page(path: Path, cell: str, height: int, picture: Path) -> None:
    """Draw a web page with the pointer on the first cell of a kind."""
    with browser.browser() as started:
        context = started.new_context(
            viewport={"width": WIDTH, "height": height},
            device_scale_factor=2,
            reduced_motion="reduce",
        )
        tab: Any = context.new_page()
        tab.goto(path.resolve().as_uri())
        found = tab.locator(cell).first
        found.evaluate("cell => cell.closest('article').previousElementSibling.scrollIntoView()")
        tab.wait_for_timeout(500)
        found.hover()
        tab.wait_for_timeout(500)
        tab.screenshot(path=str(picture))
    save(picture, picture, has_margins=False)


def save(drawn: Path, picture: Path, *, has_margins: bool) -> None:
    """Save a drawing without its margins, at twice the README's width, in few colours."""
    from PIL import Image, ImageChops

    image = Image.open(drawn).convert("RGB")
    if has_margins:
        white = Image.new("RGB", image.size, "white")
        image = image.crop(ImageChops.difference(image, white).getbbox())
    if image.width != 2 * WIDTH:
        size = (2 * WIDTH, round(image.height * 2 * WIDTH / image.width))
        image = image.resize(size, Image.Resampling.LANCZOS)
    image.quantize(128, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
