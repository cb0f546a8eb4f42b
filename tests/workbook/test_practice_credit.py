"""On a page to practise on, too, no tensor turns green for one number, or a copy, in all cells."""

import numpy as np
import pytest

import xlbackprop
from tests.support.by_hand import rounded_by_hand
from tests.support.filling import fill
from tests.support.practice_colours import GREEN
from tests.support.practising import SMALL, cells_of, practice, seen
from xlbackprop.network.earlier import earlier_of
from xlbackprop.network.values import choose_values
from xlbackprop.spec.templates import load_spec
from xlbackprop.tolerance import allowance, is_one_number, largest_of


def page_of(template):
    """Return a template's network, its numbers, and the tensors that are not one number."""
    network = xlbackprop.build_network(load_spec(template))
    arrays = network.evaluate(choose_values(network))
    varied = [n for n in network.equation_of if largest_of(arrays[n]) > 1e-12]
    return network, arrays, [n for n in varied if arrays[n].size == 1 or np.ptp(arrays[n]) > 1e-6]


def green_tensors(path, arrays, names):
    """Fill a page in, each tensor as it is in the arrays, and return those that are all green."""
    fill(path, cells_of(arrays, names))
    found = seen(path)
    return [
        name for name in names
        if all(found[name, index] == GREEN for index in np.ndindex(arrays[name].shape))
    ]  # fmt: skip


def old_numbers(network, arrays, name):
    """Return an update as the parameter that it is of, in two decimals; None for what is none."""
    array, before = arrays[name], earlier_of(network, name).before
    old = arrays[before[0].name] if before else array
    return np.round(old, 2) if (np.abs(old - array) > allowance(array)).any() else None


def its_mean(network, arrays, name):  # noqa: ARG001
    """Return a tensor filled with its own mean in two decimals; None where that is right."""
    array = arrays[name]
    is_one = array.size == 1 or is_one_number(array)
    return None if is_one else np.full(array.shape, np.round(array.mean(), 2))


def zeros(network, arrays, name):  # noqa: ARG001
    return np.zeros(arrays[name].shape)


FILLERS = (old_numbers, its_mean, zeros)


@pytest.mark.many(quick=["mlp-2-2-2"])
@pytest.mark.parametrize("template", SMALL)
def test_nothing_is_green_that_is_filled_alike_or_copied(tmp_path, template):
    """The fillers take turns from tensor to tensor."""
    network, arrays, names = page_of(template)
    filled = {}
    for turn, name in enumerate(names):
        made = (one(network, arrays, name) for one in FILLERS[turn % len(FILLERS) :])
        filled[name] = next(one for one in made if one is not None)
    path = practice(load_spec(template), tmp_path / "p.xlsx")
    assert not green_tensors(path, filled, names)


@pytest.mark.many(quick=["mlp-2-2-2"])
@pytest.mark.parametrize("template", [one for one in SMALL if one not in ("xor", "two-conv")])
def test_page_typed_by_hand_is_green(tmp_path, template):
    network, arrays, _ = page_of(template)
    typed = {name: rounded_by_hand(network, name, arrays) for name in network.equation_of}
    path = practice(load_spec(template), tmp_path / "p.xlsx")
    green = green_tensors(path, typed, list(typed))
    several = {one.target.name for one in network.equations if one.accepts}
    assert set(typed) - set(green) <= several
