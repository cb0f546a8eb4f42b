"""Planted mistakes are named exactly, what follows is carried, and nothing else is flagged."""

import numpy as np
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.oracles import libreoffice
from tests.support.planted_mistakes import KINDS, assert_named_exactly, plant

NUMBER = 200
NAMES = [
    "plain", "stride2-padding1", "same-3x3", "dilation2", "depthwise", "batch3", "padding2",
    "kernel-1x1-padding1", "groups2", "stride2-leaves-a-row",
]  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """200 workbooks with one to five mistakes each, recalculated by LibreOffice."""
    libreoffice.require_libreoffice()
    folder = tmp_path_factory.mktemp("planted")
    random = np.random.default_rng(2026)
    paths, plantings = [], []
    for number in range(NUMBER):
        loss = ("given", "mse")[number // len(NAMES) % 2]
        spec = conv_spec(GEOMETRIES[NAMES[number % len(NAMES)]], loss=loss, seed=number)
        path = xlbackprop.build(spec, folder / f"planted{number}.xlsx")
        plantings.append(plant(path, random, int(random.integers(1, 6))))
        paths.append(path)
    return list(zip(libreoffice.recalculate(paths, folder), plantings, strict=True))


def test_every_kind_of_mistake_is_planted_often_enough(planted):
    counts = dict.fromkeys(KINDS, 0)
    for _, plantings in planted:
        for planting in plantings:
            counts[planting.kind] += 1
    assert min(counts.values()) >= 30, counts


@pytest.mark.parametrize("number", range(NUMBER))
def test_planted_cells_are_named_exactly(planted, number):
    assert_named_exactly(*planted[number])
