"""Texts that would be obeyed somewhere, were they not inert: in pages, tables and terminals."""

from __future__ import annotations

import csv
import json
import unicodedata
from io import StringIO
from xml.sax.saxutils import escape, quoteattr

import pytest

import xlbackprop
from tests.support.filling import fill, patch
from tests.support.oracles.browser import opened
from tests.support.program import ROOT
from tests.support.reviewed_workbooks import write_page
from xlbackprop import Hints
from xlbackprop.__main__ import main
from xlbackprop.report.terminal import report as terminal

SCRIPT = "<script>alert(1)</script>"
TEXTS = {
    "script": SCRIPT,
    "closing": "</script></style></td><img src=x onerror=alert(1)>",
    "comment": "<!--<script>",
    "entity": "&lt;b&gt; &amp; \"quoted\" 'twice'",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "command": "=cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "wide": "＝1+1",
    "markup": "[bold red]not bold[/]",
    "link": "[link=https://example.org]here[/link]",
    "emoji": ":smile:",
    "backwards": "\u202egnorw",
}
FORMULA = '="<img src=x onerror=alert(2)>"&HYPERLINK("javascript:alert(3)")'
SHEET = "<i>&'\"[red]"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A workbook with such texts in its cells, a formula, a sheet's name, its names, its spec."""
    folder = tmp_path_factory.mktemp("hostile")
    spec = folder / "spec.toml"
    template = (ROOT / "templates" / "conv5x5x2.toml").read_text()
    about = json.dumps(f"about {SCRIPT} [bold]us[/]")
    lines = [line for line in template.splitlines() if not line.startswith("about")]
    spec.write_text("\n".join([f"about = {about}", *lines]))
    path = xlbackprop.build(spec, folder / "<b>=1+1.xlsx")
    cells = [("conv1.dL_dw", (k, c, a, b)) for k in range(2) for c in range(2)
             for a in range(3) for b in range(3)]  # fmt: skip
    typed = [(None, text) for text in TEXTS.values()]
    fill(path, dict(zip(cells, typed, strict=False)))
    fill(path, {("conv1.dL_dh", (0, 0, 0)): (FORMULA, "<u>")})
    patch(path, {"xl/workbook.xml": _with_hostile_names})
    return xlbackprop.review_workbook(path)


def _with_hostile_names(xml: bytes) -> bytes:
    text = xml.decode()
    quoted = "'" + SHEET.replace("'", "''") + "'!"
    assert ">conv1!" in text
    text = text.replace(">conv1!", f">{escape(quoted)}").replace(
        'sheet name="conv1"', f"sheet name={quoteattr(SHEET)}"
    )
    name = f"<definedName name={quoteattr(SCRIPT)}>{escape(quoted)}$A$1</definedName>"
    return text.replace("<definedNames>", f"<definedNames>{name}").encode()


@pytest.fixture(scope="module")
def report(hostile):
    return xlbackprop.make_report(hostile)


def found_by_index(report):
    return {cell.index: cell for cell in report.cells if cell.tensor == "conv1.dL_dw"}


def test_hostile_texts_are_read_as_they_are(report):
    found = [cell.found for cell in found_by_index(report).values()]
    assert set(TEXTS.values()) <= set(found)
    assert {cell.sheet for cell in report.cells} == {SHEET}
    assert any(cell.formula == FORMULA for cell in report.cells)


@pytest.mark.browser
@pytest.mark.parametrize("hints", Hints, ids=lambda hints: hints.word)
def test_page_shows_hostile_texts_and_obeys_none(chromium, hostile, tmp_path, hints):
    path = write_page(hostile, tmp_path / "page.html", hints)
    with opened(chromium, path) as it:
        assert it.page.title() == "<b>=1+1.xlsx: wrong"
        assert it.page.locator("h1").inner_text() == "<b>=1+1.xlsx"
        assert f"about {SCRIPT} [bold]us[/]" in it.page.locator(".network").inner_text()
        assert it.page.locator("main :is(script, img, i, u, a[href^='javascript'])").count() == 0
        it.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        cells = ".list tr:has-text('conv1.dL_dw') a"
        for number, text in enumerate(TEXTS.values()):
            it.page.locator(f"{cells}[data-entry='{number}']").click()
            shown = it.page.locator("#details dd").first.inner_text()
            assert shown == _on_one_line(text)
            drawn = it.page.locator("td.current").inner_text()
            assert drawn.removesuffix("…") == _on_one_line(text)[: len(drawn.removesuffix("…"))]
        it.page.locator("[aria-label='conv1.dL_dh, c = 0'] tbody td").first.click()
        details = it.page.locator("#details").inner_text()
        assert FORMULA in details
        assert f"{SHEET}!" in details
        assert it.complaints == []  # neither a dialog nor an error, nor anything to be blocked


def _on_one_line(text: str) -> str:
    return " ".join(text.split()).replace("\u202e", "\N{REPLACEMENT CHARACTER}")


@pytest.mark.browser
def test_page_that_did_not_escape_would_be_noticed(chromium, hostile, tmp_path):
    page = xlbackprop.html_report(hostile)
    path = tmp_path / "careless.html"
    path.write_text(page.replace("&lt;script&gt;alert(1)&lt;/script&gt;", SCRIPT))
    with opened(chromium, path) as it:
        assert it.page.locator("main script, header script").count() > 0
        assert it.complaints != []


def test_json_gives_hostile_texts_back_unchanged(report):
    text = report.to_json()
    assert text.isascii()
    found = [cell["found"] for cell in json.loads(text)["cells"]]
    assert set(TEXTS.values()) <= set(found)


def test_terminal_shows_hostile_texts_as_plain_text(report):
    stream = StringIO()
    terminal.print_report(report, stream, all_cells=True)
    printed = stream.getvalue()
    assert "[bold red]not bold[/]" in printed  # rich would have taken it for a style
    assert ":smile:" in printed
    assert _obeyed(printed) == set()


def _obeyed(text: str) -> set[str]:
    """Return the characters that a terminal acts on rather than shows, but for line ends."""
    return {one for one in text if unicodedata.category(one) in ("Cc", "Cf")} - {"\n"}


def test_character_that_a_terminal_obeys_is_noticed():
    assert _obeyed("a\x1b[31mb\u202e\n") == {"\x1b", "\u202e"}


def test_csv_begins_no_text_like_a_formula(report):
    rows = list(csv.DictReader(StringIO(xlbackprop.csv_report(report))))
    assert len(rows) == len(report.cells)
    for row, cell in zip(rows, report.cells, strict=True):
        for column, entry in row.items():
            is_number = isinstance(getattr(cell, column), float)
            assert is_number or not _is_calculated(entry), (column, entry)
        assert _obeyed("".join(row.values())) == set()
    found = {row["found"] for row in rows}
    assert {SCRIPT, f"'{TEXTS['command']}", f"'{TEXTS['minus']}", "'=1+1"} <= found
    assert any(row["formula"] == f"'{FORMULA}" for row in rows)


def _is_calculated(entry: str) -> bool:
    return unicodedata.normalize("NFKC", entry).lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("entry", ["=1", " =1", "\t@x", "\r+1", "-1+cmd", "＝1", "＠x"])
def test_text_that_a_spreadsheet_would_calculate_is_noticed(entry):
    assert _is_calculated(entry)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("name", SCRIPT, id="network"),
        pytest.param("layer", SCRIPT, id="layer"),
        pytest.param("layer", "=cmd|' /C calc'!A0", id="formula-as-layer"),
        pytest.param("layer", "x\x1b]0;owned\x07", id="control-characters"),
    ],
)
def test_names_that_are_no_names_are_refused_in_one_plain_line(tmp_path, capsys, key, value):
    spec = tmp_path / "spec.toml"
    name = json.dumps(value if key == "name" else "fine")
    layer = json.dumps(value if key == "layer" else "conv1")
    spec.write_text(
        f'name = {name}\ninput = [1, 4, 4]\n[[layers]]\ntype = "conv2d"\nname = {layer}\n'
        "filters = 1\nkernel = 2\n"
    )
    assert main(["build", str(spec), "-o", str(tmp_path / "out.xlsx")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert _obeyed(error) == set()
    assert not (tmp_path / "out.xlsx").exists()
