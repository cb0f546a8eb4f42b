"""Mistakes of all kinds in networks of extremes: none is missed, and nobody else is accused."""

from dataclasses import replace

import numpy as np
import pytest

import xlbackprop
from tests.support.extreme_networks import extreme_network
from tests.support.extreme_plantings import plant_givens, tally
from tests.support.mistakes_of_all_kinds import MISTAKES
from tests.support.oracles import libreoffice
from tests.support.specs_and_values import spec_of
from xlbackprop.network.values import choose_values
from xlbackprop.tolerance import largest_of

# Networks that are small, and have sizes from 1e-15 to 10,000 and two training steps among them.
SMALL = (2, 13, 42, 106)
MANY = range(80)


def faultless(table):
    assert not table.faults, "\n".join([*table.faults, *table.lines()])


def test_planted_mistakes_are_found_and_nothing_else(tmp_path):
    table = tally(SMALL, tmp_path)
    faultless(table)
    assert table.planted > 20


@pytest.mark.libreoffice
def test_libreoffice_that_is_asked_about_an_error_does_not_accuse_anybody(tmp_path):
    """It makes numbers of other texts than the engine: an error that is passed on is no gap."""
    libreoffice.require_libreoffice()
    faultless(tally((2240,), tmp_path))


@pytest.mark.many
def test_five_hundred_planted_mistakes_are_found_and_nothing_else(tmp_path):
    table = tally(MANY, tmp_path)
    faultless(table)
    assert table.planted >= 500
    assert table.rows.keys() == MISTAKES.keys()
    for kind, row in table.rows.items():
        assert row.found >= 4, (kind, row)


def test_whoever_overlooks_mistakes_and_accuses_others_is_noticed(tmp_path, monkeypatch):
    check = xlbackprop.check

    def overlook(path):
        report = check(path)
        return replace(report, cells=())

    monkeypatch.setattr(xlbackprop, "check", overlook)
    table = tally(SMALL[:1], tmp_path)
    assert len(table.faults) == table.planted > 0

    def accuse(path):
        report = check(path)
        return replace(report, cells=tuple(replace(c, status="wrong") for c in report.cells))

    monkeypatch.setattr(xlbackprop, "check", accuse)
    assert any("innocent" in fault for fault in tally(SMALL[1:2], tmp_path).faults)


@pytest.mark.many
def test_given_that_is_no_number_accuses_nobody(tmp_path):
    tried = 0
    for seed in range(1, 40):
        path = xlbackprop.build(spec_of(extreme_network(seed)), tmp_path / "x.xlsx", force=True)
        planted = plant_givens(path, np.random.default_rng([5, seed]))
        for cell in xlbackprop.check(path).cells:
            statuses = planted.get((cell.sheet, cell.cell), {"carried"})
            assert cell.status in statuses, (seed, cell)
            tried += (cell.sheet, cell.cell) in planted
    assert tried > 70


@pytest.mark.many
def test_networks_are_of_extremes():
    sizes, training = [], 0
    for seed in range(1, 17):
        network = xlbackprop.build_network(spec_of(extreme_network(seed)))
        arrays = network.evaluate(choose_values(network))
        sizes += [largest_of(one) for one in arrays.values()]
        sizes += [-1.0 for one in arrays.values() if one.size == 1]
        training += network.spec.training is not None
    count = {
        "of one number": sum(size == -1 for size in sizes),
        "zero": sum(size == 0 for size in sizes),
        "tiny": sum(0 < size < 1e-6 for size in sizes),
        "large": sum(size > 1e3 for size in sizes),
        "with training": 10 * training,
    }
    assert min(count.values()) > 8, count
