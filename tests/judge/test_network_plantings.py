"""Mistakes in whole networks: three in each of forty, named exactly, with the rest carried."""

from functools import cache

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import libreoffice
from tests.support.planted_mistakes import assert_named_exactly, plant
from tests.support.random_networks import mixed_network
from tests.support.specs_and_values import spec_of

NUMBER = 40
BY_LIBREOFFICE = range(0, NUMBER, 4)  # what it saves is read and judged like any other file


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Forty networks with three mistakes each, made when asked for, saved without values."""
    folder = tmp_path_factory.mktemp("planted")

    @cache
    def made(number):
        path = xlbackprop.build(spec_of(mixed_network(number)), folder / f"network{number}.xlsx")
        return path, plant(path, np.random.default_rng([31, number]), 3)

    return made


@pytest.fixture(scope="module")
def by_libreoffice(planted, tmp_path_factory):
    """Some of them, recalculated and saved by LibreOffice."""
    folder = tmp_path_factory.mktemp("office")
    paths, plantings = zip(*map(planted, BY_LIBREOFFICE), strict=True)
    copies = libreoffice.recalculate(paths, folder)
    return dict(zip(BY_LIBREOFFICE, zip(copies, plantings, strict=True), strict=True))


@pytest.mark.many(quick=[str(number) for number in range(0, NUMBER, 7)])
@pytest.mark.parametrize("number", range(NUMBER))
def test_planted_cells_of_a_random_network_are_named_exactly_without_saved_values(planted, number):
    assert_named_exactly(*planted(number))


@pytest.mark.libreoffice
@pytest.mark.parametrize("number", BY_LIBREOFFICE)
def test_planted_cells_of_a_random_network_are_named_exactly(by_libreoffice, number):
    assert_named_exactly(*by_libreoffice[number])
