"""Specs, networks and reports show themselves in a notebook, and nothing in them is markup."""

import ast
import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

import xlbackprop
from tests.support.program import ROOT

NOTEBOOK = ROOT / "docs/notebook.ipynb"
EVIL = "<script>alert('x')</script>&\"\n"


class Tags(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.open = set(), [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        assert not attrs
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def run(cells):
    """Run the cells of a notebook; return what the last line of each gives, as a notebook does."""
    known, shown = {}, []
    for cell in cells:
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), known)
        if last is not None:
            shown.append(eval(compile(ast.Expression(last.value), "<cell>", "eval"), known))
    return [one for one in shown if one is not None]


def test_notebook_runs_and_its_results_show_themselves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    shown = run([cell for cell in cells if cell["cell_type"] == "code"])
    assert [type(one).__name__ for one in shown] == ["Spec", "Network", "Report", "Report"]
    pages = [Tags(one._repr_html_()) for one in shown]
    assert "conv5x5x2: input 2×5×5" in pages[0].texts
    assert "3×3×3" in pages[1].texts
    assert any("incomplete" in text for text in pages[2].texts)
    assert any(text.startswith("mine.xlsx: wrong (") for text in pages[3].texts)
    (wrong,) = shown[3].cells
    assert f"{wrong.sheet}!{wrong.cell}" in pages[3].texts
    assert not any(cell.get("outputs") for cell in cells)


def test_nothing_in_them_is_markup():
    spec = xlbackprop.load_spec("conv5x5x2")
    named = replace(spec, name=EVIL, layers=(replace(spec.layers[0], options={EVIL: EVIL}),))
    network = xlbackprop.build_network(spec)
    cell = xlbackprop.CellResult(EVIL, "A1", EVIL, (0,), "wrong", EVIL, 1.0, None, None, EVIL, EVIL)
    tensor = xlbackprop.TensorResult(EVIL, {"wrong": 30})
    report = xlbackprop.Report(EVIL, "wrong", {"wrong": 30}, (tensor,), (cell,) * 30, (EVIL,))
    for one in (named, replace(network, spec=named), report.with_causes()):
        page = one._repr_html_()
        tags = Tags(page)
        assert tags.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td"}
        assert "<script" not in page
        assert any("<script>" in text for text in tags.texts)
    assert page.count("A1") <= 21 + len(report.with_causes().causes)


@pytest.mark.parametrize("page", ["<table><p onclick='x'></p></table>", "<table>"])
def test_markup_that_is_not_closed_or_does_something_is_noticed(page):
    with pytest.raises(AssertionError):
        Tags(page)
