"""What stays in a marked copy: everything but the marks, byte for byte."""

import re
import zipfile
from difflib import SequenceMatcher

import pytest
from lxml import etree

from tests.support.filling import patch
from tests.support.marked_copies import (
    BOOK,
    BOOK_RELATIONS,
    CHANGED,
    COMMENTS,
    DRAWING,
    FIRST,
    ORDER,
    PAGE,
    SPACE,
    STYLES,
    TYPES,
    audit,
    members,
    read,
    unlike,
)
from tests.support.rich_workbook import (
    MISTAKES,
)


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


def test_the_marked_copy_is_valid_open_xml(rich, tmp_path):
    before, after = rich
    assert not audit(before)
    assert not audit(after)
    broken = tmp_path / after.name
    broken.write_bytes(after.read_bytes())
    patch(broken, {PAGE: lambda xml: xml.replace(b"<sheetData>", b"<sheetData><mergeCells/>")})
    assert audit(broken)
