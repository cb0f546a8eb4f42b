"""A filled-in page with all that a person may add to it, and what is wrong in it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

import xlbackprop
from tests.support.filling import patch

# Cells of the page, whatever is put into them, and what is to be found there.
MISTAKES: dict[str, tuple[Any, str]] = {
    "P32": (150, "wrong"),  # dL_dw[1,0,0,1], -149.58
    "M39": (17, "wrong"),
    "X11": (99, "wrong"),  # out[0,0,0]
    "J44": ("=later", "invalid"),  # a text that looks like a formula
    "E34": ("-1,18", "invalid"),
    "F41": (True, "invalid"),
    "E41": (None, "blank"),
    "AD9": (None, "blank"),  # L: not stored at all
}
UNSTORED = {"AD9"}

# Notes of the user's: on cells that are marked, and on others.
RICH, PLAIN, ELSEWHERE, THREAD = "P32", "M39", "B3", "E34"
NOTES = {
    RICH: "two words",
    PLAIN: "why?",
    ELSEWHERE: "mine",
    THREAD: "[Threaded comment] see above",
}

_THREAD_ID = "{0B7E5A66-3C1B-4F0B-9E55-3C1C6F3B7A01}"
_MACROS = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(range(256)) * 8


def write_rich_workbook(path: Path, *, macros: bool = False) -> None:
    """Write the page of conv5x5x2 with mistakes, drawings, rules, notes, a table and a lock."""
    built = path.with_name("built.xlsx")
    xlbackprop.build("conv5x5x2", built)
    formulas, values = (openpyxl.load_workbook(built, data_only=saved) for saved in (False, True))
    with xlsxwriter.Workbook(path) as book:
        if macros:
            book.add_vba_project(BytesIO(_MACROS), is_stream=True)
        formats = [book.add_format({"num_format": "0.00", "bg_color": colour, "locked": locked})
                   for colour, locked in (("#DCEBFA", True), ("#FBE1E4", False))]  # fmt: skip
        for sheet in formulas:
            page = book.add_worksheet(sheet.title)
            for cell in (cell for row in sheet for cell in row):
                _write(page, cell, values[sheet.title][cell.coordinate].value, formats)
        for name, definition in formulas.defined_names.items():
            book.define_name(name, f"={definition.attr_text}")
        _add_features(book, book.get_worksheet_by_name("conv1"))
        book.get_worksheet_by_name("_xlbackprop").hide()
        book.get_worksheet_by_name("conv1").activate()
    patch(path, {"xl/comments1.xml": _with_rich_runs, "xl/workbook.xml": _with_locked_structure})
    _add_thread(path)
    built.unlink()


def _write(page: Any, cell: Any, saved: Any, formats: list[Any]) -> None:
    place, style = (cell.row - 1, cell.column - 1), formats[cell.row > 28]
    content = cell.value
    if page.name == "conv1" and cell.coordinate in MISTAKES:
        content, _ = MISTAKES[cell.coordinate]
        if cell.coordinate in UNSTORED:
            return
    if content is None:
        if cell.has_style and cell.row > 8:
            page.write_blank(*place, None, style)
    elif isinstance(content, bool):
        page.write_boolean(*place, content, style)
    elif isinstance(content, str) and content.startswith("=") and cell.value == content:
        page.write_formula(*place, content, style, saved)
    elif isinstance(content, str):
        page.write_string(*place, content, style)
    else:
        page.write_number(*place, content, style)


def _add_features(book: Any, page: Any) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=conv1!$C$11:$G$11"})
    page.insert_chart("AP2", chart)
    page.insert_image("AP20", "dot.png", {"image_data": BytesIO(_png())})
    page.insert_textbox("AP26", "Remember: the filter is turned.")
    page.add_sparkline("AO11", {"range": "conv1!C11:G11"})
    page.conditional_format("C11:G15", {"type": "cell", "criteria": ">", "value": 50,
                                        "format": book.add_format({"bold": True})})  # fmt: skip
    page.conditional_format("C18:G22", {"type": "data_bar", "data_bar_2010": True})
    page.data_validation("C11:G15", {"validate": "decimal", "criteria": ">", "value": -1000})
    page.write_rich_string("AP40", "plain ", book.add_format({"bold": True}), "bold")
    page.add_table("AP42:AQ44", {"columns": [{"header": "day"}, {"header": "done"}]})
    page.print_area("A1:AF50")
    page.set_header("&C&G", {"image_center": "dot.png", "image_data_center": BytesIO(_png())})
    page.protect("", {"format_cells": True})
    for cell, text in NOTES.items():
        page.write_comment(cell, text, {"author": f"tc={_THREAD_ID}" if cell == THREAD else "Ada"})


def _with_rich_runs(xml: bytes) -> bytes:
    run = b'<r><rPr><i/><sz val="12"/></rPr><t>%s</t></r>'
    start = xml.index(b"<text>", xml.index(b'ref="P32"'))
    end = xml.index(b"</text>", start)
    runs = run % b"two" + b'<r><rPr><b/></rPr><t xml:space="preserve"> words</t></r>'
    return xml[:start] + b"<text>" + runs + xml[end:]


def _with_locked_structure(xml: bytes) -> bytes:
    return xml.replace(b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>')


def _add_thread(path: Path) -> None:
    """Add a thread of comments, which xlsxwriter does not know, with its person."""
    thread, person = "xl/threadedComments/threadedComment1.xml", "xl/persons/person.xml"
    space = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
    kinds = "http://schemas.microsoft.com/office/2017/10/relationships"
    ada = "{6C2B2C1A-7B29-4F0C-8C5E-111111111111}"

    def with_types(xml: bytes) -> bytes:
        types = "".join(
            f'<Override PartName="/{part}" ContentType="application/vnd.ms-excel.{kind}+xml"/>'
            for part, kind in ((thread, "threadedcomments"), (person, "person"))
        )
        return xml.replace(b"</Types>", f"{types}</Types>".encode())

    def with_relation(xml: bytes, kind: str, target: str) -> bytes:
        one = f'<Relationship Id="rId99" Type="{kinds}/{kind}" Target="{target}"/>'
        return xml.replace(b"</Relationships>", f"{one}</Relationships>".encode())

    patch(
        path,
        {
            "[Content_Types].xml": with_types,
            "xl/worksheets/_rels/sheet2.xml.rels": lambda xml: with_relation(
                xml, "threadedComment", "../threadedComments/threadedComment1.xml"
            ),
            "xl/_rels/workbook.xml.rels": lambda xml: with_relation(
                xml, "person", "persons/person.xml"
            ),
        },
    )
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(
            thread,
            f'<ThreadedComments xmlns="{space}"><threadedComment ref="{THREAD}"'
            f' dT="2026-01-01T10:00:00.00" personId="{ada}" id="{_THREAD_ID}">'
            "<text>see above</text></threadedComment></ThreadedComments>",
        )
        archive.writestr(
            person,
            f'<personList xmlns="{space}"><person displayName="Ada" id="{ada}"/></personList>',
        )


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    pixels = zlib.compress(b"".join(b"\0" + b"\xd0\x40\x40" * 16 for _ in range(16)))
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )
