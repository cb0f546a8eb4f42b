"""`guess` against pages whose network is known: our own without their names, and people's."""

from dataclasses import replace

import openpyxl
import pytest

import xlbackprop
from tests.support.guessing.negatives import NEGATIVES, negative
from tests.support.guessing.one_bias import one_bias
from tests.support.guessing.outcome import outcome
from tests.support.guessing.pages import ours
from tests.support.true_places import cells_of
from xlbackprop.errors import WorkbookError

FOUND = (
    "l1", "softmax classes", "no bias", "batch", "softmax", "softmax batch", "softmax layer",
    "huber", "softplus", "leaky", "dense, mse", "conv no bias", "steps in rows",
)  # fmt: skip


@pytest.mark.many(quick=["l1", "softmax classes"])
@pytest.mark.parametrize("name", FOUND)
def test_guess_finds_the_network_of_a_page_without_names(name, path):
    said = outcome(ours(name, path))
    assert (said.proposed, said.verdict, said.false) == ("same", "right", ())


@pytest.mark.many(quick=["huber"])
@pytest.mark.parametrize("name", ["huber", "dense, mse", "sum of squares", "softmax batch"])
def test_guess_finds_the_network_of_numbers_that_were_typed(name, path):
    said = outcome(ours(name, path, decimals=4))
    assert (said.proposed, said.verdict, said.false) == ("same", "right", ())


@pytest.mark.parametrize("decimals", [None, 4])
def test_guess_proposes_nothing_where_the_outputs_are_other_numbers(decimals, path):
    page = ours("dense, mse", path, decimals=decimals)
    book = openpyxl.load_workbook(path)
    for sheet, cell in page.truth["dense1.out"]:
        own = book[sheet][cell]
        own.value = f"{own.value}+0.37" if decimals is None else own.value + 0.37
    book.save(path)
    with pytest.raises(WorkbookError, match=r"no conv or dense layer fits"):
        xlbackprop.guess(path)


@pytest.mark.parametrize(
    ("instead", "verdict"), [({}, "right"), ({"D13": "=A13*$G$5"}, "wrong")], ids=["right", "wrong"]
)
def test_guess_finds_one_bias_of_all_units_and_its_map_is_checked(instead, verdict, tmp_path):
    file = one_bias(tmp_path / "mine.xlsx", **instead)
    proposal = xlbackprop.guess(file)
    assert [one.type for one in proposal.network.spec.layers] == ["dense", "sigmoid"] * 2
    assert cells_of(proposal.places["dense1.b"]) == {("Sheet", "D5")}
    (tmp_path / "mine.spec.toml").write_text(proposal.network.spec.to_toml())
    (tmp_path / "mine.toml").write_text(replace(proposal, spec="mine.spec.toml").to_toml())
    report = xlbackprop.check(file, map=tmp_path / "mine.toml")
    assert report.verdict == verdict
    assert [one.cell for one in report.cells] == sorted(instead)


@pytest.mark.many(quick=["regression", "matrix product"])
@pytest.mark.parametrize("name", NEGATIVES)
def test_guess_proposes_nothing_for_a_page_without_a_network(name, path):
    with pytest.raises(WorkbookError) as raised:
        xlbackprop.guess(negative(name, path))
    assert "\n" not in str(raised.value)
