"""Mistakes in whole networks: three in each of thirty, named exactly, with the rest carried."""

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import libreoffice
from tests.support.planted_mistakes import assert_named_exactly, plant
from tests.support.random_networks import random_network
from tests.support.specs_and_values import spec_of

NUMBER = 30


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Thirty random networks with three mistakes each, recalculated by LibreOffice."""
    libreoffice.require_libreoffice()
    folder = tmp_path_factory.mktemp("planted")
    random = np.random.default_rng(30)
    paths, plantings = [], []
    for number in range(NUMBER):
        path = xlbackprop.build(spec_of(random_network(number)), folder / f"network{number}.xlsx")
        plantings.append(plant(path, random, 3))
        paths.append(path)
    return list(zip(libreoffice.recalculate(paths, folder), plantings, strict=True))


@pytest.mark.parametrize("number", range(NUMBER))
def test_planted_cells_of_a_random_network_are_named_exactly(planted, number):
    assert_named_exactly(*planted[number])
