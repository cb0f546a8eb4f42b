"""Marks where there were no comments and where there were marks; the command that makes them."""

import json
import re
import zipfile

import pytest

import xlbackprop
from tests.support.filling import fill, patch
from tests.support.marked_copies import (
    CHANGED,
    COMMENTS,
    DRAWING,
    FIRST,
    PAGE,
    STYLES,
    audit,
    load,
    marked_copy,
    read,
    runs_of,
    unlike,
)
from tests.support.oracles import libreoffice
from tests.support.rich_workbook import (
    RICH,
)
from xlbackprop.__main__ import main

# Where there were no comments, and where there were marks.


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A page with mistakes and no comments; the original, and its marked copy."""
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    xlbackprop.build("conv5x5x2", path, blank=["dL_db"])
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): 99, ("conv1.dL_dh", (1, 2, 2)): ("=1+1", 2.0)})
    return path, marked_copy(path)


def test_a_sheet_without_comments_gets_them(plain):
    before, after = plain
    assert unlike(before, after) == CHANGED - {COMMENTS, DRAWING}
    assert not audit(after)
    page = load(after)["conv1"]
    notes = [cell.comment.text for row in page for cell in row if cell.comment]
    assert sorted(note.partition(":")[0] for note in notes) == ["BLANK"] * 3 + ["WRONG"] * 2


def fill_of(path, cell):
    return load(path)["conv1"][cell].fill.fgColor.rgb


def commented(path):
    page = load(path)["conv1"]
    return {cell.coordinate: cell.comment.text for row in page for cell in row if cell.comment}


def test_marking_again_replaces_the_marks(plain, tmp_path):
    before, after = plain
    mended = tmp_path / "mended.xlsx"
    mended.write_bytes(after.read_bytes())
    patch(mended, {PAGE: lambda xml: xml.replace(b"<v>99</v>", b"<v>-149.58</v>")})
    again = marked_copy(mended)
    assert load(again).sheetnames == load(after).sheetnames
    assert fill_of(after, "P32") != fill_of(before, "P32")
    assert fill_of(again, "P32") == fill_of(before, "P32")
    left = commented(after)
    del left["P32"]
    assert commented(again) == left
    assert read(again, STYLES) == read(after, STYLES)
    assert not audit(again)


def test_marking_the_marked_copy_changes_nothing_but_shape_numbers(rich, tmp_path):
    _, after = rich
    again = marked_copy(after, tmp_path / after.name)
    assert unlike(after, again) <= {COMMENTS, DRAWING, FIRST}
    assert commented(again) == commented(after)
    assert runs_of(again, RICH) == runs_of(after, RICH)
    titles = [re.sub(rb"marked-", b"", read(path, FIRST))
              for path in (after, again)]  # fmt: skip
    assert titles[0] == titles[1]
    shapes = [read(path, DRAWING).count(b"<v:shape ") for path in (after, again)]
    assert shapes[0] == shapes[1]


@pytest.mark.libreoffice
def test_marks_are_replaced_after_libreoffice_has_saved_the_file(plain, tmp_path):
    before, after = plain
    script = 'document.Sheets.getByName("conv1").getCellRangeByName("P32").Value = -149.58'
    mended = libreoffice.edit(after, script, tmp_path)
    again = marked_copy(mended)
    assert load(again).sheetnames[0] == "Marks"
    assert "Marks 2" not in load(again).sheetnames
    assert fill_of(again, "P32") == fill_of(before, "P32")
    assert set(commented(again)) == set(commented(after)) - {"P32"}
    assert all(note.count("xlbackprop") == 1 for note in commented(again).values())


@pytest.mark.slow
def test_more_cells_than_anyone_reads_are_coloured_all_and_commented_in_part(tmp_path):
    spec = tmp_path / "many.toml"
    spec.write_text('name = "many"\ninput = [1, 50, 50]\n[[layers]]\ntype = "relu"\n')
    path = tmp_path / "many.xlsx"
    xlbackprop.build(spec, path, blank=["relu1.out"])
    after = marked_copy(path)
    page = load(after)["relu1"]
    notes = [cell for row in page for cell in row if cell.comment]
    coloured = [cell for row in page for cell in row if cell.fill.fgColor.rgb[2:4] == "8F"]
    assert (len(notes), len(coloured)) == (2_000, 2_500)
    assert not audit(after)
    texts = str([cell.value for row in load(after)["Marks"] for cell in row])
    assert "and 2,001 more, coloured on their sheets" in texts
    assert "coloured, without a comment: 501" in texts


# The command.


def test_check_writes_the_marked_copy_and_says_so_by_its_status(rich, tmp_path, capsys):
    before, _ = rich
    target = tmp_path / before.name
    assert main(["check", str(before), "--annotate", str(target), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "wrong"
    assert "X11" in commented(target)


def test_a_page_that_is_right_gets_a_first_sheet_only(tmp_path):
    path, target = tmp_path / "right.xlsx", tmp_path / "marked.xlsx"
    xlbackprop.build("conv5x5x2", path)
    assert main(["check", str(path), "--annotate", str(target)]) == 0
    assert unlike(path, target) == CHANGED - {PAGE, COMMENTS, DRAWING}
    assert load(target)["Marks"]["B3"].value == "RIGHT"


def refused(arguments, capsys):
    assert main(list(map(str, arguments))) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    return err


def test_the_source_itself_is_never_written_to(rich, tmp_path, capsys):
    before, _ = rich
    path, link = tmp_path / before.name, tmp_path / f"link{before.suffix}"
    path.write_bytes(before.read_bytes())
    link.hardlink_to(path)
    for target in (path, link, tmp_path / ".." / tmp_path.name / path.name):
        error = refused(["check", path, "--annotate", target, "--force"], capsys)
        assert "is the workbook itself" in error
    assert path.read_bytes() == before.read_bytes()


def test_an_existing_file_is_replaced_only_with_force(rich, tmp_path, capsys):
    before, _ = rich
    target = tmp_path / before.name
    target.write_text("precious")
    assert "--force" in refused(["check", before, "--annotate", target], capsys)
    assert target.read_text() == "precious"
    assert main(["check", str(before), "--annotate", str(target), "--force"]) == 1
    assert zipfile.is_zipfile(target)


def test_the_copy_must_have_the_suffix_of_its_kind(rich, tmp_path, capsys):
    before, _ = rich
    other = {".xlsx": ".xlsm", ".xlsm": ".xlsx"}[before.suffix]
    error = refused(["check", before, "--annotate", tmp_path / f"marked{other}"], capsys)
    assert f"must end in {before.suffix}" in error
    assert not list(tmp_path.iterdir())
