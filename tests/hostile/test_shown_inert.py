"""A stranger's text shows nothing that a terminal would obey."""

import pytest

from tests.support.hostile_workbooks import (
    BOOK,
    BOOK_RELS,
    PAGE,
    STRINGS,
    swapped,
    with_cell,
    write,
)
from tests.support.watched_program import assert_bounded, assert_refused, run

ODD = "\u009b31m\u009d0;x\u009c\u202e\u200f\u2028\x7f"


def test_sheet_s_name_is_shown_inert(parts, path):
    page = with_cell(parts, path, "conv1.out", "", "<v>4711.5</v>")
    odd = f"c{ODD}"
    book = page[BOOK].decode().replace(">conv1!", f">'{odd}'!")
    book = book.replace('name="conv1" sheetId', f'name="{odd}" sheetId')
    write(path, {**page, BOOK: book.encode()})
    outcome = run(path)
    assert_bounded(outcome)
    assert outcome.status == 1
    assert "conv1.out" in outcome.out
    for command in (["inspect"], ["check", "--json"]):
        assert_bounded(run(path, *command))


@pytest.mark.hostile(quick=["[red]x-conv1.out"])
@pytest.mark.parametrize("tensor", ["conv1.out", "conv1.h"])
@pytest.mark.parametrize("text", [ODD, "_x001B_[31m", "[red]x", "a\nb\r\nc\td", "\ufdd0\uffff"[:1]])
def test_text_in_a_cell_is_shown_inert(text, tensor, parts, path):
    content = f"<is><t>{text}</t></is>"
    write(path, with_cell(parts, path, tensor, ' t="inlineStr"', content))
    outcome = run(path)
    assert_bounded(outcome)
    assert outcome.status == 1


@pytest.mark.hostile(quick=["sheet-of-a-name"])
@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        pytest.param(BOOK_RELS, "worksheets/sheet2.xml", f"worksheets/{ODD}.xml", id="part"),
        pytest.param(BOOK, ">conv1!$X$11:$Z$13", f">'{ODD}'!$X$11:$Z$13", id="sheet-of-a-name"),
        pytest.param(PAGE, 'r="B1"', f'r="{ODD}"', id="address"),
        pytest.param(STRINGS, 'type = "conv2d"', f'type = "{ODD}"', id="layer-s-type"),
        pytest.param(STRINGS, "filters = 3", f'"{ODD}" = 3', id="layer-s-key"),
        pytest.param(STRINGS, 'name = "conv5x5x2"', f'name = "{ODD}"', id="spec-s-name"),
        pytest.param(STRINGS, 'name = "conv5x5x2"', f"name = {ODD}", id="broken-toml"),
    ],
)
def test_complaint_about_an_odd_text_is_inert(part, old, new, parts, path):
    content = swapped(parts[part].decode(), old, new)
    assert_refused(run(write(path, {**parts, part: content.encode()})))
