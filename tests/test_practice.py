"""Live practice: what turns green and what turns red, as spreadsheet programs evaluate it."""

import re

import numpy as np
import openpyxl
import pytest

import xlbackprop
from tests.compare import spec_of
from tests.filling import arrays_of, fill, places_by_index
from tests.networks import GEOMETRIES, conv_spec
from tests.practising import ENGINES, GREEN, PLAIN, RED, colours, summary, with_ironcalc
from tests.random_networks import random_network
from xlbackprop.__main__ import main
from xlbackprop.errors import SpecError
from xlbackprop.values import choose_values

SMALL = [name for name in xlbackprop.template_names() if name not in ("lenet5", "digit")]
ONE = conv_spec({"input": [1, 1, 1], "filters": 1, "kernel": 1, "bias": False})
OUT = ("conv1.out", (0, 0, 0))
# Excel 2007, LibreOffice and Google Sheets have them all, and none is volatile.
ALLOWED = {
    *("IF", "IFERROR", "ISBLANK", "ISLOGICAL", "COUNT", "COUNTIF", "ABS", "MAX", "INT", "LOG10"),
    *("ROUND", "REPT", "SUM"),
}

each_engine = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def practice(spec, path, blank=("all",), **options):
    return xlbackprop.build(spec, path, blank=blank, practice=True, force=True, **options)


def truth_of(spec, seed=None):
    network = xlbackprop.build_network(spec)
    return network.evaluate(choose_values(network, seed))


def cells_of(arrays, names):
    return {
        (name, i): float(arrays[name][i]) for name in names for i in np.ndindex(arrays[name].shape)
    }


def computed(spec):
    tensors = xlbackprop.build_network(spec).tensors
    return [name for name, tensor in tensors.items() if tensor.kind.is_computed]


def seen(path, engine=with_ironcalc):
    return colours(path, engine(path))


# One cell, whose answer is what the input is times 1.

ENTRIES = {
    "the-answer": (149.577, 149.577, GREEN),
    "nearly-the-answer": (149.577, 149.5771, GREEN),
    "two-decimals": (149.577, 149.58, GREEN),
    "two-decimals-cut-off": (149.577, 149.57, RED),
    "one-decimal": (149.577, 149.6, RED),
    "no-decimals": (149.577, 150, RED),
    "no-decimals-but-near": (149.998, 150, GREEN),
    "three-decimals": (1 / 3, 0.333, GREEN),
    "three-decimals-cut-off": (2 / 3, 0.666, RED),
    "four-decimals-last-one-off": (1 / 3, 0.3334, RED),
    "six-decimals": (1 / 3, 0.333333, GREEN),
    "seven-decimals-last-one-off": (1 / 3, 0.3333343, RED),
    "half-up": (0.125, 0.13, GREEN),
    "half-down": (0.125, 0.12, GREEN),
    "negative-rounded": (-1.184, -1.18, GREEN),
    "sign-lost": (-149.577, 149.577, RED),
    "small-as-zero": (0.004, 0, GREEN),
    "not-so-small-as-zero": (0.006, 0, RED),
    "tiny": (1e-7, 1.0001e-7, GREEN),
    "tiny-with-decimals-off": (1e-7, 1.51e-7, RED),
    "zero": (0.0, 0, GREEN),
    "zero-not-hit": (0.0, 0.01, RED),
    "large": (12345678.25, 12345679.0, GREEN),
    "large-off": (12345678.25, 12345778.25, RED),
    "text": (2.0, "abc", RED),
    "number-as-text": (2.0, "2", RED),
    "space": (2.0, " ", RED),
    "true": (1.0, True, RED),
    "false": (0.0, False, RED),
    "error": (2.0, "#DIV/0!", RED),
    "right-formula": (2.0, "=1+1", GREEN),
    "wrong-formula": (2.0, "=1+2", RED),
    "formula-that-fails": (2.0, "=1/0", RED),
    "formula-with-a-text": (2.0, '="2"', RED),
    "nothing": (2.0, None, PLAIN),
    "nothing-where-0-is-right": (0.0, None, PLAIN),
}  # fmt: skip


@each_engine
def test_entry_turns_green_or_red_by_the_rule_of_check(tmp_path, engine):
    """All entries in one workbook: the filter is 1, so each answer is the input beside it."""
    spec = conv_spec({"input": [1, 1, len(ENTRIES)], "filters": 1, "kernel": 1, "bias": False})
    path = practice(spec, tmp_path / "p.xlsx", blank=["out"])
    given = {("conv1.h", (0, 0, i)): answer for i, (answer, _, _) in enumerate(ENTRIES.values())}
    typed = {("conv1.out", (0, 0, i)): entry for i, (_, entry, _) in enumerate(ENTRIES.values())}
    fill(path, {**given, **typed, ("conv1.w", (0, 0, 0, 0)): 1.0})
    value = engine(path)
    found = colours(path, value)
    expected = {name: colour for name, (_, _, colour) in ENTRIES.items()}
    assert {name: found["conv1.out", (0, 0, i)] for i, name in enumerate(ENTRIES)} == expected
    right = list(expected.values()).count(GREEN)
    assert summary(value) == f"{right} of {len(ENTRIES)} right"


def random_entry(random, answer):
    """Return something that a person might type, or None."""
    places = int(random.integers(0, 5))
    return [
        answer,
        round(answer, places),
        round(answer, 2),
        round(answer + float(random.normal()) * 0.01, places),
        -answer,
        answer * (1 + float(random.normal()) * 1e-6),
        "n/a",
        "#N/A",
        bool(random.integers(2)),
        None,
    ][int(random.choice(10, p=[0.3, 0.1, 0.25, 0.08, 0.04, 0.08, 0.02, 0.02, 0.01, 0.1]))]


def assert_colours_are_those_of_check(spec, path, engine):
    found, report = seen(path, engine), xlbackprop.check(path)
    status = {(cell.tensor, cell.index): cell.status for cell in report.cells}
    expected = {"blank": PLAIN, "right": GREEN}
    network = xlbackprop.build_network(spec)
    names = {name for name, tensor in network.tensors.items() if tensor.kind.is_computed}
    # Where several answers are valid, practice knows only the one of PyTorch's rule.
    several = {e.target.name for e in network.equations if e.accepts}
    different = {
        place: (colour, status.get(place, "right"))
        for place, colour in found.items()
        if place[0] in names
        and colour != expected.get(status.get(place, "right"), RED)
        and not (place[0] in several and place not in status)
    }
    assert not different
    return list(found.values())


@each_engine
@pytest.mark.parametrize("name", [*SMALL, *range(8)], ids=str)
def test_colours_agree_with_check_over_random_entries(tmp_path, name, engine):
    spec = xlbackprop.load_spec(name) if isinstance(name, str) else spec_of(random_network(name))
    path = practice(spec, tmp_path / "p.xlsx")
    random = np.random.default_rng(7)
    answers = cells_of(truth_of(spec), computed(spec))
    fill(path, {place: random_entry(random, answer) for place, answer in answers.items()})
    assert {GREEN, RED, PLAIN} == set(assert_colours_are_those_of_check(spec, path, engine))
