"""Planted mistakes are named exactly, what follows is carried, and nothing else is flagged."""

from functools import cache

import numpy as np
import pytest

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.oracles import libreoffice
from tests.support.planted_mistakes import KINDS, assert_named_exactly, plant

NUMBER = 200
BY_LIBREOFFICE = range(0, NUMBER, 4)  # what it saves is read and judged like any other file
NAMES = [
    "plain", "stride2-padding1", "same-3x3", "dilation2", "depthwise", "batch3", "padding2",
    "kernel-1x1-padding1", "groups2", "stride2-leaves-a-row",
]  # fmt: skip


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """200 workbooks with one to five mistakes each, made when asked for, saved without values."""
    folder = tmp_path_factory.mktemp("planted")

    @cache
    def made(number):
        random = np.random.default_rng([2026, number])
        loss = ("given", "mse")[number // len(NAMES) % 2]
        spec = conv_spec(GEOMETRIES[NAMES[number % len(NAMES)]], loss=loss, seed=number)
        path = xlbackprop.build(spec, folder / f"planted{number}.xlsx")
        return path, plant(path, random, int(random.integers(1, 6)))

    return made


@pytest.fixture(scope="module")
def by_libreoffice(planted, tmp_path_factory):
    """Some of them, recalculated and saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("office")
    paths, plantings = zip(*map(planted, BY_LIBREOFFICE), strict=True)
    copies = libreoffice.recalculate(paths, folder)
    return dict(zip(BY_LIBREOFFICE, zip(copies, plantings, strict=True), strict=True))


@pytest.mark.many
def test_every_kind_of_mistake_is_planted_often_enough(planted):
    counts = dict.fromkeys(KINDS, 0)
    for number in range(NUMBER):
        for planting in planted(number)[1]:
            counts[planting.kind] += 1
    assert min(counts.values()) >= 30, counts


@pytest.mark.many(quick=[str(number) for number in range(0, NUMBER, 9)])
@pytest.mark.parametrize("number", range(NUMBER))
def test_planted_cells_are_named_exactly_where_no_values_are_saved(planted, number):
    assert_named_exactly(*planted(number))


@pytest.mark.libreoffice
@pytest.mark.parametrize("number", BY_LIBREOFFICE)
def test_planted_cells_are_named_exactly(by_libreoffice, number):
    assert_named_exactly(*by_libreoffice[number])
