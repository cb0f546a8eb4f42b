"""Addresses: one reader and one writer, for all that people and files write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from xlsxwriter.utility import quote_sheetname

from xlbackprop.formula.addresses import (
    MAX_COLUMNS,
    MAX_ROWS,
    Address,
    Area,
    address_in_formula,
    cell,
    column_name,
    column_number,
    looks_like_cells,
    on_sheet,
    read_address,
    read_area,
    read_cell,
    rectangle,
)

ROWS, COLUMNS = st.integers(0, MAX_ROWS - 1), st.integers(0, MAX_COLUMNS - 1)
SHEETS = st.text(
    st.characters(exclude_characters=r"[]:*?/\!", exclude_categories=("Cs", "Cc")), min_size=1
).filter(lambda name: not (name.startswith("'") or name.endswith("'")))


@given(ROWS, COLUMNS)
def test_cell_is_read_as_it_is_written(row, column):
    assert cell(row, column) == f"{get_column_letter(column + 1)}{row + 1}"
    assert read_cell(cell(row, column)) == (row, column)


@given(SHEETS, ROWS, COLUMNS, ROWS, COLUMNS)
def test_rectangle_on_any_sheet_is_read_as_it_is_written(sheet, top, left, bottom, right):
    top, bottom = sorted((top, bottom))
    left, right = sorted((left, right))
    area = Area(sheet, top, left, bottom - top + 1, right - left + 1)
    text = on_sheet(sheet, rectangle(top, left, area.height, area.width))
    assert read_area(text) == area
    found = address_in_formula(text)
    assert (found.sheet, found.top, found.left, found.size) == (
        sheet, top, left, (area.height, area.width),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B3", Address("", 2, 1, 2, 1)),
        ("$b$3:d5", Address("", 2, 1, 4, 3, (True, True, False, False))),
        ("B$3:$D5", Address("", 2, 1, 4, 3, (True, False, False, True))),
        ("My sheet!B3", Address("My sheet", 2, 1, 2, 1)),
        ("'It''s'!B3", Address("It's", 2, 1, 2, 1)),
        ("'[1]My sheet'!B3", Address("My sheet", 2, 1, 2, 1, book="1")),
        ("[2]Sheet1!B3", Address("Sheet1", 2, 1, 2, 1, book="2")),
        ("'C:\\x\\[b.xlsx]S'!B3", Address("S", 2, 1, 2, 1, book="C:\\x\\b.xlsx")),
        ("B:$D", Address("", 0, 1, MAX_ROWS - 1, 3, (False, False, False, True))),
        ("$2:4", Address("", 1, 0, 3, MAX_COLUMNS - 1, (True, False, False, False))),
        ("XFD1048576", Address("", MAX_ROWS - 1, MAX_COLUMNS - 1, MAX_ROWS - 1, MAX_COLUMNS - 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_address_as_a_person_writes_it(text, expected):
    assert read_address(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "B", "3", "B0", "B03", "XFE1", "A1048577", "ZZZZ1", "B3:", ":B3", "B3:D5:F7", "!B3",
     "a:b!B3", "'x!B3", "B3:4", "B:4", "1.5", "Ａ1", "B٣", "A" * 9000],
)  # fmt: skip
def test_what_is_no_address(text):
    assert read_address(text) is None
    assert read_area(f"Sheet1!{text}") is None
    with pytest.raises(ValueError, match="no cell"):
        read_cell(text if text not in {"XFE1", "A1048577"} else "")


def test_corners_keep_their_order_outside_of_formulas_only():
    assert read_address("D5:B3").is_reversed
    assert read_area("Sheet1!D5:B3") is None
    assert address_in_formula("D5:B3")[:5] == ("", 2, 1, 4, 3)


@pytest.mark.parametrize("text", ["'It''s'!B:B", "B3", "[1]Sheet1!B3", "'[1]a b'!B3"])
def test_area_needs_a_sheet_of_this_workbook_and_cells(text):
    assert read_area(text) is None


def test_what_looks_like_cells_may_be_beyond_the_sheet():
    assert looks_like_cells("XFE1:XFE3")
    assert not looks_like_cells("rate")
    assert not looks_like_cells("B:B")


def test_columns_have_the_numbers_of_their_letters():
    assert [column_number(name) for name in ("A", "Z", "AA", "XFD")] == [0, 25, 26, MAX_COLUMNS - 1]
    names = [column_name(column) for column in range(MAX_COLUMNS)]
    assert [names[column] for column in (0, 25, 26, -1)] == ["A", "Z", "AA", "XFD"]
    assert [column_number(name) for name in names] == list(range(MAX_COLUMNS))


@pytest.mark.parametrize(
    "sheet",
    ["conv1", "loss", "Overview", "fc1", "b1", "r1c1x", "rc", "Sheet 2", "it's", "1st"],
)
def test_sheet_is_quoted_as_a_spreadsheet_would(sheet):
    assert on_sheet(sheet, "B3") == f"{quote_sheetname(sheet)}!B3"
