"""What stands on the page, and what does not: its parts, its bounds, its secrets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

import xlbackprop
from tests.support.filling import fill
from tests.support.handmade import LAYOUTS, build
from tests.support.program import ROOT, environment
from tests.support.reviewed_workbooks import ANSWER, conv_review
from xlbackprop import Hints, html_report, make_report
from xlbackprop.equation import Kind, Tensor
from xlbackprop.find.mapping import parse_map
from xlbackprop.judge.verify import Status
from xlbackprop.notation.numbers import number_writer
from xlbackprop.report.html import records, sections
from xlbackprop.report.html.legend import KIND_MEANINGS, SIGNS, STATUS_MEANINGS, VERDICTS
from xlbackprop.report.html.selection import common_limit, select
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.write.sheets.style import kind_format

ASSETS = ROOT / "xlbackprop" / "report" / "html" / "assets"


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    return conv_review(tmp_path_factory.mktemp("conv"))


def parsed(page: str):
    return lxml_html.fromstring(page)


def texts(tree, path: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in tree.xpath(path)]


def data_of(page: str):
    return json.loads(parsed(page).get_element_by_id("data").text)


def test_page_begins_with_the_verdict_and_the_counts(review):
    tree = parsed(html_report(review))
    assert texts(tree, "//h1") == ["mine.xlsx"]
    assert texts(tree, "//p[contains(@class, 'verdict')]") == ["✗ Something is wrong"]
    assert texts(tree, "//header//li") == ["333 right", "1 wrong", "1 invalid", "1 blank"]


def test_page_draws_every_entry_of_every_tensor_once(review):
    page = html_report(review)
    tree, data = parsed(page), data_of(page)
    for number, tensor in enumerate(review.network.tensors.values()):
        cells = tree.xpath(f"//*[@id='tensor-{number}']//tbody//td")
        assert len(cells) == tensor.size
        assert sorted(data["tensors"][number]["entries"]) == list(range(tensor.size))
    assert len(tree.xpath("//table[@role='grid']")) == 34


def test_cell_is_drawn_at_the_crossing_of_its_indices(review):
    page = html_report(review)
    grid = parsed(page).xpath("//table[@aria-label='conv1.dL_dw, k = 1, c = 0']")[0]
    assert texts(grid, "./thead//th") == ["0", "1", "2"]
    assert texts(grid, "./thead//td") == ["a\\b"]
    assert texts(grid, "./tbody/tr[1]/*")[2] == "149.6"
    found = review.found["conv1.dL_dw"].numbers[1, 0]
    drawn = [float(text.replace("−", "-")) for text in texts(grid, "./tbody//td")]
    np.testing.assert_allclose(np.reshape(drawn, (3, 3)), found, atol=0.051)


@pytest.mark.parametrize("hints", Hints, ids=lambda hints: hints.word)
def test_page_tells_no_more_than_its_level_of_hints(review, hints):
    page = html_report(review, hints)
    tree, data = parsed(page), data_of(page)
    assert (f"-{ANSWER}" in page) == (hints >= Hints.ANSWER)
    assert bool(tree.xpath("//math")) == (hints >= Hints.RULE)
    assert bool(data["ranges"]) == (hints >= Hints.RULE)
    assert ("a number typed as text" in page) == (hints >= Hints.KIND)
    assert "149.58" in page  # what the user typed is no secret


def test_blank_page_holds_no_answer(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "blank.xlsx", blank=["dL_dw"])
    page = html_report(xlbackprop.review_workbook(path))
    assert ANSWER not in page
    assert "Nothing is wrong so far, but cells are blank" in page
    assert texts(parsed(page), "//section[@aria-labelledby='not-right']//p") == [
        "Still empty: conv1.dL_dw."
    ]


def test_list_has_a_few_cells_of_each_cause_and_says_how_many_more(tmp_path):
    path = xlbackprop.build("conv5x5x2", tmp_path / "many.xlsx")
    cells = list(np.ndindex(3, 2, 3, 3))
    fill(path, {("conv1.dL_dw", index): 1e6 for index in cells[:50]})
    fill(path, {("conv1.dL_dout_spread", (0, 2, 2)): 1e6})
    review = xlbackprop.review_workbook(path)
    counts = xlbackprop.make_report(review).counts
    tree = parsed(html_report(review))
    assert counts["wrong"] == 51
    assert counts["carried"] > 10
    causes = tree.xpath("//div[@class='cause']")
    assert [one.get("data-status") for one in causes] == ["wrong", "wrong", "carried"]
    assert [one.xpath("./details")[0].get("open") is not None for one in causes] == [
        True, False, False,
    ]  # fmt: skip
    assert [len(one.xpath(".//tbody/tr")) for one in causes] == [1, 40, 10]
    assert texts(causes[1], "./p/a")[0].endswith(
        "conv1.dL_dw, 50 of 54 cells, conv1.K32:M34, O32:Q34, S32:U34, and 4 more ranges"
    )
    more = [text for one in causes for text in texts(one, ".//p[@class='remark']")]
    assert more == [
        "… and 10 more: see the grids below.",
        f"… and {counts['carried'] - 10} more: see the grids below.",
    ]


ON_TOP = "//section[@aria-labelledby='what-to-know']//li"


def test_notes_stand_on_top(review):
    notes = (Note(NoteKind.NOT_RECALCULATED, reason="the engine is away"),)
    page = html_report(replace(review, notes=notes))
    (note,) = texts(parsed(page), ON_TOP)
    assert note == "not recalculated: the engine is away; the saved values are judged"


CAUSES = "//section[@aria-labelledby='not-right']//div[@data-status='wrong']/p"


def test_cause_stands_on_top_and_its_diagnosis_beside_its_tensor(review):
    results = {tensor.name: tensor for tensor in make_report(review).tensors}
    (diagnosis,) = results["conv1.dL_dw"].diagnosis
    assert "sign" in diagnosis["slip"]
    tree = parsed(html_report(review))
    line = "wrong sign reversed: conv1.dL_dw, 1 of 54 cells, conv1.P32"
    advice = "Check the sign: each of these numbers should be its negative."
    assert texts(tree, CAUSES) == [line, advice]
    beside = "//article[contains(., 'conv1.dL_dw')]//p[@class='diagnosis']"
    assert texts(tree, beside) == [diagnosis["message"]]
    named = parsed(html_report(review, Hints.KIND))
    assert texts(named, CAUSES) == [line]
    (where,) = texts(parsed(html_report(review, Hints.WHERE)), CAUSES)
    assert where == "wrong wrong: conv1.dL_dw, 1 of 54 cells, conv1.P32"


def test_sources_on_the_page_are_those_of_the_references(review):
    data = data_of(html_report(review))
    numbers = {one["name"]: number for number, one in enumerate(data["tensors"])}
    out = data["tensors"][numbers["conv1.out"]]
    record = out["cells"][out["entries"].index((2 * 3 + 0) * 3 + 1)]  # out[2,0,1]
    ranges = [data["ranges"][number] for number in record[3]]
    h, w, b = (numbers[f"conv1.{name}"] for name in ("h", "w", "b"))
    assert ranges == [[h, 1, 3, 3], [w, 36, 3, 3], [h, 26, 3, 3], [w, 45, 3, 3], [b, 2, 1, 1]]


def test_more_sources_than_anybody_follows_are_counted(review, monkeypatch):
    monkeypatch.setattr(records, "_MOST_SOURCES", 2)
    data = data_of(html_report(review))
    out = next(one for one in data["tensors"] if one["name"] == "conv1.out")
    assert [len(data["ranges"]) > number >= 0 for number in out["cells"][0][3][:2]] == [True, True]
    assert out["cells"][0][3][2:] == [-3]


def test_policy_allows_the_own_style_and_script_and_nothing_else(review):
    tree = parsed(html_report(review))
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    (style,), (script,) = tree.xpath("//style/text()"), tree.xpath("//script[not(@type)]/text()")
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'",
        "script-src": f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not tree.xpath("//@style")
    names = {name for element in tree.iter() for name in element.attrib}
    assert "class" in names
    assert not [name for name in names if name.startswith("on")]


def test_page_needs_nothing_from_elsewhere(review):
    page = html_report(review)
    assert not parsed(page).xpath("//@src | //link")
    assert not re.findall(r"url\(|@import", page)
    assert set(re.findall(r"https?://[^\"<]*", page)) == {"http://www.w3.org/1998/Math/MathML"}


@given(sizes=st.lists(st.integers(1, 500), min_size=1, max_size=20), budget=st.integers(20, 2000))
def test_common_limit_spends_the_budget_and_no_more(sizes, budget):
    limit = common_limit(sizes, budget)
    spent = sum(min(size, limit) for size in sizes)
    assert spent <= budget
    if spent < sum(sizes):
        assert sum(min(size, limit + 1) for size in sizes) > budget


def tensor(*shape: int, block_rank: int = 2, vertical: bool = False) -> Tensor:
    axes = tuple("kcij"[-len(shape) :]) if shape else ()
    return Tensor("a", "t", shape, axes, Kind.FORWARD, "", block_rank=block_rank, vertical=vertical)


@pytest.mark.parametrize(
    ("what", "heads"),
    [
        pytest.param(tensor(), [(None, None)], id="scalar"),
        pytest.param(tensor(3, block_rank=1), [(None, (0, 1, 2))], id="row"),
        pytest.param(tensor(3, block_rank=1, vertical=True), [((0, 1, 2), None)], id="column"),
        pytest.param(
            tensor(20, block_rank=1),
            [(None, tuple(range(16))), (None, tuple(range(16, 20)))],
            id="long-row",
        ),
        pytest.param(tensor(3, block_rank=0), [(None, (0, 1, 2))], id="single-cells"),
        pytest.param(tensor(2, 2, 3), [((0, 1), (0, 1, 2))] * 2, id="blocks"),
        pytest.param(
            tensor(1, 40), [((0,), tuple(range(32))), ((0,), tuple(range(32, 40)))], id="wide"
        ),
    ],
)
def test_tensor_is_drawn_whole_within_the_limit(what, heads):
    pieces = select(what, np.zeros(what.shape, dtype=np.bool_), limit=1000)
    assert [(piece.rows, piece.columns) for piece in pieces] == heads
    entries = np.concatenate([piece.entries.ravel() for piece in pieces])
    assert sorted(entries.tolist()) == list(range(what.size))


def test_tensor_beyond_the_limit_is_cut_to_what_is_not_right():
    trouble = np.zeros((5, 300, 400), dtype=np.bool_)
    trouble[3, 211, 377] = trouble[3, 5, 120] = True
    pieces = select(tensor(5, 300, 400), trouble, limit=640)
    drawn = np.concatenate([piece.entries.ravel() for piece in pieces])
    assert set(np.flatnonzero(trouble)) <= set(drawn.tolist())
    assert 320 <= drawn.size <= 640
    assert {piece.label for piece in pieces} == {"c = 3"}


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        pytest.param([3, -7, 0], ["3", "−7", "0"], id="whole"),
        pytest.param([0.25, -1.5, 0], ["0.25", "−1.50", "0"], id="decimals-they-have"),
        pytest.param([1 / 3, 0.1], ["0.3333", "0.1000"], id="four-decimals"),
        pytest.param([1234.5678], ["1235"], id="large"),
        pytest.param([12.345678], ["12.35"], id="medium"),
        pytest.param([1.5e9], ["1.5e+09"], id="very-large"),
        pytest.param([2e-7], ["2.0e−07"], id="very-small"),
    ],
)
def test_numbers_of_a_tensor_are_written_alike(numbers, shown):
    write = number_writer(np.array(numbers, dtype=float))
    assert [write(number) for number in numbers] == shown


def test_large_network_gives_a_page_of_bounded_size(tmp_path, monkeypatch):
    path = xlbackprop.build("digit", tmp_path / "digit.xlsx")
    review = xlbackprop.review_workbook(path)
    monkeypatch.setattr(sections, "MOST_CELLS", 3_000)
    monkeypatch.setattr(sections, "MOST_TENSORS", 40)
    tree = parsed(html_report(review))
    cells = len(tree.xpath("//table[@role='grid']/tbody//td"))
    assert 1_500 < cells <= 3_000
    assert len(tree.xpath("//article")) == 40
    remarks = texts(tree, "//p[@class='remark']")
    assert "12 more tensors are not drawn." in remarks
    assert any(re.fullmatch(r"\d+ of 2,880 cells are drawn, .*", remark) for remark in remarks)


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_workbook_in_another_layout_has_its_page(layout, tmp_path):
    foreign = build("conv5x5x2", layout, tmp_path)
    review = xlbackprop.review_workbook(foreign.path, map=parse_map(foreign.map, tmp_path))
    page = html_report(review)
    tree, data = parsed(page), data_of(page)
    assert texts(tree, "//p[contains(@class, 'verdict')]") == ["✓ Everything is right"]
    for tensor in data["tensors"]:
        found = review.found.get(tensor["name"])
        assert len(tensor["cells"]) == (found.tensor.size if found else 0)
        if found:
            assert tensor["cells"][0][0] == "{}!{}".format(
                *found.places.at((0,) * found.numbers.ndim)
            )
    missing = len(review.network.tensors) - len(review.found)
    assert len(texts(tree, "//p[@class='remark']")) == missing


def test_tensors_that_are_not_in_the_workbook_are_said_to_be_missing(tmp_path):
    foreign = build("mlp-2-2-2", "transposed", tmp_path)
    mapped = parse_map(foreign.map)
    kept = {name: places for name, places in mapped.tensors.items() if name != "dense1.b"}
    few = xlbackprop.Map(kept, "mlp-2-2-2", "Sheet1")
    tree = parsed(html_report(xlbackprop.review_workbook(foreign.path, map=few)))
    remarks = set(texts(tree, "//p[@class='remark']"))
    assert "not found in this workbook: taken from the spec" in remarks
    assert "not found in this workbook: computed from what is" in remarks
    notes = texts(tree, "//section[@aria-labelledby='what-to-know']//li")
    assert notes == ["not in the map, and taken from the spec: dense1.b"]


def test_every_status_kind_and_verdict_has_its_words():
    assert set(SIGNS) == set(STATUS_MEANINGS) == {status.word for status in Status}
    assert len(set(SIGNS.values())) == len(SIGNS)
    assert set(KIND_MEANINGS) == set(Kind)
    assert set(VERDICTS) == {"right", "wrong", "incomplete"}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.LINK])
def test_kinds_have_the_colours_of_the_workbook(kind):
    style = (ASSETS / "style.css").read_text()
    colours = kind_format(kind)
    assert f"--{kind}: {colours['bg_color'].lower()}; " in style
    assert f"--{kind}-ink: {colours['font_color'].lower()};" in style


def test_signs_of_the_style_are_those_of_the_legend():
    style = (ASSETS / "style.css").read_text()
    for status, sign in SIGNS.items():
        assert re.search(rf'td\.{status}::before.*content: "{sign} " / "{status}: "', style)


def test_wheel_brings_the_page(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    script = (
        "import sys, xlbackprop as x; x.build('conv5x5x2', 'a.xlsx');"
        "print(x.__file__, len(x.html_report(x.review_workbook('a.xlsx'))))"
    )
    installed = environment(PYTHONPATH=str(tmp_path / "installed"))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env=installed, capture_output=True, text=True, check=True,
    )  # fmt: skip
    file, size = done.stdout.split()
    assert file.startswith(str(tmp_path))
    assert int(size) > 50_000
