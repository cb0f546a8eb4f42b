"""Cells of odd kinds, in impossible places, and very many of them."""

import re

import pytest

import xlbackprop
from tests.support.hostile_workbooks import (
    PAGE,
    STRINGS,
    before,
    many_cells,
    place_of,
    repeated,
    swapped,
    with_cell,
    write,
)
from tests.support.watched_program import (
    SECONDS,
    assert_bounded,
    assert_harmless,
    assert_refused,
    assert_right,
    call,
    run,
)


@pytest.mark.hostile(quick=["A1:XFD1048576"])
@pytest.mark.parametrize("area", ["A1:XFD1048576", "A1", "", "XFD1048576:A1", "nonsense"])
def test_dimension_that_lies_changes_nothing(area, parts, path):
    page, count = re.subn(
        rb'<dimension ref="[^"]*"/>', f'<dimension ref="{area}"/>'.encode(), parts[PAGE]
    )
    assert count == 1
    assert_right(run(write(path, {**parts, PAGE: page})))


def test_cell_in_the_last_corner_changes_nothing(parts, path):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    page = before(parts[PAGE], b"</sheetData>", far)
    assert_right(run(write(path, {**parts, PAGE: page})))


@pytest.mark.parametrize(
    "address",
    [
        *("A0", "ZZZ1", "ZZZZ1", "AAA9999999", "XFE1", "A1048577", "A" * 5_000, "A" + "1" * 5_000),
        *("", "1A", "A", "1", "A-1", "A1:B2", "$A$1", "a1", "Ä1", "A1 ", "A٣", "R1C1"),
    ],
)
def test_cell_of_an_impossible_address_is_refused_or_left_out(address, parts, path, capsys):
    cell = f'<row><c r="{address}"><v>1</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", cell)})
    status = call("check", path)
    output = capsys.readouterr()
    assert status in (0, 2)
    assert output.err.count("\n") == (1 if status else 0)
    assert len(output.err) < 1_000


@pytest.mark.parametrize("number", ["0", "-1", "1048577", "9" * 5_000, "1.5", "x", "", "٣", "1e9"])
def test_row_of_an_impossible_number_is_refused_or_left_out(number, parts, path, capsys):
    row = f'<row r="{number}"><c><v>1</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", row)})
    status = call("check", path)
    assert status in (0, 2)
    assert capsys.readouterr().err.count("\n") == (1 if status else 0)


@pytest.mark.parametrize("index", ["-1", "999999", "1.5", "x", "9" * 5_000])
def test_text_that_is_not_there_is_refused(index, parts, path, capsys):
    cell = f'<row r="2000"><c r="A2000" t="s"><v>{index}</v></c></row>'.encode()
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", cell)})
    assert call("check", path) == 2
    assert "damaged" in capsys.readouterr().err


def test_text_without_a_number_is_nothing(parts, path):
    cell = b'<row r="2000"><c r="A2000" t="s"><v></v></c></row>'
    write(path, {**parts, PAGE: before(parts[PAGE], b"</sheetData>", cell)})
    assert call("check", path) == 0
    blank = with_cell(parts, path, "conv1.dL_db", ' t="s"', "<v></v>")
    (found,) = xlbackprop.check(write(path, blank)).cells
    assert found.status == "blank"


@pytest.mark.parametrize(
    "value",
    [
        *("1e999", "-1e999", "nan", "inf", "-Infinity", "9" * 5_000, "1" + "0" * 400),
        *("1_000", "0x10", "٣", "", " ", "1,5", "--1", "TRUE"),
    ],
)
@pytest.mark.parametrize("tensor", ["conv1.h", "conv1.out"])
def test_number_that_is_none_is_never_right(value, tensor, parts, path, capsys):
    write(path, with_cell(parts, path, tensor, "", f"<v>{value}</v>"))
    assert call("check", path, "--json") in (1, 2)
    output = capsys.readouterr()
    assert output.err.count("\n") <= 1


@pytest.mark.parametrize(
    ("attributes", "content"),
    [
        pytest.param(' t="b"', "<v>2</v>", id="boolean-of-2"),
        pytest.param(' t="e"', "<v>#DIV/0!</v>", id="error"),
        pytest.param(' t="e"', "<v></v>", id="error-of-nothing"),
        pytest.param(' t="d"', "<v>2026-01-01</v>", id="date"),
        pytest.param(' t="nosuch"', "<v>1</v>", id="unknown-type"),
        pytest.param(' t="str"', "<v>1</v>", id="text"),
        pytest.param("", "<f>1/0</f>", id="formula-without-a-value"),
        pytest.param("", "<f></f><v>7</v>", id="formula-of-nothing"),
        pytest.param("", '<f t="shared" si="99"/><v>7</v>', id="shared-formula-without-a-first"),
        pytest.param("", '<f t="shared" ref="A1:XFD1048576" si="0">A1</f><v>7</v>', id="shared"),
        pytest.param("", '<f t="array" ref="A1:XFD1048576">A1</f><v>7</v>', id="array-of-all"),
        pytest.param("", '<f t="array" ref="nonsense">A1</f><v>7</v>', id="array-of-nowhere"),
        pytest.param("", '<f t="dataTable" ref="A1:B2" r1="A1"/><v>7</v>', id="data-table"),
        pytest.param("", "<f>" + "(" * 50_000 + "</f><v>7</v>", id="formula-of-brackets"),
        pytest.param("", "<f>cmd|'/c calc'!A1</f><v>7</v>", id="formula-that-runs-a-program"),
        pytest.param("", "<f>\u009b31m</f><v>7</v>", id="formula-of-control-characters"),
        pytest.param("", "<v>7</v><v>8</v>", id="two-values"),
        pytest.param("", "<is><t>7</t></is>", id="text-in-a-number"),
    ],
)
def test_cell_of_an_odd_kind_is_judged(attributes, content, parts, path, capsys):
    write(path, with_cell(parts, path, "conv1.out", attributes, content))
    for options in ([], ["--json"]):
        assert call("check", path, *options) == 1
        output = capsys.readouterr()
        assert output.err == ""
        assert_harmless(output.out)


@pytest.mark.parametrize(
    "formula",
    [
        pytest.param("A1", id="left-of-the-sheet"),
        pytest.param("$A1+A$1", id="above-the-sheet"),
        pytest.param("A1:B2", id="range"),
        pytest.param("A:A", id="column"),
        pytest.param("1:1", id="row"),
        pytest.param("XFD1048576", id="last-corner"),
        pytest.param("'", id="open-quote"),
        pytest.param('"', id="open-text"),
        pytest.param("{", id="open-array"),
        pytest.param("[", id="open-bracket"),
        pytest.param("#REF!", id="error"),
        pytest.param("1E+", id="half-a-number"),
        pytest.param("(" * 3_000, id="brackets"),
        pytest.param("}", id="closing-brace"),
        pytest.param(")", id="closing-bracket"),
    ],
)
def test_shared_formula_of_any_text_is_judged(formula, parts, path, capsys):
    sharing = '<f t="shared" si="7"/><v>4711.5</v>'
    page = with_cell(parts, path, "conv1.out", "", sharing)[PAGE]
    # The first of those that share it is stored before them, and stands below and to the right.
    first = f'<c r="ZZ3000"><f t="shared" si="7" ref="A1:ZZ9999">{formula}</f><v>1</v></c>'
    rows = f'<sheetData><row r="3000">{first}</row>'.encode()
    write(path, {**parts, PAGE: swapped(page, b"<sheetData>", rows)})
    for options in ([], ["--json"]):
        assert call("check", path, *options) == 1
        output = capsys.readouterr()
        assert output.err == ""
        assert_harmless(output.out)


@pytest.mark.hostile
def test_row_of_millions_of_cells_is_judged_or_refused(parts, path):
    opening, cell = b'<row r="2000">', b'<c r="A2000"><v>1</v></c>'
    page = repeated(parts[PAGE], b"</sheetData>", cell, 2_000_000, opening, b"</row>")
    assert_bounded(run(write(path, {**parts, PAGE: page})))


@pytest.mark.hostile
def test_quarter_million_cells_beside_the_blocks_change_nothing(parts, path):
    page = before(parts[PAGE], b"</sheetData>", many_cells(250_000, "<v>1</v>"))
    assert_right(run(write(path, {**parts, PAGE: page})))


@pytest.mark.hostile
def test_million_cells_of_formulas_and_texts_are_judged_or_refused(parts, path):
    cell = b'<c r="A2000"><f>SUM(A1:B2)+17</f><is><t>seventeen</t></is></c>'
    page = repeated(parts[PAGE], b"</sheetData>", cell, 1_400_000, b'<row r="2000">', b"</row>")
    # None of them is as programs write it, so each would be read by itself: they are counted first.
    outcome = run(write(path, {**parts, PAGE: page}))
    assert_refused(outcome, "more than 1,250,000 cells")
    assert outcome.seconds < SECONDS / 2


@pytest.mark.hostile
def test_thousand_array_formulas_and_many_cells_are_judged_or_refused(parts, path):
    arrays = "".join(
        f'<c r="A2000"><f t="array" ref="A{n}:B{n}">1</f><v>1</v></c>' for n in range(1, 1_000)
    )
    rows = f'<row r="2000">{arrays}</row>'.encode() + many_cells(300_000, "<v>1</v>")
    page = before(parts[PAGE], b"</sheetData>", rows)
    assert_bounded(run(write(path, {**parts, PAGE: page})))


@pytest.mark.hostile
@pytest.mark.parametrize(("length", "cells"), [(8_000, 50_000), (30, 400_000)])
def test_shared_formula_of_very_many_cells_is_judged_or_refused(length, cells, parts, path):
    formula = "+".join(["A1"] * (length // 3))
    first = f'<row r="2000"><c r="A2000"><f t="shared" si="7" ref="A1:Z9">{formula}</f></c></row>'
    rows = first.encode() + many_cells(cells, '<f t="shared" si="7"/><v>1</v>')
    page = before(parts[PAGE], b"</sheetData>", rows)
    assert_bounded(run(write(path, {**parts, PAGE: page})))


@pytest.mark.hostile
def test_million_texts_are_judged_or_refused(parts, path):
    texts = b"".join(b"<si><t>text %d</t></si>" % number for number in range(1_000_000))
    strings = before(parts[STRINGS], b"</sst>", texts)
    assert_bounded(run(write(path, {**parts, STRINGS: strings})))


def test_numbers_so_large_that_all_overflows_earn_nothing(parts, path):
    page = parts[PAGE]
    for tensor in ("conv1.h", "conv1.w"):
        address = place_of(parts, path, tensor)
        page, count = re.subn(
            rf'(<c r="{address}"[^>]*>)<v>[^<]*'.encode(), rb"\g<1><v>1e308", page
        )
        assert count == 1
    # What was saved stands there as it was, and cannot be right any more.
    write(path, {**parts, PAGE: page})
    report = xlbackprop.check(path, engine="none")
    first = [cell for cell in report.cells if cell.tensor == "conv1.out"]
    assert report.verdict == "wrong"
    assert any(cell.index == (0, 0, 0) for cell in first)
