"""Formulas that are right on the page only are found out, and those that hold are left alone."""

import json
import re
from itertools import islice

import ironcalc
import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import arrays_of, fill, places_by_index
from tests.support.rewritten_formulas import KINDS as REWRITINGS
from tests.support.rewritten_formulas import find_rewritings
from tests.support.specs_and_values import spec_of
from tests.support.templates import TEMPLATES
from tests.support.wrong_formulas import KINDS as MUTATIONS
from tests.support.wrong_formulas import find_mutations, name_of
from xlbackprop.__main__ import main
from xlbackprop.equation import Domain, Kind, Tensor
from xlbackprop.judge.prove.draws import draw
from xlbackprop.workbook.engine.settings import Limits

MUTATIONS_OF_EACH, REWRITINGS_OF_EACH = 7, 5


class Drawn:
    """What is drawn one after the other, up to what is asked for."""

    def __init__(self, drawing):
        self.drawing, self.drawn = drawing, []

    def __getitem__(self, number):
        self.drawn += islice(self.drawing, max(0, number + 1 - len(self.drawn)))
        return self.drawn[number]

    def all(self):
        self.drawn += self.drawing
        return self.drawn


LAST = ("conv1.dL_dh", (1, 2, 3))


@pytest.fixture(scope="module")
def mutations(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutations")
    return Drawn(find_mutations(folder, MUTATIONS_OF_EACH, seed=2026))


@pytest.mark.many(quick=[str(number) for number in range(len(MUTATIONS))])  # one of each kind
@pytest.mark.parametrize("number", range(MUTATIONS_OF_EACH * len(MUTATIONS)))
def test_wrong_formula_that_the_page_does_not_show_is_found_out(mutations, number, tmp_path):
    mutation = mutations[number]
    path = mutation.write(tmp_path)
    places = {(sheet, name_of((sheet, *place))) for sheet, *place in mutation.wrong}
    shown = {(cell.sheet, cell.cell) for cell in xlbackprop.check(path).cells if is_wrong(cell)}
    assert shown < places, "the page itself gives all of it away"
    report = xlbackprop.check(path, prove=20)
    found = {(cell.sheet, cell.cell): cell for cell in report.cells if is_wrong(cell)}
    assert found.keys() == places
    assert report.verdict == "wrong"
    for place in places - shown:
        assert found[place].status == "wrong"
        assert found[place].note.startswith("right for these numbers only: with ")


def is_wrong(cell):
    return cell.status in ("wrong", "invalid")


@pytest.mark.many
def test_there_are_sixty_mutations_over_several_templates(mutations):
    assert len(mutations.all()) >= 60
    assert len({mutation.template for mutation in mutations.all()}) >= 6


@pytest.fixture(scope="module")
def rewritings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rewritings")
    return Drawn(find_rewritings(folder, REWRITINGS_OF_EACH, seed=2026))


@pytest.mark.many(quick=[str(number) for number in range(len(REWRITINGS))])
@pytest.mark.parametrize("number", range(REWRITINGS_OF_EACH * len(REWRITINGS)))
def test_formula_that_means_the_same_is_passed(rewritings, number):
    rewriting = rewritings[number]
    report = xlbackprop.check(rewriting.path, prove=20)
    assert report.counts.keys() == {"right"}, rewriting
    (note,) = report.notes
    assert note == f"tried on 20 other draws of all inputs: {report.counts['right']:,} cells hold"


@pytest.mark.many
def test_there_are_sixty_rewritings_over_several_templates(rewritings):
    assert len({rewriting.path for rewriting in rewritings.all()}) >= 60


@pytest.mark.many(quick=["conv5x5x2", "mlp-2-2-2"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_cell_of_a_template_holds(template, tmp_path):
    report = xlbackprop.check(xlbackprop.build(template, tmp_path / "b.xlsx"), prove=5)
    cells = report.counts["right"]
    assert report.counts == {"right": cells}
    assert report.notes == (f"tried on 5 other draws of all inputs: {cells:,} cells hold",)


@pytest.mark.parametrize("geometry", ["stride2-padding1", "dilation2", "groups2", "batch3"])
def test_every_cell_of_a_convolution_holds(geometry, tmp_path):
    spec = conv_spec(GEOMETRIES[geometry], loss="mse")
    report = xlbackprop.check(xlbackprop.build(spec, tmp_path / "b.xlsx"), prove=5)
    assert report.counts.keys() == {"right"}


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        pytest.param([{"type": "dense", "units": 2}, {"type": "sigmoid"}], "bce", id="bce"),
        pytest.param([{"type": "dense", "units": 3}], "cross_entropy", id="labels"),
        pytest.param([{"type": "dropout", "rate": 0.5}, {"type": "softmax"}], "mse", id="mask"),
        pytest.param(
            [{"type": "relu"}, {"type": "gelu"}, {"type": "layer_norm"}], "mse", id="relu"
        ),
    ],
)
def test_every_cell_holds_with_inputs_of_all_domains(layers, loss, tmp_path):
    spec = spec_of({"name": "n", "input": [4], "layers": layers, "loss": {"type": loss}})
    report = xlbackprop.check(xlbackprop.build(spec, tmp_path / "b.xlsx"), prove=20)
    assert report.counts.keys() == {"right"}
    assert len(report.notes) == 1


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build("conv5x5x2", tmp_path / "book.xlsx")


def typed(path, *places):
    """Type into some cells the numbers that stand there."""
    truth = arrays_of(path)
    fill(path, {place: float(truth[place[0]][place[1]]) for place in places})


def test_counterexample_holds_in_another_engine(book, tmp_path):
    """What a note tells to type leads to what it says, in IronCalc by itself."""
    typed(book, LAST)
    (cell,) = xlbackprop.check(book, prove=20).cells
    number = r"(-?[0-9.e-]+)"
    found = re.fullmatch(
        rf"right for these numbers only: with (\S+)\[([0-9,]+)\] = {number} it gives {number}"
        rf" and should give {number}",
        cell.note,
    )
    changed, gives, should = (float(found[group]) for group in (3, 4, 5))
    place = found[1], tuple(map(int, found[2].split(",")))
    sheet, address = places_by_index(book)[place]
    whole = xlbackprop.build("conv5x5x2", tmp_path / "whole.xlsx")
    results = []
    for path in (book, whole):
        model = ironcalc.load_from_xlsx(str(path))
        names = [one["name"] for one in model.get_worksheets_properties()]
        at = openpyxl.utils.cell.coordinate_to_tuple(address)
        model.update_cell_with_number(names.index(sheet), *at, changed)
        model.evaluate()
        here = openpyxl.utils.cell.coordinate_to_tuple(cell.cell)
        results.append(model.get_cell_value(names.index(cell.sheet), *here))
    assert results == pytest.approx([gives, should], rel=1e-5)


def test_proof_is_reproducible(book):
    typed(book, LAST, ("conv1.out", (0, 0, 0)))
    first, second = (xlbackprop.check(book, prove=3) for _ in range(2))
    assert first == second
    assert len([cell for cell in first.cells if cell.status == "wrong"]) == 2


def test_what_follows_from_a_wrong_cell_stays_as_it_was(tmp_path):
    spec = conv_spec(GEOMETRIES["plain"], loss="mse", seed=1)
    path = xlbackprop.build(spec, tmp_path / "book.xlsx")
    fill(path, {("conv1.out", (0, 0, 0)): 9.0, ("conv1.dL_db", (1,)): "=7+0"})
    before, after = xlbackprop.check(path), xlbackprop.check(path, prove=20)
    assert before.counts == after.counts
    assert before.counts["carried"] > 10
    assert before.cells == after.cells


def test_constant_that_a_wrong_cell_hides_is_found_out(tmp_path):
    """A typed number that fits a wrong cell before it is carried, and no formula."""
    spec = conv_spec(GEOMETRIES["plain"], loss="mse", seed=1)
    path = xlbackprop.build(spec, tmp_path / "book.xlsx")
    fill(path, {("conv1.out", (0, 0, 0)): 9.0})
    place = ("loss.error", (0, 0, 0))
    carried = {(c.tensor, c.index): c for c in xlbackprop.check(path).cells}[place]
    fill(path, {place: carried.found})
    assert {(c.tensor, c.index): c.status for c in xlbackprop.check(path).cells}[place] == "carried"
    proven = {(c.tensor, c.index): c for c in xlbackprop.check(path, prove=20).cells}
    assert proven[place].status == "wrong"
    assert "these numbers only" in proven[place].note


def test_cells_that_cannot_be_tried_are_counted(book):
    truth = arrays_of(book)
    value = float(truth[LAST[0]][LAST[1]])
    fill(book, {LAST: ("=NOSUCHFUNCTION(1)", value)})
    report = xlbackprop.check(book, prove=20)
    assert report.verdict == "incomplete"
    assert "1 cell could not be tried: the engine cannot compute it" in report.notes
    assert "tried on 20 other draws of all inputs: 335 cells hold" in report.notes


def test_cells_after_one_that_cannot_be_tried_are_not_blamed(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "book.xlsx")
    truth = arrays_of(path)
    place = ("dense1.out", (0,))
    fill(path, {place: ("=IFERROR(NOSUCHFUNCTION(1),1/0)", float(truth[place[0]][place[1]]))})
    assert xlbackprop.check(path, prove=20).counts.get("wrong", 0) <= 1


def test_proof_says_where_the_engine_stopped(book):
    report = xlbackprop.check(book, prove=20, limits=Limits(seconds=0.001))
    assert report.verdict == "incomplete"
    assert report.notes[-1] == "nothing was tried: the engine took more than 0.001 seconds"


def test_formulas_are_asked_for_where_the_page_has_them(tmp_path):
    """Padding zeros and the zeros between entries are typed on the page itself."""
    spec = conv_spec(GEOMETRIES["stride2-padding1"], loss="mse", seed=1)
    path = xlbackprop.build(spec, tmp_path / "book.xlsx")
    assert xlbackprop.check(path, formulas=True).verdict == "right"
    right, wrong = LAST, ("conv1.dL_dh", (0, 0, 0))
    typed(path, right)
    fill(path, {wrong: 0.123})
    report = xlbackprop.check(path, formulas=True)
    assert {(c.tensor, c.index): c.status for c in report.cells} == {
        right: "typed",
        wrong: "wrong",
    }
    assert report.counts["typed"] == 1


def test_typed_numbers_make_the_verdict_wrong_only_where_formulas_are_asked_for(book):
    typed(book, LAST)
    assert xlbackprop.check(book).verdict == "right"
    assert xlbackprop.check(book, formulas=True).verdict == "wrong"
    (cell,) = xlbackprop.check(book, formulas=True, prove=5).cells
    assert cell.status == "typed"


@pytest.mark.parametrize("engine", ["none", "libreoffice"])
def test_proof_with_an_engine_that_cannot_is_refused_in_one_line(book, engine, capsys, monkeypatch):
    monkeypatch.setenv("PATH", "")  # whether LibreOffice is installed makes no difference
    assert main(["check", str(book), "--prove", "--engine", engine]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == (
        f"xlbackprop: nothing can be proven with the engine {engine}: leave --engine out\n"
    )


@pytest.mark.parametrize("draws", ["0", "-3", "many", "1000000"])
def test_impossible_number_of_draws_is_refused_in_one_line(book, draws, capsys):
    assert main(["check", str(book), "--prove", draws]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(("options", "draws"), [(["--prove"], 20), (["--prove", "3"], 3)])
def test_command_proves_with_so_many_draws(book, options, draws, capsys):
    typed(book, LAST)
    assert main(["check", str(book), *options]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert f"tried on {draws} other draws" in out
    assert "right for these numbers only: with conv1." in out
    assert main(["check", str(book), *options, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert [cell["status"] for cell in report["cells"]] == ["wrong"]


def test_command_says_what_was_typed(book, capsys):
    typed(book, LAST)
    assert main(["check", str(book), "--formulas"]) == 1
    assert "a number where a formula was asked for" in capsys.readouterr().out


def tensor(domain=None, kind=Kind.GIVEN):
    return Tensor("a", "h", (40, 9), ("i", "j"), kind, "", domain=domain or Domain())


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("kind", [Kind.GIVEN, Kind.PARAMETER])
def test_draw_has_no_zeros_and_no_ties(number, kind):
    drawn = draw(tensor(kind=kind), number, seed=0)
    assert (drawn != 0).all()
    assert len(np.unique(np.abs(drawn))) > 0.97 * drawn.size
    assert np.abs(drawn).max() < 2


@pytest.mark.parametrize(
    "domain",
    [
        Domain(labels=7), Domain(keep=0.5), Domain(keep=0.5, soft=True), Domain(labels=1),
        Domain(initial=1e-8, drawn_from=(0.05, 0.5)),
    ],
)  # fmt: skip
def test_draw_is_in_its_domain_and_another_each_time(domain):
    first, second = (draw(tensor(domain), number, seed=0) for number in (0, 1))
    for drawn in (first, second):
        assert domain.allows(drawn).all()
        if domain.drawn_from:
            assert (drawn >= 0.05).all()
            assert (drawn <= 0.5).all()
    if domain.labels != 1:
        assert (first != second).any()
