"""Marks beside what other programs wrote: their comments, their styles, their ways to save."""

import json
import re
import zipfile

import openpyxl
import pytest
from lxml import etree
from openpyxl.comments import Comment

import xlbackprop
from tests.support.filling import fill, patch
from tests.support.forms_of_workbooks import STYLES, TYPES, rewrite
from tests.support.oracles import libreoffice
from xlbackprop.__main__ import main
from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.annotate.shapes import last_block, with_boxes, without_boxes

WRONG, BLANK, RIGHT = "P32", "J44", "K32"  # cells of conv1
VML, EXCEL = "urn:schemas-microsoft-com:vml", "urn:schemas-microsoft-com:office:excel"
OWN = {WRONG: "look here", RIGHT: "mine"}


@pytest.fixture(scope="module")
def saved_by_openpyxl(tmp_path_factory):
    """A page with mistakes, and a comment on one of them, as openpyxl saves it."""
    path = tmp_path_factory.mktemp("openpyxl") / "page.xlsx"
    xlbackprop.build("conv5x5x2", path)
    fill(path, {("conv1.dL_dw", (1, 0, 0, 1)): 99, ("conv1.dL_db", (0,)): None})
    resave(path, OWN)
    return path


@pytest.fixture
def page(saved_by_openpyxl, tmp_path):
    path = tmp_path / "page.xlsx"
    path.write_bytes(saved_by_openpyxl.read_bytes())
    return path


def resave(path, own=None):
    book = openpyxl.load_workbook(path)
    for cell, text in (own or {}).items():
        book["conv1"][cell].comment = Comment(text, "me")
    book.save(path)
    return path


def marked(path, stem="marked", **how):
    report = xlbackprop.check(path, **how).told(xlbackprop.Hints.RULE)
    return xlbackprop.annotate(report, path, path.with_stem(stem), force=True)


def comments(path, sheet="conv1"):
    rows = openpyxl.load_workbook(path)[sheet]
    return {cell.coordinate: cell.comment.text for row in rows for cell in row if cell.comment}


def assert_has_own_and_marks(path):
    found = comments(path)
    assert found.keys() == {*OWN, BLANK}
    assert found[RIGHT] == "mine"
    assert found[WRONG].startswith("look here\n\nWRONG: ")
    assert found[BLANK].startswith("BLANK: ")
    assert "".join(found.values()).count("— xlbackprop") == 2


def boxed(path):
    """Return the cells that have a box, in each drawing that is read as XML with namespaces."""
    with zipfile.ZipFile(path) as archive:
        drawings = [archive.read(name) for name in archive.namelist() if name.endswith(".vml")]
    shapes = [shape for one in drawings for shape in etree.fromstring(one).iter(f"{{{VML}}}shape")]
    rows = [int(shape.findtext(f".//{{{EXCEL}}}Row")) for shape in shapes]
    return sorted(rows), sorted(shape.get("id") for shape in shapes)


def test_comments_saved_by_openpyxl_stay_and_marks_stand_beside_them(page):
    after = marked(page)
    assert_has_own_and_marks(after)
    rows, numbers = boxed(after)
    assert rows == [31, 31, 43]
    assert len(set(numbers)) == 3
    assert xlbackprop.check(after).counts == {"right": 334, "wrong": 1, "blank": 1}


def drawn_by_hand(xml):
    """A drawing in which the vocabularies have other prefixes, and single quotes."""
    for letter, other in (("v", "vml"), ("o", "office"), ("x", "x14")):
        xml = re.sub(rf"\b{letter}:(?=[a-zA-Z])".encode(), f"{other}:".encode(), xml)
        xml = xml.replace(f"xmlns:{letter}=".encode(), f"xmlns:{other}=".encode())
    return xml.replace(b'"Note"', b"'Note'")


def test_boxes_of_ours_are_found_again_whatever_their_prefixes(page):
    after = marked(page)
    with zipfile.ZipFile(after) as archive:
        (drawing,) = (name for name in archive.namelist() if name.endswith(".vml"))
    patch(after, {drawing: drawn_by_hand})
    again = marked(after, "again")
    assert_has_own_and_marks(again)
    assert boxed(again) == boxed(marked(page))


@pytest.mark.parametrize(
    "part", [b"<v:shape ", b'<v:shape "', b"<xml ", b"<x:shape x>", b"<o:idmap "]
)
def test_drawing_made_to_be_slow_is_not(part):
    """Each of these would be read to the end from everywhere."""
    drawing = part * 200_000
    assert without_boxes(drawing, {0}) == drawing
    assert last_block([drawing]) == 0
    with pytest.raises(WorkbookError, match="cannot be read"):
        with_boxes(drawing, None, {}, [])


ROUNDS = 5


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(None, id="at-once"),
        pytest.param(resave, id="through-openpyxl", marks=pytest.mark.many),
    ],
)
def test_marking_again_and_again_does_not_grow_the_file(between, page):
    last, lengths = marked(page, "marked-0"), []
    first = sizes(last)
    for number in range(ROUNDS):
        last = marked(between(last) if between else last, f"marked-{number + 1}")
        lengths.append(last.stat().st_size)
    assert_has_own_and_marks(last)
    assert sizes(last) == first
    assert max(lengths) - min(lengths) < 10  # openpyxl writes the time


def sizes(path):
    with zipfile.ZipFile(path) as archive:
        formats = etree.fromstring(archive.read(STYLES)).find("{*}cellXfs")
        return len(formats), len(archive.namelist()), boxed(path)


@pytest.mark.libreoffice
def test_marking_again_and_again_does_not_grow_what_libreoffice_saves(page, tmp_path):
    counts = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        (saved,) = libreoffice.save_as("xlsx", [marked(page)], tmp_path / str(number))
        assert_has_own_and_marks(saved)
        page = saved.rename(tmp_path / "page.xlsx")
        with zipfile.ZipFile(page) as archive:
            counts.append(len(etree.fromstring(archive.read(STYLES)).find("{*}cellXfs")))
    assert counts[1] == counts[2]


def test_what_the_user_wrote_after_a_mark_stays(page):
    resave(after := marked(page), {WRONG: f"{comments(marked(page))[WRONG]}\nmended?"})
    text = comments(marked(after, "again"))[WRONG]
    assert text.startswith("look here\nmended?\n\nWRONG: ")
    assert text.count("— xlbackprop") == 1


def without_its_name(xml):
    return re.sub(rb"<definedName [^>]*xlbackprop.summary.*?</definedName>", b"", xml)


def with_an_underscore(xml):
    return xml.replace(b"xlbackprop.summary", b"xlbackprop_summary")


@pytest.mark.parametrize("change", [without_its_name, with_an_underscore])
def test_first_sheet_is_known_again_though_its_name_is_lost(change, page):
    after = marked(page)
    patch(after, {"xl/workbook.xml": change})
    again = marked(after, "again")
    assert openpyxl.load_workbook(again).sheetnames == ["Marks", "Overview", "conv1", "_xlbackprop"]
    assert sizes(again) == sizes(marked(page))
    assert_has_own_and_marks(again)


def test_sheet_of_the_users_with_that_name_is_not_taken_for_ours(page):
    patch(page, {"xl/workbook.xml": lambda xml: xml.replace(b'"Overview"', b'"Marks"')})
    assert openpyxl.load_workbook(marked(page)).sheetnames[:2] == ["Marks 2", "Marks"]


# Styles.


def pyexcelerate(name, content):
    """Leave the styles as PyExcelerate does: a part with nothing in it, to which nothing refers."""
    if name == STYLES:
        content = re.sub(rb"(<styleSheet[^>]*>).*(</styleSheet>)", rb"\1\2", content, flags=re.S)
    content = re.sub(rb"<(?:Relationship|Override) [^>]*styles[^>]*/>", b"", content)
    return name, content


def refers_without_saying_so(name, content):
    """The same, though the cells' formats have numbers."""
    name, content = pyexcelerate(name, content)
    return None if name == STYLES else (name, content)


def without_formats(name, content):
    if name == STYLES:
        content = re.sub(rb"<(cellXfs|cellStyleXfs|borders)\b.*</\1>", b"", content, flags=re.S)
    return name, content


@pytest.mark.parametrize("form", [pyexcelerate, refers_without_saying_so, without_formats])
def test_styles_that_say_little_are_completed(form, page):
    rewrite(page, form)
    after = marked(page)
    assert_has_own_and_marks(after)
    sheet = openpyxl.load_workbook(after)["conv1"]
    # No other cell is coloured because its format's number is now that of one of ours.
    fills = {sheet[cell].fill.fgColor.rgb for cell in (WRONG, BLANK)}
    assert [c.coordinate for row in sheet for c in row if c.fill.fgColor.rgb in fills] == [
        WRONG,
        BLANK,
    ]
    with zipfile.ZipFile(after) as archive:
        assert len(re.findall(rb"styles\+xml", archive.read(TYPES))) == 1
        assert archive.read("xl/_rels/workbook.xml.rels").count(b"/styles") == 1


@pytest.mark.libreoffice
@pytest.mark.parametrize("form", [None, pyexcelerate], ids=["openpyxl", "pyexcelerate"])
def test_libreoffice_opens_the_marked_copy(form, page, tmp_path):
    if form:
        rewrite(page, form)
    after = marked(page)
    (tmp_path / "out").mkdir()
    (copy,) = libreoffice.save_as("xlsx", [after], tmp_path / "out")
    assert_has_own_and_marks(copy)
    sheet = openpyxl.load_workbook(copy)["conv1"]
    assert sheet[WRONG].fill.fgColor.rgb != sheet[RIGHT].fill.fgColor.rgb


# Where there can be no copy.


def damaged(name, content):
    return name, content.replace(b"</xml>", b"") if name.endswith(".vml") else content


@pytest.fixture
def unmarkable(page):
    rewrite(page, damaged)
    return page


def test_report_is_not_lost_with_the_copy(unmarkable, tmp_path, capsys):
    before, target = unmarkable.read_bytes(), tmp_path / "marked.xlsx"
    assert main(["check", str(unmarkable)]) == 1
    plain, _ = capsys.readouterr()
    html = tmp_path / "page.html"
    files = ["--annotate", str(target), "--html", str(html)]
    assert main(["check", str(unmarkable), *files]) == 1
    out, err = capsys.readouterr()
    *report, verdict = plain.splitlines()
    assert out.splitlines() == [*report, f"page: {html}", "", verdict]
    assert err.startswith("xlbackprop: the marked copy could not be made: ")
    assert err.count("\n") == 1
    assert "the drawing of its notes cannot be read" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "page.xlsx"]
    assert unmarkable.read_bytes() == before


def test_json_is_not_lost_with_the_copy(unmarkable, tmp_path, capsys):
    target = str(tmp_path / "marked.xlsx")
    assert main(["check", str(unmarkable), "--json", "--annotate", target]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["verdict"] == "wrong"
    assert err.count("\n") == 1


def test_report_is_not_lost_where_the_copy_cannot_be_written(page, tmp_path, capsys):
    (tmp_path / "file").write_text("precious")
    assert main(["check", str(page), "--annotate", str(tmp_path / "file" / "marked.xlsx")]) == 2
    out, err = capsys.readouterr()
    assert "WRONG (334 right, 1 wrong, 1 blank)" in out
    assert "marked copy" not in out
    assert "marked.xlsx cannot be written" in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "page.xlsx"]


def test_page_that_is_right_is_not_all_right_without_its_copy(tmp_path, capsys):
    path, target = tmp_path / "right.xlsx", tmp_path / "marked.xlsx"
    xlbackprop.build("conv5x5x2", path)
    patch(path, {STYLES: lambda xml: xml.decode().replace("UTF-8", "UTF-16").encode("utf-16")})
    assert main(["check", str(path)]) == 0
    capsys.readouterr()
    assert main(["check", str(path), "--annotate", str(target)]) == 1
    out, err = capsys.readouterr()
    assert "RIGHT (336 right)" in out
    assert "the marked copy could not be made" in err
    assert not target.exists()


def test_library_says_that_there_can_be_no_copy(unmarkable, tmp_path):
    with pytest.raises(WorkbookError, match="the drawing of its notes cannot be read"):
        xlbackprop.annotate(xlbackprop.check(unmarkable), unmarkable, tmp_path / "marked.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["page.xlsx"]
