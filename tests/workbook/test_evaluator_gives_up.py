"""The evaluator gives up on what it cannot know, and on nothing else."""

import pytest

import xlbackprop
from tests.support.filling import fill
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.spec.templates import template_names
from xlbackprop.workbook.engine import evaluator
from xlbackprop.workbook.engine.evaluator import Evaluator

QUICK = ["conv5x5x2", "mlp-2-2-2", "residual-block", "two-conv"]
RIGHT = "tried on 2 other draws of all inputs"


@pytest.fixture
def made(monkeypatch):
    """Return the evaluators that have been made."""
    found = []

    class Watched(Evaluator):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            found.append(self)

    monkeypatch.setattr("xlbackprop.workbook.engine.calculation.Evaluator", Watched)
    return found


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("template", template_names())
def test_it_does_not_give_up_on_a_template(template, made, tmp_path):
    page = xlbackprop.build(template, tmp_path / "page.xlsx")
    report = xlbackprop.check(page, prove=2)
    assert report.verdict == "right"
    assert made
    assert not any(one._gave_up or one.failure for one in made)


def raising(error):
    def broken(*_, **__):
        raise error

    return broken


@pytest.mark.parametrize(
    ("error", "failure"),
    [(NotKnown("too much"), ""), (MemoryError(), ""), (TypeError("planted"), "TypeError")],
    ids=["not-known", "memory", "mistake"],
)
def test_a_mistake_of_its_own_is_told_and_the_engine_recalculates(
    error, failure, made, tmp_path, monkeypatch
):
    page = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx")
    fill(page, {("dense1.dL_dw", (0, 0)): ("=1+1", 2.0)})
    monkeypatch.setattr(evaluator, "Computation", raising(error))
    report = xlbackprop.check(page, prove=2)
    assert [one.tensor for one in report.cells if one.status == "wrong"] == ["dense1.dL_dw"]
    assert any(RIGHT in note for note in report.notes)
    assert made[0]._gave_up
    told = [note for note in report.notes if "evaluator has failed" in note]
    assert len(told) == bool(failure)
    assert all(failure in note for note in told)


def test_an_interrupt_is_none_of_its_failures(made, tmp_path, monkeypatch):
    page = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx")
    monkeypatch.setattr(evaluator, "Computation", raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        xlbackprop.check(page)
    assert not made[0]._gave_up
