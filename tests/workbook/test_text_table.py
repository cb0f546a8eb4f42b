"""Tables as text, as the programs of any country write them."""

import pytest

from xlbackprop import WorkbookError
from xlbackprop.workbook.read.cell_store import MAX_STORED_CELLS
from xlbackprop.workbook.read.text_table import read_table


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param("1.5,2\n-3,x\n", [[1.5, 2], [-3, "x"]], id="english"),
        pytest.param("1,5;2\r\n-3;x\r\n", [[1.5, 2], [-3, "x"]], id="european"),
        pytest.param("1,5\t2\n", [[1.5, 2]], id="tabs"),
        pytest.param("1.5|2\n", [[1.5, 2]], id="bars"),
        pytest.param("sep=;\n1,5;2\n", [[1.5, 2]], id="told"),
        pytest.param("SEP=,\r\n1.5,2;3\r\n", [[1.5, "2;3"]], id="told-otherwise"),
        pytest.param('"1,5","2"\n', [[1.5, 2]], id="quoted"),
        pytest.param("1.234,5;1.234\n", [[1234.5, 1234]], id="groups-by-points"),
        pytest.param('"1,234.5","1,234"\n', [[1234.5, 1234]], id="groups-by-commas"),
        pytest.param("0,123;1,234\n", [[0.123, 1.234]], id="three-decimals"),
        pytest.param("1 234,5;2\n", [[1234.5, 2]], id="groups-by-spaces"),
        pytest.param("59,33%;1e-3\n", [[0.5933, 0.001]], id="percent-and-power"),
        pytest.param(",5;5,\n", [[0.5, 5]], id="nothing-before-or-after"),
        pytest.param(";1\n\n;;2\n", [["", 1], [], ["", "", 2]], id="gaps"),
        pytest.param("=A1+B1;-;1-2;1,2,3\n", [["=A1+B1", "-", "1-2", "1,2,3"]], id="texts"),
        pytest.param("1e999;nan\n", [["1e999", "nan"]], id="no-numbers"),
        pytest.param("1,5;2\r-3;x\r", [[1.5, 2], [-3, "x"]], id="old-mac"),
        pytest.param("−1,5;1\u00a0234,5;−x\n", [[-1.5, 1234.5, "−x"]], id="minus-and-space"),
        pytest.param("1'234.5;1’234\n", [[1234.5, 1234]], id="apostrophes"),
        pytest.param("", [], id="empty"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le"])
def test_table_is_read(text, rows, encoding):
    content = text.encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    assert read_table(content) == rows


def test_letters_of_western_europe_are_read():
    assert read_table("größe;1,5\n".encode("cp1252")) == [["größe", 1.5]]


def test_table_of_more_cells_than_a_sheet_takes_is_refused():
    with pytest.raises(WorkbookError, match="more than"):
        read_table(b";" * (MAX_STORED_CELLS + 1))


def test_field_without_an_end_is_refused():
    with pytest.raises(WorkbookError, match="cannot be read"):
        read_table(b'"' + b"x" * 200_000)
