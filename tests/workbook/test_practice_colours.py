"""Each cell of a page to practise on turns green or red as check would judge it."""

import numpy as np
import pytest
from openpyxl.utils import coordinate_to_tuple

import xlbackprop
from tests.support.by_hand import rounded_by_hand
from tests.support.convolutions import GEOMETRIES, conv_spec
from tests.support.filling import fill, places_by_index
from tests.support.oracles import libreoffice
from tests.support.practice_colours import (
    GREEN,
    PLAIN,
    RED,
    colours,
    saved_values,
    summary,
    with_ironcalc,
    with_libreoffice,
)
from tests.support.practising import (
    SMALL,
    cells_of,
    computed,
    each_engine,
    practice,
    seen,
    truth_of,
)
from tests.support.random_networks import random_network
from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Domain
from xlbackprop.network.values import choose_values
from xlbackprop.tolerance import decimals_needed

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
    if engine is with_libreoffice:  # a cell of a number's format holds a number there: 1 or 0
        expected |= {"true": GREEN, "false": GREEN}
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


def assert_colours_are_those_of_check(spec, path, value):
    found, report = colours(path, value), xlbackprop.check(path)
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
    assert {GREEN, RED, PLAIN} == set(found.values())


def with_random_entries(spec, path, left_out=()):
    """Build a workbook to practise with, and type something into most of its cells.

    What would be of a kind that is `left_out` is left empty.
    """
    practice(spec, path)
    random = np.random.default_rng(7)
    answers = cells_of(truth_of(spec), computed(spec))
    entries = {place: random_entry(random, answer) for place, answer in answers.items()}
    fill(path, {at: None if isinstance(one, left_out) else one for at, one in entries.items()})
    return path


@pytest.mark.many(quick=["conv5x5x2", "mlp-2-2-2"])
@pytest.mark.parametrize("name", [*SMALL[1::2], *range(4)], ids=str)
def test_colours_agree_with_check_over_random_entries(tmp_path, name):
    spec = xlbackprop.load_spec(name) if isinstance(name, str) else spec_of(random_network(name))
    path = with_random_entries(spec, tmp_path / "p.xlsx")
    assert_colours_are_those_of_check(spec, path, with_ironcalc(path))


@pytest.mark.libreoffice
def test_colours_agree_with_check_over_random_entries_in_libreoffice(tmp_path):
    names = [name for name in SMALL if not name.startswith("optimizers-")]
    paths = [
        with_random_entries(xlbackprop.load_spec(name), tmp_path / f"{name}.xlsx", bool)
        for name in names
    ]
    copies = libreoffice.recalculate(paths, tmp_path)
    for name, path, copy in zip(names, paths, copies, strict=True):
        assert_colours_are_those_of_check(xlbackprop.load_spec(name), path, saved_values(copy))


def test_colours_that_differ_from_check_would_be_noticed(tmp_path):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = with_random_entries(spec, tmp_path / "p.xlsx")
    other = with_random_entries(spec, tmp_path / "other.xlsx")
    answer = float(truth_of(spec)["dense1.out"][0])
    fill(other, {("dense1.out", (0,)): answer + 1})
    with pytest.raises(AssertionError, match=r"dense1\.out"):
        assert_colours_are_those_of_check(spec, path, with_ironcalc(other))


# All right, and right again after the inputs have changed.


@pytest.mark.many(quick=["conv7x7x3-stride2", "batch-norm"])
@pytest.mark.parametrize("name", [*SMALL[::2], *range(8, 10)], ids=str)
def test_answers_follow_when_inputs_and_parameters_change(tmp_path, name):
    """The answers of other numbers turn green when these are typed in, and not before."""
    spec = xlbackprop.load_spec(name) if isinstance(name, str) else spec_of(random_network(name))
    path = practice(spec, tmp_path / "p.xlsx", seed=1)
    network = xlbackprop.build_network(spec)
    drawn = choose_values(network, 2)
    first = choose_values(network, 1)
    # A template may give some arrays: these change, too, but for class numbers and masks.
    values = {
        t.name: first[t.name] * 1.25 if t.domain == Domain() else drawn[t.name]
        for t in network.inputs
    }
    names = computed(spec)
    answers = cells_of(network.evaluate(values), names)
    fill(path, answers)
    before = seen(path)
    assert sum(before[place] == RED for place in answers) > len(answers) / 5
    fill(path, cells_of(values, values))
    value = with_ironcalc(path)
    assert {colour for place, colour in colours(path, value).items() if place in answers} == {GREEN}
    assert summary(value) == f"{len(answers)} of {len(answers)} right"


@each_engine
def test_numbers_worked_out_from_rounded_ones_are_right(tmp_path, engine):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = practice(spec, tmp_path / "p.xlsx")
    network = xlbackprop.build_network(spec)
    exact, arrays = truth_of(spec), choose_values(network)
    for equation in network.equations:
        name = equation.target.name
        arrays[name] = equation.evaluate(arrays)
        arrays[name] = rounded_by_hand(network, name, arrays)
    names = computed(spec)
    fill(path, cells_of(arrays, names))
    found = seen(path, engine)
    assert {found[place] for place in cells_of(arrays, names)} == {GREEN}
    assert any((arrays[name] != rounded_by_hand(network, name, exact)).any() for name in names)


def carried_from(spec, name, wrong):
    """Return the arrays that follow from a wrong one."""
    network = xlbackprop.build_network(spec)
    arrays = choose_values(network)
    for equation in network.equations:
        is_it = equation.target.name == name
        arrays[equation.target.name] = wrong if is_it else equation.evaluate(arrays)
    return arrays


def test_number_that_follows_from_a_wrong_one_is_red(tmp_path):
    spec = xlbackprop.load_spec("mlp-2-2-2")
    path = practice(spec, tmp_path / "p.xlsx")
    arrays = carried_from(spec, "dense1.out", np.array([1.5, -1.5]))
    fill(path, cells_of(arrays, computed(spec)))
    found = seen(path)
    assert found["dense1.out", (0,)] == found["dense2.out", (0,)] == RED


def test_answers_rest_on_true_numbers_where_the_page_goes_on_from_wrong_ones(tmp_path):
    """Between out and dL/dw, both to fill in, the page shows what follows from the wrong out."""
    spec = conv_spec(GEOMETRIES["stride2-padding1"], loss="mse")
    path = practice(spec, tmp_path / "p.xlsx", blank=["out", "dL_dw"])
    truth = truth_of(spec)
    carried = carried_from(spec, "conv1.out", np.ones_like(truth["conv1.out"]))
    sheet, address = places_by_index(path)["conv1.dL_dout", (0, 0, 0)]
    for arrays, colour in ((truth, GREEN), (carried, RED)):
        answers = cells_of(arrays, ["conv1.dL_dw"])
        fill(path, {**cells_of(carried, ["conv1.out"]), **answers})
        value = with_ironcalc(path)
        shown = value(sheet, *coordinate_to_tuple(address))
        assert shown == pytest.approx(carried["conv1.dL_dout"][0, 0, 0])
        assert {colours(path, value)[place] for place in list(answers)[:9]} == {colour}


def test_answer_stays_right_where_nothing_follows_from_a_divisor_rounded_to_zero(tmp_path):
    """RMSprop divides by the root of v, where a small one is 0 when rounded, plus eps, made 0."""
    spec = xlbackprop.load_spec("optimizers-rmsprop")
    path = practice(spec, tmp_path / "p.xlsx")
    network = xlbackprop.build_network(spec)
    arrays = network.evaluate({**choose_values(network), "training.eps": np.zeros(())})
    answers = cells_of(arrays, computed(spec))
    rounded = {
        (name, index): float(rounded_by_hand(network, name, arrays)[index])
        for name in computed(spec)
        for index in np.ndindex(arrays[name].shape)
        if name.endswith("_v")
    }
    rounded |= {place: 0.0 for place, v in rounded.items() if is_small(v, arrays[place[0]])}
    assert 0 in rounded.values()
    fill(path, {**answers, **rounded, ("training.eps", ()): 0.0})
    found = seen(path)
    assert {found[place] for place in answers} == {GREEN}


def is_small(number, array):
    """Return whether a number is 0 in as many decimals as are right for its tensor."""
    return abs(number) < 0.5 * 10.0 ** -decimals_needed(array)


INSERT = """
sheet = document.Sheets.getByName("conv1")
sheet.Columns.insertByIndex({column}, 2)
sheet.Rows.insertByIndex({row}, 3)
sheet.setName("renamed")
"""


@pytest.mark.libreoffice
def test_colours_stay_right_where_rows_and_columns_are_inserted_and_a_sheet_is_renamed(tmp_path):
    spec = conv_spec(GEOMETRIES["plain"])
    path = practice(spec, tmp_path / "p.xlsx")
    random = np.random.default_rng(11)
    answers = cells_of(truth_of(spec), computed(spec))
    fill(path, {place: x + float(random.integers(2)) for place, x in answers.items()})
    sheet, address = places_by_index(path)["conv1.w", (0, 0, 0, 0)]
    row, column = coordinate_to_tuple(address)
    # Between the input and the filters, and above the latter's indices.
    script = INSERT.format(column=column - 3, row=row - 4)
    copy = libreoffice.edit(path, script, tmp_path)
    assert places_by_index(copy)["conv1.w", (0, 0, 0, 0)] != (sheet, address)
    found = colours(copy, saved_values(copy))
    before = seen(path)
    assert {found[place] for place in answers} == {GREEN, RED}
    assert {place: found[place] for place in answers} == {p: before[p] for p in answers}
