"""Links that lead where they say: to the neighbours, the Overview, and what a copy shows."""

import zipfile

import openpyxl
import pytest

import xlbackprop
from tests.support.oracles import workbook


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = xlbackprop.build("two-conv", tmp_path_factory.mktemp("links") / "page.xlsx")
    book = openpyxl.load_workbook(path)
    linked = {sheet.title: [c for row in sheet for c in row if c.hyperlink] for sheet in book}
    return path, {
        name: {cell.coordinate: cell.hyperlink.location for cell in cells}
        for name, cells in linked.items()
    }


def test_each_sheet_leads_to_the_one_before_the_one_after_and_the_overview(built):
    _, links = built
    pages = [name for name in links if name not in ("Overview", "_xlbackprop")]
    for before, name, after in zip(["", *pages], pages, [*pages[1:], ""], strict=False):
        places = {
            place.partition("!")[0] for ref, place in links[name].items() if ref.endswith("1")
        }
        places |= {
            place.partition("!")[0] for place in links[name].values() if place.endswith("!A1")
        }
        assert {one for one in ("Overview", before, after) if one} <= places, name
    assert {place.partition("!")[0] for place in links["Overview"].values()} == set(pages)


def test_title_of_each_copy_leads_to_what_it_shows(built):
    path, links = built
    network = xlbackprop.build_network(xlbackprop.load_spec("two-conv"))
    first = {one.name: one.blocks[0] for one in xlbackprop.inspect(path).tensors}
    followed = 0
    for equation in network.equations:
        if equation.target.kind != "link" or len(equation.sources) != 1:
            continue
        (source,) = equation.sources.values()
        there = first[source.name]
        place = f"{there.sheet}!{there.range.partition(':')[0]}"
        assert place in links[first[equation.target.name].sheet].values(), equation.target.name
        followed += 1
    assert followed >= 16


def test_chart_has_words_for_those_who_do_not_see_it(tmp_path):
    path = xlbackprop.build("optimizers-sgd", tmp_path / "page.xlsx")
    with zipfile.ZipFile(path) as archive:
        drawing = archive.read("xl/drawings/drawing1.xml").decode()
    losses = workbook.saved_arrays(path, workbook.places(path))["training.L"]
    first, last = losses.flat[0], losses.flat[-1]
    words = f"L over the training steps: {first:.3g} in the first, {last:.3g} in the last"
    assert f'descr="{words}"' in drawing
