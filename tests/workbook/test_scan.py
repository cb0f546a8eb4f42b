"""Sheets read many cells at a time: the same as with all care, or left to that."""

import math
import random
import re
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xlbackprop
from tests.support.oracles.libreoffice import recalculate
from tests.support.sheet_pieces import (
    AROUND,
    BEGIN,
    END,
    FORMULAS,
    NUMBERS,
    ODD_CELLS,
    ODD_PLACES,
    ODD_ROWS,
    ODD_VALUES,
    PLACES,
    ROWS,
    SOME,
    TEXTS,
    WHOLE,
)
from tests.support.templates import TEMPLATES
from tests.support.two_readers import PART, both, packed
from xlbackprop.network import MAX_CELLS
from xlbackprop.workbook.read import cell_reader, cell_store, xml
from xlbackprop.workbook.read.scan import attributes, decimals, piece, sheet, values
from xlbackprop.workbook.read.scan.decimals import read_decimals
from xlbackprop.workbook.read.scan.sheet import scan_sheet
from xlbackprop.workbook.read.scan.tags import PADDING, Tags
from xlbackprop.workbook.read.workbook import open_workbook

DATA = Path(__file__).parents[1] / "support" / "data"
DATA = Path(__file__).parents[1] / "support" / "data"
STRINGS, DATES = ["one", "zwei Größen", "", "_x0041_ & <3>"], {"2"}

rarely = st.integers(0, 24).map(lambda number: not number)


@st.composite
def cells(draw):
    """Draw a cell: mostly as programs write them."""
    place = draw(st.sampled_from(ODD_PLACES if draw(rarely) else PLACES))
    kind = draw(st.sampled_from(["", "n", "s", "b", "e", "str", "inlineStr", "", "", "d"]))
    attributes = f' s="{draw(st.integers(0, 3))}"' if draw(st.booleans()) else ""
    attributes += f' t="{kind}"' if kind else ""
    attributes += draw(st.sampled_from(["", "", "", ' cm="1"', " "]))
    opening = draw(st.sampled_from(ODD_CELLS)) if draw(rarely) else f'<c r="{place}"{attributes}>'
    formula = draw(st.sampled_from(FORMULAS)) if draw(st.booleans()) else ""
    content = formula + draw(contents(kind))
    if not content and draw(st.booleans()):
        return opening.replace(">", "/>")
    return f"{opening}{content}</c>"


@st.composite
def contents(draw, kind):
    """Draw a cell's value."""
    if draw(rarely):
        return draw(st.sampled_from(ODD_VALUES))
    text = draw(st.sampled_from(NUMBERS if kind in ("", "n") else TEXTS))
    if kind == "s" and not draw(rarely):
        text = draw(st.sampled_from(["0", "1", "2", "3", "03", ""]))
    shapes = ["<v>%s</v>", "<v>%s</v>", "<v/>", "<v />", ""]
    if kind == "inlineStr":
        shapes = ["<is><t>%s</t></is>", '<is><t xml:space="preserve">%s</t></is>', "<v>%s</v>", ""]
    return draw(st.sampled_from(shapes)).replace("%s", text)


@st.composite
def sheets(draw):
    """Draw a sheet of a few rows."""
    rows = []
    for _ in range(draw(st.integers(0, 4))):
        opening = draw(st.sampled_from(ODD_ROWS if draw(rarely) else ROWS))
        own = "".join(draw(st.lists(cells(), max_size=4)))
        is_empty = not own and draw(st.booleans())
        rows.append(opening.replace(">", "/>") if is_empty else f"{opening}{own}</row>")
    between = draw(st.sampled_from(["\n", " x ", "<!-- -->"])) if draw(rarely) else ""
    return f"{BEGIN}<sheetData>{between.join(rows)}</sheetData>{END}"


def assert_same(sheet):
    """Compare both readers; return whether many cells were read at a time."""
    with packed(sheet) as package:
        scanned, slowly = both(package, PART, STRINGS, DATES)
    assert scanned is None or scanned == slowly
    return scanned is not None


@settings(max_examples=40, deadline=None)
@given(sheets())
def test_both_readers_read_the_same(sheet):
    assert_same(sheet.encode("utf-8", "surrogatepass"))


@pytest.mark.many
@settings(max_examples=800, deadline=None)
@given(sheets())
def test_both_readers_read_very_many_sheets_the_same(sheet):
    assert_same(sheet.encode("utf-8", "surrogatepass"))


def with_cell(cell):
    return f'{BEGIN}<sheetData><row r="1">{cell}</row></sheetData>{END}'.encode()


@pytest.mark.parametrize("kind", ["", "n", "s", "b", "e", "str", "inlineStr", "d"])
def test_each_value_is_read_the_same(kind):
    attribute = f' t="{kind}"' if kind else ""
    scanned = [
        assert_same(with_cell(f'<c r="B2" s="2"{attribute}>{formula}<v>{value}</v></c>'))
        for value in (*NUMBERS, *TEXTS)
        for formula in ("", "<f>A1</f>")
    ]
    assert sum(scanned) > len(scanned) / 10


@pytest.mark.parametrize("formula", FORMULAS)
def test_each_formula_is_read_the_same(formula):
    assert assert_same(with_cell(f'<c r="A1">{formula}<v>1</v></c><c r="C3">{formula}</c>'))


ODD = [
    *(with_cell(f'<c r="A1" t="str">{value}</c>') for value in ODD_VALUES),
    *(with_cell(f"{cell}<v>1</v></c>") for cell in ODD_CELLS),
    *(with_cell(f'<c r="{place}"><v>1</v></c>') for place in ODD_PLACES),
    *(f'{BEGIN}<sheetData>{row}<c r="A1"/></row></sheetData>{END}'.encode() for row in ODD_ROWS),
]


@pytest.mark.parametrize("sheet", [*ODD, *(one.encode() for one in AROUND)])
def test_what_is_odd_is_left_to_the_careful_reader(sheet):
    assert not assert_same(sheet)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig", "latin-1"])
def test_encodings_are_read_the_same(encoding):
    declared = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{declared}"?>\r\n{BEGIN}{SOME.replace("1<", "Ä<")}{END}'
    assert assert_same(text.encode(encoding)) == encoding.startswith("utf-8")


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xef\xbf\xbf"])
def test_bytes_that_are_no_text_are_left_to_the_careful_reader(rest):
    assert assert_same(with_cell("<c r='A1'/>").replace(b"'", b'"') + rest) == (not rest)
    inner = with_cell('<c r="A1" t="str"><v>#</v></c>').replace(b"#", rest)
    assert assert_same(inner) == (not rest)


def test_file_cut_short_anywhere_is_left_to_the_careful_reader():
    whole = WHOLE.encode()
    assert [assert_same(whole[:end]) for end in range(len(whole) + 1)].index(True) == len(whole)


@pytest.mark.many(quick=["conv5x5x2", "batch-norm"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_pages_of_templates_are_read_at_once(template, tmp_path):
    assert_read_the_same(xlbackprop.build(template, tmp_path / "page.xlsx"), at_once=True)


def test_page_that_openpyxl_saved_is_read_at_once(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx")
    openpyxl.load_workbook(path).save(path)
    assert_read_the_same(path, at_once=True)


@pytest.mark.libreoffice
def test_page_that_libreoffice_saved_is_read_at_once(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "page.xlsx")
    (saved,) = recalculate([path], tmp_path)
    assert_read_the_same(saved, at_once=True)


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.xlsx")), ids=lambda path: path.stem)
def test_files_of_cases_are_read_the_same(path):
    assert_read_the_same(path)


def assert_read_the_same(path, *, at_once=False):
    """Compare what both readers make of the sheets of a file."""
    strings = [str(number) for number in range(100_000)]
    with ZipFile(path) as package:
        parts = [name for name in package.namelist() if re.match(r"xl/worksheets/\w+\.xml", name)]
        assert parts
        for part in parts:
            scanned, slowly = both(package, part, strings, {"3"})
            assert scanned == slowly or (scanned is None and not at_once)


@pytest.mark.parametrize(
    ("module", "limit", "reason"),
    [
        (cell_store, "MAX_STORED_CELLS", "more than 1,250,000 cells"),
        (xml, "MAX_ELEMENTS", "'xl/worksheets/sheet1.xml': it has more than 7,000,000 elements"),
        (cell_reader, "MAX_CHARACTERS", "characters"),
    ],
)
def test_what_is_too_much_is_refused_for_the_same_reason(module, limit, reason, monkeypatch):
    rows = [f'<row><c r="A{row}"><f>B1+22</f><v>3333</v></c></row>' for row in range(1, 41)]
    whole = f"{BEGIN}<sheetData>{''.join(rows)}</sheetData>{END}".encode()
    assert assert_same(whole)
    for most in (5, 39):
        for one in (module, piece, sheet):
            monkeypatch.setattr(one, limit, most, raising=one is module)
        with packed(whole) as package:
            scanned, slowly = both(package, PART)
        assert scanned in (None, slowly)
        assert (scanned is None) == (reason == "characters")
        assert reason in slowly
    monkeypatch.setattr(piece, "MAX_STORED_CELLS", 3)
    monkeypatch.setattr(piece, "MAX_ELEMENTS", 3)
    with packed(whole) as package:  # whichever comes first: that is not told here
        assert scan_sheet(package, PART, ()) is None


def test_texts_that_were_made_to_look_alike_are_left_to_the_careful_reader(monkeypatch):
    rows = [f'<row><c r="A{row}" s="{row % 7}"><v>{row}</v></c></row>' for row in range(1, 41)]
    whole = f"{BEGIN}<sheetData>{''.join(rows)}</sheetData>{END}".encode()
    assert assert_same(whole)
    # So that all of them are mixed to one number.
    monkeypatch.setattr(attributes, "_MIXED_BY", (0,) * len(attributes._MIXED_BY))
    with packed(whole) as package:
        assert scan_sheet(package, PART, ()) is None


def test_planted_difference_is_noticed(monkeypatch):
    sheet = with_cell('<c r="A1" t="b"><v>0</v></c>')
    assert assert_same(sheet)
    monkeypatch.setattr(values, "read_boolean", lambda _: "TRUE")
    with pytest.raises(AssertionError):
        assert_same(sheet)


def decimals_of(texts):
    """Return what texts are read as, None for those that are left to `float`."""
    lengths = np.array([len(text) for text in texts])
    ends = np.cumsum(lengths + 1) - 1
    content = b"<".join(texts) + PADDING
    tags = Tags(content, ends, ends, np.empty(0, np.uint8))
    numbers, is_read = read_decimals(tags, ends - lengths, ends)
    return [
        number if read else None for number, read in zip(numbers.tolist(), is_read, strict=True)
    ]


def drawn_decimals(count):
    """Return numbers as they are written, many of them half way between two floats, or nearly."""
    draw = random.Random(7)
    for _ in range(count):
        yield repr(draw.gauss(0, 1) * 10 ** draw.randint(-14, 1))
        yield repr(round(draw.gauss(0, 100), draw.randint(0, 9)))
        whole = str(draw.randint(0, 10 ** draw.randint(1, 10)))
        yield "-" * draw.randint(0, 1) + whole
        yield f"{whole}.{draw.randint(0, 10 ** draw.randint(1, 18))}"
        number = draw.uniform(0.5, 4)
        half = (Decimal(number) + Decimal(math.nextafter(number, 9))) / 2
        yield str(half)[: draw.randint(16, 19)]
        yield str(2**53 + 2 * draw.randint(0, 10**15) + 1) + ".0"


@pytest.mark.parametrize("has_64_bits", [True, False])
def test_decimals_are_read_to_the_nearest_float(has_64_bits, monkeypatch):
    monkeypatch.setattr(decimals, "HAS_64_BITS", has_64_bits and decimals.HAS_64_BITS)
    texts = [text.encode() for text in drawn_decimals(3_000)]
    read = decimals_of(texts)
    assert sum(number is not None for number in read) > len(texts) / 3
    for text, number in zip(texts, read, strict=True):
        assert number is None or number.hex() == float(text).hex()


def test_what_is_no_plain_decimal_is_left_to_float():
    odd = "|-|.|-.|5.|.5|-.5|--1|+1|1e5|1_0|1.2.3|1-2| 1|1 |x|0.5x|1:5|1/5|1,5|0x1|nan|inf|1&"
    odd += "|e-05|-e-05|1.e-05|.1e-05|1.5e-0x|1.5e--5|1e-99|1.5e+05|1.5e-5|1.5e-005|1e-00|0x1e-05"
    long = ["9" * 19, "0." + "9" * 19, "1." + "1" * 30]
    assert set(decimals_of([text.encode() for text in (*odd.split("|"), *long)])) == {None}
    assert [str(one) for one in decimals_of([b"0", b"-0", b"-0.0"])] == ["0.0", "-0.0", "-0.0"]


LARGEST = """
name = "largest"
input = [3, 288, 288]
[[layers]]
type = "conv2d"
filters = 2
kernel = 3
[values]
style = "normal"
"""


@pytest.mark.slow
def test_page_of_nearly_as_many_cells_as_there_may_be_is_read(tmp_path):
    (tmp_path / "largest.toml").write_text(LARGEST)
    path = xlbackprop.build(tmp_path / "largest.toml", tmp_path / "page.xlsx")
    with open_workbook(path) as workbook:
        assert max(len(workbook.cells(sheet).rows) for sheet in workbook.sheets) > MAX_CELLS
