"""What a marked copy says, in openpyxl and in LibreOffice."""

import json

import pytest

import xlbackprop
from tests.support.marked_copies import load, marked_copy, members, read, runs_of
from tests.support.oracles import libreoffice
from tests.support.rich_workbook import (
    ELSEWHERE,
    MISTAKES,
    NOTES,
    PLAIN,
    THREAD,
)
from xlbackprop import Hints
from xlbackprop.workbook.annotate.marks import COLOURS


def test_every_comment_that_was_there_still_is(rich):
    before, after = rich
    for cell in NOTES:
        if cell != PLAIN:  # a text in runs or one that is left alone: as it was, then ours
            assert runs_of(after, cell)[: len(runs_of(before, cell))] == runs_of(before, cell)
    assert runs_of(after, THREAD) == runs_of(before, THREAD)
    assert runs_of(after, ELSEWHERE) == runs_of(before, ELSEWHERE)
    page = load(after)["conv1"]
    for cell, text in NOTES.items():
        assert page[cell].comment.text.startswith(text)
        assert page[cell].comment.author in ("Ada", "tc={0B7E5A66-3C1B-4F0B-9E55-3C1C6F3B7A01}")


def expected_colour(status):
    """Return a colour and by how much a shade of it may differ."""
    return tuple(int(COLOURS[status][at : at + 2], 16) for at in (0, 2, 4))


def looks_like(colour, status):
    return all(abs(a - b) <= 8 for a, b in zip(colour, expected_colour(status), strict=True))


@pytest.mark.parametrize("cell", MISTAKES)
def test_a_marked_cell_says_in_openpyxl_what_it_is(rich, cell):
    _, after = rich
    _, status = MISTAKES[cell]
    found = load(after)["conv1"][cell]
    rgb = found.fill.fgColor.rgb[2:]
    assert looks_like([int(rgb[at : at + 2], 16) for at in (0, 2, 4)], status)
    if cell != THREAD:
        assert f"{status.upper()}: " in found.comment.text
    assert found.number_format == ("General" if cell == "AD9" else "0.00")


READ = """
import json
def look(cell):
    colour = cell.CellBackColor
    return [cell.Value, cell.String, cell.Annotation.String,
            [colour >> 16 & 255, colour >> 8 & 255, colour & 255]]
page = document.Sheets.getByName("conv1")
found = {{name: look(page.getCellRangeByName(name)) for name in {cells!r}}}
found["sheets"] = list(document.Sheets.ElementNames)
found["active"] = document.CurrentController.ActiveSheet.Name
found["shapes"] = page.DrawPage.Count - page.Annotations.Count
found["charts"] = page.Charts.Count
found["formats"] = len(page.ConditionalFormats.getConditionalFormats())
found["protected"] = page.isProtected()
with open({out!r}, "w") as file:
    json.dump(found, file)
"""


def seen_in_libreoffice(path, cells, folder):
    out = folder / "seen.json"
    libreoffice.edit(path, READ.format(cells=list(cells), out=str(out)), folder)
    return json.loads(out.read_text())


@pytest.mark.libreoffice
def test_libreoffice_opens_the_marked_copy_and_shows_the_marks(rich, tmp_path):
    cells = {*MISTAKES, *NOTES, "C11", "P33"}
    before, after = (seen_in_libreoffice(path, cells, tmp_path) for path in rich)
    assert after["sheets"] == ["Marks", *before["sheets"]]
    for kept in ("active", "shapes", "charts", "formats", "protected"):
        assert after[kept] == before[kept], kept
    assert before["charts"] == 1
    assert before["protected"]
    for cell in cells:
        assert after[cell][:2] == before[cell][:2]  # number and text
        assert after[cell][2].startswith(before[cell][2])
        if cell in MISTAKES:
            _, status = MISTAKES[cell]
            assert looks_like(after[cell][3], status)
            assert cell == THREAD or f"{status.upper()}: " in after[cell][2]
        else:
            assert after[cell][2:] == before[cell][2:]


def test_the_first_sheet_sums_up(rich):
    _, after = rich
    page = load(after).worksheets[0]
    texts = [str(cell.value) for row in page for cell in row if cell.value is not None]
    assert "WRONG" in texts
    assert "328 right, 3 wrong, 3 invalid, 2 blank" in texts
    cells = [cell for row in page for cell in row if cell.hyperlink]
    links = {cell.value: cell.hyperlink.location for cell in cells}
    assert links == {f"conv1!{cell}": f"conv1!{cell}" for cell in MISTAKES}
    assert "a number typed as text: enter it as the number -1.18" in texts


def test_the_marked_copy_is_judged_as_the_original(rich):
    before, after = (xlbackprop.check(path) for path in rich)
    assert before.cells == after.cells
    assert before.counts == after.counts


@pytest.mark.parametrize("hints", Hints, ids=lambda hints: hints.word)
def test_marks_tell_no_more_than_the_hints_allow(rich, tmp_path, hints):
    before, _ = rich
    after = marked_copy(before, tmp_path / before.name, hints)
    note = load(after)["conv1"]["X11"].comment.text
    everything = b"".join(read(after, part) for part in members(after))
    assert note.startswith("WRONG: the mistake is in this cell")
    assert ("out[k,i,j]" in note) == (hints >= Hints.RULE)
    assert (b"right is" in everything) == (hints == Hints.ANSWER)
    assert ("right is 257" in note) == (hints == Hints.ANSWER)
    assert (b"a number typed as text" in everything) == (hints >= Hints.KIND)
