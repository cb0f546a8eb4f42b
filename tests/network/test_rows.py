"""`[training] layout = "rows"`: each step is a row of one sheet, and all else is as on pages."""

import numpy as np
import openpyxl
import pytest
import tomli_w
from openpyxl.utils.cell import range_boundaries

import xlbackprop
from tests.support.filling import fill
from tests.support.network_parts import DENSE, SENTENCES, VECTORS, network
from tests.support.specs_and_values import saved, spec_of

TANH = {"type": "tanh"}


def trained(raw, **options):
    return {**raw, "training": {"optimizer": "sgd", "lr": 0.1, "steps": 4, **options}}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    raw = trained(network(VECTORS, DENSE, TANH, DENSE), layout="rows", optimizer="adam")
    return xlbackprop.build(spec_of(raw), tmp_path_factory.mktemp("rows") / "rows.xlsx")


def test_numbers_are_those_of_the_pages(book, tmp_path):
    raw = trained(network(VECTORS, DENSE, TANH, DENSE), optimizer="adam")
    pages = saved(xlbackprop.build(spec_of(raw), tmp_path / "pages.xlsx"))
    rows = saved(book)
    assert rows.keys() == pages.keys()
    for name, array in pages.items():
        np.testing.assert_allclose(rows[name].ravel(), array.ravel(), 1e-12, 1e-15, err_msg=name)


def test_each_step_is_one_row(book):
    own = {}
    for tensor in xlbackprop.inspect(book).tensors:
        step = int(tensor.name.split(".")[0][4:]) if tensor.name.startswith("step") else 1
        for block in tensor.blocks:
            if not tensor.name.startswith("training."):
                assert block.sheet == "all steps"
                _, top, _, bottom = range_boundaries(block.range)
                own.setdefault(step, set()).add((top, bottom))
    assert [len(rows) for rows in own.values()] == [1] * 4
    assert sorted(row for rows in own.values() for row, _ in rows) == [9, 10, 11, 12]


def test_it_is_right_and_proven_and_explained(book):
    report = xlbackprop.check(book, prove=True)
    assert report.verdict == "right", report.cells[:3]
    told = xlbackprop.explain(book, "step3.dense1.dL_dw[1,1]")
    assert "Σ(n)" in str(told)


def test_wrong_cell_in_a_row_is_named(book, tmp_path):
    path = tmp_path / "mine.xlsx"
    path.write_bytes(book.read_bytes())
    fill(path, {("step3.dense2.dL_dw", (1, 2)): 17.5})
    report = xlbackprop.check(path)
    xlbackprop.annotate(report, path, tmp_path / "marked.xlsx")
    wrong = [(one.tensor, tuple(one.index)) for one in report.cells if one.status == "wrong"]
    assert wrong == [("step3.dense2.dL_dw", (1, 2))]
    assert (tmp_path / "marked.xlsx").exists()


@pytest.fixture
def nameless(tmp_path):
    """The sheet of a 2-2-1 network with nothing that tells where its blocks are, and its spec."""
    layers = ({"type": "dense", "units": 2}, {"type": "sigmoid"}, {"type": "dense", "units": 1})
    spec = spec_of(trained(network({"input": [2]}, *layers), layout="rows"))
    path = xlbackprop.build(spec, tmp_path / "nameless.xlsx")
    book = openpyxl.load_workbook(path)
    for name in list(book.defined_names):
        del book.defined_names[name]
    for sheet in ("_xlbackprop", "Overview"):
        del book[sheet]
    book.save(path)
    return path, spec


def test_steps_are_located_by_what_stands_there(nameless):
    """The headings count the cells of each block, as texts: 0, 1 and 0,0 are no inputs."""
    path, spec = nameless
    proposal = xlbackprop.locate(path, spec)
    assert proposal.is_complete
    assert proposal.places["dense1.h"].at((0,)) == ("all steps", "C9")
    assert proposal.places["step4.dense1.h"].at((1,)) == ("all steps", "D12")
    assert xlbackprop.check(path, spec=spec).verdict == "right"


@pytest.mark.many
def test_wrong_formula_of_a_located_step_is_named(nameless):
    path, spec = nameless
    sheet, cell = xlbackprop.locate(path, spec).places["step3.dense2.dL_dw"].at((0, 1))
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = "=C9"
    book.save(path)
    wrong = [one for one in xlbackprop.check(path, spec=spec).cells if one.status == "wrong"]
    assert [(one.tensor, tuple(one.index)) for one in wrong] == [("step3.dense2.dL_dw", (0, 1))]


def test_layer_that_finds_cells_by_their_row_is_refused():
    raw = trained(
        network(SENTENCES, {"type": "embedding", "vocabulary": 4, "width": 2}), layout="rows"
    )
    with pytest.raises(xlbackprop.SpecError, match=r"embed1.*rows"):
        xlbackprop.build_network(spec_of(raw))


def test_unknown_layout_is_refused():
    text = tomli_w.dumps(trained(network(VECTORS, DENSE), layout="columns"))
    with pytest.raises(xlbackprop.SpecError, match="columns"):
        xlbackprop.parse_spec(text)
