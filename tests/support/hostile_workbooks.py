"""Workbooks with parts swapped, swollen or tampered with."""

import re
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import xlbackprop
from xlbackprop.workbook.description import FORMAT, description_rows

CONTENT_TYPES, ROOT_RELS = "[Content_Types].xml", "_rels/.rels"


BOOK, BOOK_RELS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


STRINGS = "xl/sharedStrings.xml"


PAGE, HIDDEN = "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml"


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


SPEC = """\
name = "conv5x5x2"
input = [2, 5, 5]
[[layers]]
type = "conv2d"
filters = 3
kernel = 3
[loss]
type = "given"
"""


@dataclass(frozen=True)
class Packed:
    """A part of an archive, deflated already."""

    deflated: bytes
    size: int
    crc: int


@cache
def packed(head, unit, times, tail):
    """Return a part that holds head, unit many times, and tail, without holding it in memory."""
    together = max(1, 1_000_000 // len(unit))
    segments = [(head, 1), (unit * together, times // together), (unit, times % together)]
    stream, size, crc = b"", 0, 0
    for content, count in [*segments, (tail, 1)]:
        squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
        stream += (squeeze.compress(content) + squeeze.flush(zlib.Z_FULL_FLUSH)) * count
        size += len(content) * count
        for _ in range(count):
            crc = zlib.crc32(content, crc)
    return Packed(stream + zlib.compressobj(6, zlib.DEFLATED, -15).flush(), size, crc)


def add_packed(package, name, part):
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.CRC, info.file_size, info.compress_size = part.crc, part.size, len(part.deflated)
    info.header_offset = package.fp.tell()
    package.fp.write(info.FileHeader() + part.deflated)
    package.start_dir = package.fp.tell()
    package.filelist.append(info)
    package.NameToInfo[name] = info


def write(path, parts, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method, compresslevel=1) as package:
        package._didModify = True
        for name, content in parts.items():
            if isinstance(content, Packed):
                add_packed(package, name, content)
            else:
                package.writestr(name, content)
    return path


@cache
def built():
    """Return the parts of a workbook in which all is right."""
    with tempfile.TemporaryDirectory() as folder:
        path = xlbackprop.build("conv5x5x2", Path(folder, "built.xlsx"))
        with zipfile.ZipFile(path) as package:
            return {name: package.read(name) for name in package.namelist()}


def swapped(content, old, new, count=1):
    assert content.count(old) == count, f"{old!r} occurs {content.count(old)} times"
    return content.replace(old, new)


def before(content, mark, new):
    """Return the content with something put in front of the last mark in it."""
    at = content.rindex(mark)
    return content[:at] + new + content[at:]


def repeated(content, mark, unit, times, opening=b"", closing=b""):
    """Return the content with one piece of XML many times in front of the last mark in it."""
    at = content.rindex(mark)
    return packed(content[:at] + opening, unit, times, closing + content[at:])


def spec_sheet(text, version=FORMAT):
    """Return the XML of the hidden sheet that describes a workbook."""
    rows = []
    for number, (key, value) in enumerate(description_rows(text), start=1):
        escaped = str(value).replace("&", "&amp;").replace("<", "&lt;")
        second = f't="inlineStr"><is><t>{escaped}</t></is>'
        if key == "format":
            second = f"><v>{version}</v>"
        first = f'<c r="A{number}" t="inlineStr"><is><t>{key}</t></is></c>'
        rows.append(f'<row r="{number}">{first}<c r="B{number}" {second}</c></row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'.encode()


def xlsx_column(number):
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def place_of(parts, path, tensor):
    """Return the address of the first cell of a tensor."""
    places = {one.name: one for one in xlbackprop.inspect(write(path, parts)).tensors}
    return places[tensor].blocks[0].range.partition(":")[0]


def with_cell(parts, path, tensor, attributes, content):
    """Return the parts with other contents in the first cell of a tensor."""
    address = place_of(parts, path, tensor)
    page, count = re.subn(
        rf'<c r="{address}"[^>]*?(?:/>|>.*?</c>)'.encode(),
        lambda _: f'<c r="{address}"{attributes}>{content}</c>'.encode(),
        parts[PAGE],
    )
    assert count == 1
    return {**parts, PAGE: page}


def many_cells(number, content):
    """Return rows of a thousand cells each, from row 3000 on."""
    rows = []
    for row in range(3_000, 3_000 + number // 1_000):
        cells = "".join(f'<c r="{one}{row}">{content}</c>' for one in thousand_columns())
        rows.append(f'<row r="{row}">{cells}</row>')
    return "".join(rows).encode()


@cache
def thousand_columns():
    return tuple(xlsx_column(number) for number in range(1, 1_001))
