"""A workbook as a page to look at: the report without its judgement, and the walk."""

from __future__ import annotations

import json

import numpy as np
import pytest
from lxml import html as lxml_html

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles.browser import opened
from tests.support.sheet_review import write_steps
from xlbackprop.__main__ import main
from xlbackprop.explainer.indexed import put_in
from xlbackprop.network.values import choose_values
from xlbackprop.notation.numbers import number_writer

# A vector so long that it is read in rows.
FOLDED = """
name = "folded"
input = [1, 6, 12]
[[layers]]
type = "flatten"
[[layers]]
type = "dense"
units = 2
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of a spec, and of a workbook with a mistake, a text and an empty cell."""
    folder = tmp_path_factory.mktemp("view")
    path = xlbackprop.build("mlp-2-2-2", folder / "mine.xlsx")
    fill(
        path,
        {
            ("dense1.out", (0,)): 9.0,
            ("dense2.dL_dw", (0, 1)): "later",
            ("dense2.dL_dw", (1, 1)): None,
        },
    )
    written = {}
    for name, source in (("spec", "mlp-2-2-2"), ("workbook", path), ("steps", "optimizers-sgd")):
        written[name] = folder / f"{name}.html"
        written[name].write_text(xlbackprop.view(source), encoding="utf-8")
    return written


def tree_of(path):
    return lxml_html.fromstring(path.read_text(encoding="utf-8"))


def data_of(path):
    return json.loads(tree_of(path).get_element_by_id("data").text)


def test_page_of_a_spec_has_every_number_that_its_workbook_would_have(pages):
    network = xlbackprop.build_network(xlbackprop.load_spec("mlp-2-2-2"))
    tree = tree_of(pages["spec"])
    assert tree.xpath("string(//h1)") == "mlp-2-2-2"
    assert tree.xpath("string(//title)") == "mlp-2-2-2"
    arrays = network.evaluate(choose_values(network))
    for number, name in enumerate(network.tensors):
        cells = tree.xpath(f"//*[@id='tensor-{number}']//tbody//td")
        write = number_writer(arrays[name])
        assert [cell.text for cell in cells] == [write(one) for one in arrays[name].flat], name
        assert {cell.get("class").split()[0] for cell in cells} == {network.tensors[name].kind}


def test_nothing_is_judged(pages):
    tree = tree_of(pages["workbook"])
    assert not tree.xpath("//*[contains(@class, 'verdict')]")
    assert not tree.xpath("//section[@aria-labelledby='not-right']")
    statuses = ("right", "wrong", "carried", "blank", "invalid", "typed")
    assert not [one for one in statuses if tree.xpath(f"//td[contains(@class, '{one}')]")]
    # What somebody typed is shown as it is.
    assert tree.xpath("string(//table[@aria-label='dense1.out']/tbody//td[1])") == "9.000"
    assert tree.xpath("string(//table[@aria-label='dense2.dL_dw']/tbody/tr[1]/td[2])") == "later"
    assert tree.xpath("string(//table[@aria-label='dense2.dL_dw']/tbody/tr[2]/td[2])") == ""
    # No cell has a note, or a right number.
    records = [cell for tensor in data_of(pages["workbook"])["tensors"] for cell in tensor["cells"]]
    assert max(map(len, records)) == 4


def test_walk_is_the_order_in_which_the_network_is_computed(pages):
    network = xlbackprop.build_network(xlbackprop.load_spec("mlp-2-2-2"))
    names = list(network.tensors)
    data = data_of(pages["spec"])
    assert [names[number] for number in data["walk"]] == [
        equation.target.name for equation in network.equations
    ]
    slider = tree_of(pages["spec"]).get_element_by_id("walk-step")
    assert slider.get("max") == slider.get("value") == str(len(network.equations))


def test_every_computed_cell_says_what_it_is_made_from(pages):
    data = data_of(pages["spec"])
    for tensor in data["tensors"]:
        is_computed = tensor["kind"] not in ("given", "parameter")
        assert bool(tensor["line"]) == is_computed, tensor["name"]
        for cell in tensor["cells"]:
            assert bool(cell[3:] and cell[3]) == is_computed, (tensor["name"], cell)


def test_a_training_has_its_loss_drawn(pages):
    assert len(tree_of(pages["steps"]).xpath("//svg//circle")) == 5


def test_sheet_of_no_known_network_is_shown_as_it_stands(tmp_path):
    page = xlbackprop.view(write_steps(tmp_path / "steps.xlsx"))
    tree = lxml_html.fromstring(page)
    assert tree.xpath("//table[@aria-label='Perceptron']")
    assert not tree.xpath("//*[@id='walk']")
    assert "WHAT IT HOLDS" in page
    assert "✗" not in tree.xpath("string(//main)")


# The command.


def test_command_writes_the_page_and_replaces_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["view", "conv5x5x2"]) == 0
    assert capsys.readouterr().out == "output/conv5x5x2.html\n"
    page = (tmp_path / "output/conv5x5x2.html").read_text(encoding="utf-8")
    assert page == xlbackprop.view("conv5x5x2")
    assert main(["view", "conv5x5x2"]) == 2
    assert "conv5x5x2.html" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["conv5x5x2.html"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param("conv5x5x2 --spec xor", "is a spec itself", id="two-specs"),
        pytest.param("conv5x5", "conv5x5x2", id="misspelt"),
        pytest.param("nowhere.xlsx", "nowhere.xlsx", id="no-file"),
        pytest.param("text.xlsx", "text.xlsx", id="no-workbook"),
        pytest.param("broken.toml", "layers", id="broken-spec"),
    ],
)
def test_what_cannot_be_shown_is_one_line(source, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.xlsx").write_text("no workbook")
    (tmp_path / "broken.toml").write_text('name = "a"\ninput = [2]\n')
    assert main(["view", *source.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "output").exists()


# In a browser.


def shown(it):
    """The names of the tensors whose numbers can be seen."""
    return it.page.evaluate(
        """() => [...document.querySelectorAll(".tensor")]
          .filter((one) => getComputedStyle(one.querySelector(".tables")).visibility === "visible")
          .map((one) => drawing.data.tensors[one.dataset.number].name)"""
    )


@pytest.mark.browser
def test_slider_shows_the_blocks_up_to_a_step_and_frames_the_current_one(chromium, pages):
    data = data_of(pages["spec"])
    names = [one["name"] for one in data["tensors"]]
    given = {one["name"] for one in data["tensors"] if one["kind"] in ("given", "parameter")}
    computed = [names[number] for number in data["walk"]]
    with opened(chromium, pages["spec"]) as it:
        assert set(shown(it)) == set(names)
        slider = it.page.locator("#walk-step")
        for step in (0, 1, 7, len(computed) - 1):
            slider.evaluate(
                "(one, step) => { one.value = step; one.dispatchEvent(new Event('input')); }", step
            )
            assert set(shown(it)) == given | set(computed[:step])
            framed = it.page.locator(".tensor.now")
            assert framed.count() == (step > 0)
            if step:
                assert computed[step - 1] in framed.inner_text()
                box = framed.bounding_box()
                assert 0 <= box["y"] < 900
                assert slider.get_attribute("aria-valuetext").startswith(
                    f"{step} of {len(computed)}: {computed[step - 1]}"
                )
        it.page.locator("#walk-next").click()
        slider.focus()
        it.page.keyboard.press("ArrowLeft")
        assert set(shown(it)) == given | set(computed[:-1])
        it.page.keyboard.press("End")
        assert set(shown(it)) == set(names)
        assert it.complaints == []


@pytest.mark.browser
def test_details_of_a_cell_whose_step_is_not_yet_there_are_put_away(chromium, pages):
    with opened(chromium, pages["spec"]) as it:
        it.page.locator("[aria-label='dense2.dL_dw'] tbody td").first.click()
        assert "dense2.dL_dw[0, 0]" in it.page.locator("#details").inner_text()
        it.page.locator("#walk-step").focus()
        it.page.keyboard.press("Home")
        assert "Select a cell" in it.page.locator("#details").inner_text()


GROUNDS = """[...document.querySelectorAll("[aria-label='flatten1.out'] tbody td")]
  .map((one) => getComputedStyle(one).backgroundColor)"""


@pytest.mark.browser
def test_equation_of_a_cell_is_that_of_explain(chromium, tmp_path):
    for spec in (*map(xlbackprop.load_spec, ("conv1d", "lstm")), xlbackprop.parse_spec(FOLDED)):
        path = tmp_path / f"{spec.name}.html"
        path.write_text(xlbackprop.view(spec), encoding="utf-8")
        tensors = data_of(path)["tensors"]
        shapes = xlbackprop.build_network(spec).tensors
        assert any(one["folded"] for one in tensors) == (spec.name == "folded")
        with opened(chromium, path) as it:
            lines = it.page.evaluate(
                """() => drawing.data.tensors.map((tensor, number) =>
                  tensor.entries.map((entry) => explaining.lineOf(number, entry)))"""
            )
            grounds = it.page.evaluate(GROUNDS) if spec.name == "folded" else []
        for tensor, found in zip(tensors, lines, strict=True):
            indices = list(np.ndindex(*shapes[tensor["name"]].shape))
            expected = [
                put_in(tensor["line"], indices[entry]) or tensor["line"]
                for entry in tensor["entries"]
            ]
            assert found == expected
    assert len(set(grounds)) > 4  # an image is seen, whatever its kind


@pytest.mark.browser
def test_details_show_the_equation_and_the_numbers_that_it_is_made_from(chromium, pages):
    with opened(chromium, pages["spec"]) as it:
        it.page.locator("[aria-label='dense1.out'] tbody td").nth(1).hover()
        text = " ".join(it.page.locator("#details").inner_text().split())
        numbers = it.page.locator("#details .numbers td").all_inner_texts()
    assert "out[1] = Σ(j) h[j] · w[1,j] + b[1]" in text
    assert "kind computed in the forward pass" in text
    assert numbers == ["0.05", "0.10", "0.25", "0.30"]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_page_is_accessible_at_every_size(chromium, pages, size, scheme):
    with opened(chromium, pages["workbook"], size=size, scheme=scheme) as it:
        it.page.locator("#walk-back").click()
        it.page.locator(".now tbody td").first.click()
        assert it.violations() == []
        assert it.complaints == []
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert it.page.evaluate(width) == 0
