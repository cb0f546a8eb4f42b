"""The workbook handed back: marked where it is not right, and nothing else in it changed."""

import json
import re
import warnings
import zipfile
from difflib import SequenceMatcher

import openpyxl
import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator

import xlbackprop
from tests.support.filling import fill, patch
from tests.support.oracles import libreoffice
from tests.support.rich_workbook import (
    ELSEWHERE,
    MISTAKES,
    NOTES,
    PLAIN,
    RICH,
    THREAD,
    write_rich_workbook,
)
from xlbackprop import Hints
from xlbackprop.__main__ import main
from xlbackprop.workbook.annotate.marks import COLOURS

BOOK, STYLES, PAGE = "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"
COMMENTS, DRAWING = "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"
TYPES, BOOK_RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
CHANGED = {TYPES, BOOK, BOOK_RELATIONS, STYLES, PAGE, COMMENTS, DRAWING}
FIRST = "xl/worksheets/sheet4.xml"  # the sheet that is added
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

# The order that the format demands of what is in a sheet, a workbook, and its styles.
ORDER = {
    "worksheet": "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr"
    " sheetProtection protectedRanges scenarios autoFilter sortState dataConsolidate"
    " customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks"
    " printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties"
    " cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture oleObjects"
    " controls webPublishItems tableParts extLst",
    "workbook": "fileVersion fileSharing workbookPr workbookProtection bookViews sheets"
    " functionGroups externalReferences definedNames calcPr oleSize customWorkbookViews"
    " pivotCaches smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst",
    "styleSheet": "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles"
    " colors extLst",
}


def marked_copy(path, target=None, hints=Hints.RULE):
    target = target or path.with_stem(f"marked-{path.stem}")
    report = xlbackprop.check(path).told(hints)
    return xlbackprop.annotate(report, path, target, force=True)


def load(path):
    """Open a workbook in openpyxl, which says what it would lose on saving."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* extension is not supported", UserWarning)
        return openpyxl.load_workbook(path)


def read(path, part):
    with zipfile.ZipFile(path) as archive:
        return archive.read(part)


@pytest.fixture(scope="module", params=[".xlsx", ".xlsm"])
def rich(request, tmp_path_factory):
    """The rich workbook and its marked copy."""
    path = tmp_path_factory.mktemp("rich") / f"rich{request.param}"
    write_rich_workbook(path, macros=request.param == ".xlsm")
    return path, marked_copy(path)


# What stays.


def members(path):
    """Return what each part has in the archive: its compressed bytes, date and method."""
    found = {}
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            lengths = file.read(4)
            file.seek(sum(int.from_bytes(lengths[at : at + 2], "little") for at in (0, 2)), 1)
            compressed = file.read(info.compress_size)
            found[info.filename] = (compressed, info.date_time, info.compress_type, info.CRC)
    return found


def unlike(before, after):
    """Return the parts that differ in anything, or are gone, or have changed places."""
    old, new = members(before), members(after)
    differing = {name for name in old if new.get(name) != old[name]}
    same_order = [name for name in new if name in old] == list(old)
    return differing if same_order else {*differing, "the order"}


def test_parts_that_need_not_change_are_byte_identical(rich):
    before, after = rich
    assert unlike(before, after) == CHANGED
    added = set(members(after)) - set(members(before))
    assert added == {FIRST}
    features = ("xl/charts/", "xl/media/", "xl/drawings/drawing", "xl/tables/", "xl/threaded")
    assert all(any(name.startswith(start) for name in members(after)) for start in features)
    assert ("xl/vbaProject.bin" in members(after)) == (after.suffix == ".xlsm")


@pytest.mark.parametrize("level", [1, 9], ids=["a-byte-changed", "compressed-otherwise"])
def test_a_part_that_changed_is_noticed(rich, tmp_path, level):
    before, after = rich
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(after) as source, zipfile.ZipFile(other, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "xl/theme/theme1.xml":
                content = content.replace(b"Office", b"Orifice", 1) if level == 1 else content
                target.writestr(info, content, compresslevel=level)
            else:
                target.writestr(info, content)
    assert "xl/theme/theme1.xml" in unlike(before, other)


def changes(before, after, part):
    """Return the tags taken out of a part and those put in, with the text after each."""
    old, new = (re.split(rb"(?=<)", read(path, part)) for path in (before, after))
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    steps = [step for step in steps if step[0] != "equal"]
    taken = [tag for _, start, end, _, _ in steps for tag in old[start:end]]
    put = [tag for _, _, _, start, end in steps for tag in new[start:end]]
    return taken, put


def test_of_a_sheet_only_the_marked_cells_change(rich):
    taken, put = changes(*rich, PAGE)
    cells = [re.fullmatch(rb'<c r="([A-Z]+\d+)"( s="\d+")?(.*)', tag) for tag in put]
    assert all(cells), put
    assert {cell[1].decode() for cell in cells} == set(MISTAKES)
    # Nothing but the format is another one; a cell that was not stored is new.
    without = [re.sub(rb' s="\d+"', b"", tag) for tag in taken]
    stored = [re.sub(rb' s="\d+"', b"", cell[0]) for cell in cells if cell[1] != b"AD9"]
    assert without == stored


@pytest.mark.parametrize(
    ("part", "tags"),
    [
        (BOOK, {"workbookView", "definedName"}),  # positions of sheets
        (STYLES, {"fonts", "fills", "borders", "cellXfs"}),  # their counts
        (DRAWING, {"o:idmap"}),  # the numbers of shapes
        (COMMENTS, set()),
        (TYPES, set()),
        (BOOK_RELATIONS, set()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_of_other_parts_nothing_goes_but_what_counts(rich, part, tags):
    taken, put = changes(*rich, part)
    assert {re.match(rb"</?([\w:]+)", tag)[1].decode() for tag in taken} <= tags
    for tag in taken:  # each is there again with another number, of the sheets or of the entries
        same = re.sub(rb"\d", b"", tag)
        assert same in {re.sub(rb"\d", b"", re.sub(rb",\d+", b"", other)) for other in put}


def test_of_the_styles_none_changes_its_number(rich):
    old, new = (etree.fromstring(read(path, STYLES)) for path in rich)
    for name in ("fonts", "fills", "borders", "cellXfs", "cellStyleXfs", "dxfs"):
        before, after = (
            [etree.tostring(e) for e in root.find(SPACE + name)] for root in (old, new)
        )
        assert after[: len(before)] == before
        assert new.find(SPACE + name).get("count") == str(len(after))


def test_what_counts_sheets_by_position_counts_on(rich):
    old, new = (etree.fromstring(read(path, BOOK)) for path in rich)
    places = [
        [n.get("localSheetId") for n in root.iter(f"{SPACE}definedName")] for root in (old, new)
    ]
    assert [n for n in places[0] if n] == ["1"]
    assert [n for n in places[1] if n] == ["2"]
    (view,) = new.iter(f"{SPACE}workbookView")
    names = [sheet.get("name") for sheet in new.iter(f"{SPACE}sheet")]
    assert names == ["Marks", "Overview", "conv1", "_xlbackprop"]
    assert names[int(view.get("activeTab"))] == "conv1"


def disordered(xml):
    """Return whether the elements of a part are in an order that the format forbids."""
    root = etree.fromstring(xml)
    order = ORDER[etree.QName(root).localname].split()
    places = [order.index(etree.QName(child).localname) for child in root]
    return places != sorted(places)


def test_elements_are_in_the_order_of_the_schema(rich):
    _, after = rich
    with zipfile.ZipFile(after) as archive:
        for part in (BOOK, STYLES, PAGE, FIRST):
            assert not disordered(archive.read(part)), part
        page = archive.read(PAGE)
    drawing = re.search(rb"<legacyDrawing [^>]*/>", page)[0]
    moved = page.replace(drawing, b"").replace(b"<sheetData>", drawing + b"<sheetData>")
    assert disordered(moved)


def audit(path):
    """Return what the rules of the Open XML SDK have against a file."""
    return [str(error) for error in OpenXmlValidator().validate(path).errors]


def test_the_marked_copy_is_valid_open_xml(rich, tmp_path):
    before, after = rich
    assert not audit(before)
    assert not audit(after)
    broken = tmp_path / after.name
    broken.write_bytes(after.read_bytes())
    patch(broken, {PAGE: lambda xml: xml.replace(b"<sheetData>", b"<sheetData><mergeCells/>")})
    assert audit(broken)


# What is said.


def runs_of(path, cell):
    root = etree.fromstring(read(path, COMMENTS))
    (comment,) = (c for c in root.iter(f"{SPACE}comment") if c.get("ref") == cell)
    return [etree.tostring(run) for run in comment.find(f"{SPACE}text")]


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
    assert "328 right, 3 wrong, 2 blank, 3 invalid" in texts
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
