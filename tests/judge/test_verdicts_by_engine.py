"""A page's verdicts are the same by the evaluator, by the engine alone, and by LibreOffice."""

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import libreoffice
from tests.support.planted_mistakes import plant
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.workbook.engine import engine, evaluator

TEMPLATES = ["conv5x5x2", "mlp-2-2-2", "residual-block", "two-conv", "conv-depthwise"]
MISTAKES = 6


def statuses(path, **options):
    """Return the verdict, and what every cell that is not right is and holds."""
    report = xlbackprop.check(path, **options)
    cells = {(one.tensor, one.index): (one.status, one.found) for one in report.cells}
    return report.verdict, dict(report.counts), cells


def assert_alike(one, other):
    assert one[:2] == other[:2]
    assert one[2].keys() == other[2].keys()
    for place, (status, found) in one[2].items():
        other_status, other_found = other[2][place]
        assert status == other_status, place
        if isinstance(found, float) and isinstance(other_found, float):
            assert found == pytest.approx(other_found, rel=1e-9, abs=1e-12), place


@pytest.fixture(params=TEMPLATES)
def planted(request, tmp_path):
    """Return a page with several mistakes, saved without values."""
    path = xlbackprop.build(request.param, tmp_path / "page.xlsx")
    plant(path, np.random.default_rng([7, TEMPLATES.index(request.param)]), MISTAKES)
    return path


@pytest.fixture
def asked(monkeypatch):
    """Return how often an engine's process was started."""
    started = []
    start = engine.EngineProcess

    def counted(*arguments):
        started.append(arguments)
        return start(*arguments)

    monkeypatch.setattr(engine, "EngineProcess", counted)
    return started


@pytest.mark.many(quick=[])
def test_engine_alone_leads_to_the_evaluators_verdicts(planted, asked, monkeypatch):
    def unknown(*_):
        raise NotKnown("planted")

    own = statuses(planted)
    assert own[0] == "wrong"
    proven, before = statuses(planted, prove=2), len(asked)
    monkeypatch.setattr(evaluator, "Computation", unknown)
    assert_alike(own, statuses(planted))
    assert_alike(proven, statuses(planted, prove=2))
    assert len(asked) > before


@pytest.mark.libreoffice
@pytest.mark.parametrize("planted", ["conv5x5x2", "mlp-2-2-2", "two-conv"], indirect=True)
def test_libreoffice_leads_to_the_evaluators_verdicts(planted):
    libreoffice.require_libreoffice()
    own = statuses(planted)
    assert own[0] == "wrong"
    assert_alike(own, statuses(planted, engine="libreoffice"))


def test_another_verdict_is_noticed(tmp_path):
    path = xlbackprop.build("mlp-2-2-2", tmp_path / "page.xlsx")
    right = statuses(path)
    plant(path, np.random.default_rng(1), 1)
    with pytest.raises(AssertionError):
        assert_alike(right, statuses(path))
