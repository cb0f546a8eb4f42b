"""XML that is a trap."""

import re

import pytest

from tests.support.hostile_workbooks import (
    BOOK,
    BOOK_RELS,
    CONTENT_TYPES,
    HIDDEN,
    PAGE,
    ROOT_RELS,
    STRINGS,
    before,
    repeated,
    swapped,
    write,
)
from tests.support.watched_program import assert_bounded, assert_refused, call, run, run_each

ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 20}">'
        for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]>"
)


@pytest.mark.hostile(quick=["xl/worksheets/sheet2.xml-utf-8", "xl/workbook.xml-utf-16"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("part", [BOOK, PAGE, HIDDEN, STRINGS, BOOK_RELS])
def test_entity_bomb_is_refused(part, encoding, parts, path, capsys):
    text = re.sub(r"^<\?xml.*?\?>\s*", "", parts[part].decode())
    name = encoding.removesuffix("-be")
    text = f'<?xml version="1.0" encoding="{name}"?>\n{ENTITIES}{text}'
    text = text.replace("</", "&j;</", 1)
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    bomb = (mark + text).encode(encoding, errors="xmlcharrefreplace")
    write(path, {**parts, part: bomb})
    if encoding == "utf-8" or part == BOOK:
        assert_refused(run(path))
    else:  # refused before anything grows, as the others show
        assert call("check", path) == 2
        assert capsys.readouterr().err.count("\n") == 1


DECLARATIONS = [
    '<!DOCTYPE x SYSTEM "{target}">',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "{target}">]>',
    '<!DOCTYPE x [<!ENTITY % a SYSTEM "{target}"> %a;]>',
    '<?xml-stylesheet href="{target}"?>',
]


@pytest.mark.hostile(quick=["xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize("part", [BOOK, PAGE, STRINGS])
def test_xml_that_names_a_file_or_an_address_has_it_left_alone(part, parts, traps, tmp_path):
    pipe, address = traps
    paths = []
    for number, declaration in enumerate(DECLARATIONS):
        for target in (f"file://{pipe}", address):
            text = swapped(parts[part], b"?>", b"?>" + declaration.format(target=target).encode())
            path = tmp_path / f"{number}-{len(target)}.xlsx"
            paths.append(write(path, {**parts, part: text}))
    assert set(run_each(paths)) <= {0, 2}


SWOLLEN = 240_000_000


@pytest.mark.hostile(quick=["nested"])
@pytest.mark.parametrize(
    ("part", "mark", "opening", "unit", "closing"),
    [
        pytest.param(PAGE, b"</sheetData>", b"<row>", b"<c/>", b"</row>", id="empty-cells"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<row/>", b"", id="empty-rows"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<x/>", b"", id="unknown-elements"),
        pytest.param(PAGE, b"</sheetData>", b"", b"<x>", b"", id="nested"),
        pytest.param(PAGE, b"</sheetData>", b"", b" ", b"", id="spaces"),
        pytest.param(PAGE, b"</sheetData>", b"<!--", b"x", b"-->", id="comment"),
        pytest.param(PAGE, b"</sheetData>", b"<?x ", b"x", b"?>", id="instruction"),
        pytest.param(PAGE, b"</sheetData>", b'<x a="', b"x", b'"/>', id="attribute"),
        pytest.param(PAGE, b"</sheetData>", b"<", b"x", b"/>", id="element-s-name"),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000">',
            b'<c r="A2000" t="b"><v>1</v></c>',
            b"</row>",
            id="cells",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000"><c r="A2000"><v>',
            b"1",
            b"</v></c></row>",
            id="number",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            '<row r="2000"><c r="A2000" t="str"><v>\U0001f600'.encode(),
            b"x",
            b"</v></c></row>",
            id="cell-s-text",
        ),
        pytest.param(
            PAGE,
            b"</sheetData>",
            b'<row r="2000"><c r="A2000"><f>1',
            b"+1",
            b"</f></c></row>",
            id="formula",
        ),
        pytest.param(STRINGS, b"</sst>", b"", b"<si/>", b"", id="empty-texts"),
        pytest.param(STRINGS, b"</sst>", b"", b"<x/>", b"", id="unknown-elements-in-texts"),
        pytest.param(STRINGS, b"</sst>", b"", b"<si>", b"", id="nested-texts"),
        pytest.param(
            STRINGS,
            b"</sst>",
            "<si><t>\U0001f600".encode(),
            b"x",
            b"</t></si>",
            id="shared-text",
        ),
        pytest.param(
            BOOK, b"</definedNames>", b'<definedName name="x">', b"x", b"</definedName>", id="name"
        ),
        pytest.param(
            BOOK, b"</definedNames>", b'<definedName name="', b"x", b'">1</definedName>', id="named"
        ),
        pytest.param(BOOK, b"</definedNames>", b"", b"<x/>", b"", id="unknown-elements-in-book"),
        pytest.param(
            BOOK,
            b"</definedNames>",
            b"",
            b"<x " + b" ".join(b'a%d=""' % number for number in range(100)) + b"/>",
            b"",
            id="attributes-in-book",
        ),
        pytest.param(
            BOOK_RELS, b"</Relationships>", b"", b"<Relationship/>", b"", id="relationships"
        ),
        pytest.param(CONTENT_TYPES, b"</Types>", b"", b"<Default/>", b"", id="content-types"),
    ],
)
def test_part_swollen_to_what_an_archive_may_hold(part, mark, opening, unit, closing, parts, path):
    bomb = repeated(parts[part], mark, unit, SWOLLEN // len(unit), opening, closing)
    write(path, {**parts, part: bomb})
    assert path.stat().st_size < 5_000_000
    assert_bounded(run(path))


@pytest.mark.hostile
def test_element_with_millions_of_attributes_is_refused_or_judged(parts, path):
    attributes = "".join(f' a{number}=""' for number in range(3_000_000)).encode()
    page = before(parts[PAGE], b"</sheetData>", b"<x" + attributes + b"/>")
    assert_bounded(run(write(path, {**parts, PAGE: page})))


def test_nesting_of_a_few_thousand_elements_is_no_crash(parts, path, capsys):
    for part, mark in ((PAGE, b"</sheetData>"), (STRINGS, b"</sst>"), (BOOK, b"</definedNames>")):
        deep = before(parts[part], mark, b"<x>" * 50_000 + b"</x>" * 50_000)
        write(path, {**parts, part: deep})
        assert call("check", path) in (0, 2)
        assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.parametrize(
    "encoding",
    [
        *("cp037", "utf-7", "utf-8-sig", "utf-32", "UCS-4", "latin-1", "big5", "mbcs", "x" * 500),
        *("idna", "punycode", "undefined", "rot13", "hex", "zip"),
    ],
)
def test_xml_in_an_odd_encoding_is_judged_or_refused(encoding, parts, path, capsys):
    page = swapped(parts[PAGE], b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())
    write(path, {**parts, PAGE: page})
    assert call("check", path) in (0, 2)
    assert capsys.readouterr().err.count("\n") <= 1


@pytest.mark.parametrize("part", [BOOK, BOOK_RELS, ROOT_RELS, PAGE, HIDDEN, STRINGS])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="missing"),
        pytest.param(b"", id="empty"),
        pytest.param(b"<", id="cut"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"<a/>", id="another-document"),
        pytest.param(b"<a><b></a></b>", id="badly-nested"),
    ],
)
def test_part_that_is_missing_or_broken_is_refused(content, part, parts, path, capsys):
    parts.pop(part)
    write(path, parts if content is None else {**parts, part: content})
    status = call("check", path)
    output = capsys.readouterr()
    if part == PAGE and content == b"<a/>":
        assert status == 1  # an empty sheet is a sheet
    else:
        assert status == 2
        assert output.out == ""
        assert output.err.count("\n") == 1


@pytest.mark.hostile(quick=["xl/worksheets/sheet2.xml"])
@pytest.mark.parametrize("part", [PAGE, STRINGS, BOOK_RELS])
def test_missing_part_is_refused(part, parts, path):
    parts.pop(part)
    assert_refused(run(write(path, parts)), "damaged")
