"""Names of blocks that are missing, wrong or far too many."""

import re

import pytest

from tests.support.hostile_workbooks import BOOK, PAGE, before, write
from tests.support.watched_program import assert_bounded, assert_refused, call, run


@pytest.mark.hostile(quick=["whole-sheet-check"])
@pytest.mark.parametrize("command", ["check", "inspect"])
@pytest.mark.parametrize(
    ("area", "patterns"),
    [
        pytest.param("conv1!$A$1:$XFD$1048576", ["1048576|1,048,576|size"], id="whole-sheet"),
        pytest.param("conv1!$A:$XFD", [], id="whole-columns"),
        pytest.param("conv1!$1:$1048576", [], id="whole-rows"),
        pytest.param("#REF!", ["deleted|gone"], id="ref-error"),
        pytest.param("conv1!#REF!", ["deleted|gone"], id="ref-error-on-the-sheet"),
        pytest.param("nosuchsheet!$X$11:$Z$13", [], id="sheet-that-does-not-exist"),
        pytest.param("", [], id="empty"),
    ],
)
def test_name_of_no_block_is_refused_by_name(area, patterns, command, parts, path):
    book, count = re.subn(rb'(name="conv1.out.0">)[^<]*', rb"\g<1>" + area.encode(), parts[BOOK])
    assert count == 1
    assert_refused(run(write(path, {**parts, BOOK: book}), command), r"conv1\.out\.0", *patterns)


@pytest.mark.parametrize(
    "area",
    [
        pytest.param("conv1!$X$11:$Z$14", id="a-row-more"),
        pytest.param("conv1!$X$11:$Y$13", id="a-column-less"),
        pytest.param("conv1!$X$11", id="a-single-cell"),
        pytest.param("conv1!$Z$13:$X$11", id="backwards"),
        pytest.param("conv1!$X$0:$Z$2", id="row-0"),
        pytest.param("conv1!$X$1048575:$Z$1048577", id="past-the-last-row"),
        pytest.param("conv1!$XFC$11:$XFE$13", id="past-the-last-column"),
        pytest.param("conv1!$ZZZZ$11:$ZZZZ$13", id="no-column"),
        pytest.param("[1]conv1!$X$11:$Z$13", id="another-workbook"),
        pytest.param("'C:\\[x.xlsx]conv1'!$X$11:$Z$13", id="another-file"),
        pytest.param("conv1!$X$11:$Z$13,conv1!$A$1", id="two-areas"),
        pytest.param("OFFSET(conv1!$X$11,0,0,3,3)", id="formula"),
        pytest.param("{1,2,3}", id="constant"),
        pytest.param("cmd|'/c calc'!A1", id="program"),
        pytest.param("'" * 99, id="quotes"),
        pytest.param("conv1!$X$" + "1" * 5_000, id="row-of-5000-digits"),
    ],
)
def test_name_that_does_not_fit_its_block_is_refused_by_name(area, parts, path, capsys):
    book, count = re.subn(
        rb'(name="conv1.out.0">)[^<]*', lambda found: found[1] + area.encode(), parts[BOOK]
    )
    assert count == 1
    write(path, {**parts, BOOK: book})
    assert call("check", path) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert "conv1.out.0" in output.err


@pytest.mark.hostile(quick=["inspect"])
@pytest.mark.parametrize("command", ["check", "inspect"])
def test_name_that_is_gone_is_refused_by_name_where_the_block_has_been_moved(command, parts, path):
    """Its titles are not where they were written, and there are too few numbers to locate it."""
    book, count = re.subn(rb'<definedName name="conv1.out.0">[^<]*</definedName>', b"", parts[BOOK])
    assert count == 1
    page = re.sub(rb'<c r="[A-W][0-9]+"[^>]*?(/>|>.*?</c>)', b"", parts[PAGE])
    write(path, {**parts, BOOK: book, PAGE: page})
    assert_refused(run(path, command), r"conv1\.out\.0", "gone|missing")


@pytest.mark.hostile
def test_million_names_are_judged_or_refused(parts, path):
    names = b"".join(
        b'<definedName name="n%d">conv1!$A$1</definedName>' % number for number in range(1_000_000)
    )
    book = before(parts[BOOK], b"</definedNames>", names)
    assert_bounded(run(write(path, {**parts, BOOK: book})))


@pytest.mark.hostile
def test_million_sheets_are_judged_or_refused(parts, path):
    sheets = b"".join(
        b'<sheet name="s%d" sheetId="%d" r:id="rId2"/>' % (n, n) for n in range(4, 1_000_000)
    )
    book = before(parts[BOOK], b"</sheets>", sheets)
    assert_bounded(run(write(path, {**parts, BOOK: book})))
