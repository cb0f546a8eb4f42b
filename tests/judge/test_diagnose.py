"""What is said of wrong cells: slips in parts of a tensor, in cells, in formulas; noise; files."""

import json
from itertools import combinations

import numpy as np
import pytest

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.command_line import called
from tests.support.convolutions import GEOMETRIES, conv_raw, conv_spec
from tests.support.filling import arrays_of, fill
from tests.support.page_with_slip import Page
from tests.support.random_networks import random_network
from xlbackprop.equation import Equation
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.verify import verify


def page_of(name="plain", **options):
    return Page(conv_raw(GEOMETRIES[name], **options))


def said(page, arrays, blank=()):
    """Return the names of the slips that are named, by tensor."""
    found = page.found(arrays, blank)
    diagnoses = diagnose(verify(page.network, found)).diagnoses
    return {name: [one.slip for one in ones] for name, ones in diagnoses.items()}


def equation_of(page, name):
    return next(one for one in page.network.equations if one.target.name == name)


def slip_of(page, tensor, name):
    return next(slip for slip in equation_of(page, tensor).slips if slip.name == name)


def test_right_page_costs_nothing(monkeypatch):
    page = page_of()
    found = page.found(page.true)
    review = verify(page.network, found)
    monkeypatch.setattr(Equation, "evaluate_slip", lambda *_: pytest.fail("evaluated"))
    monkeypatch.setattr(Equation, "evaluate", lambda *_: pytest.fail("evaluated"))
    assert diagnose(review).diagnoses == {}


def test_helper_filled_with_the_filter_as_it_is():
    page = page_of()
    unturned = slip_of(page, "conv1.w_rotated", "filter not rotated")
    assert said(page, page.follow({"conv1.w_rotated": unturned})) == {
        "conv1.w_rotated": ["filter not rotated"]
    }


@pytest.mark.parametrize("blank", [(), ("conv1.w_rotated", "conv1.dL_dout_spread")])
def test_unrotated_filter_in_dh_is_known_with_and_without_helper_blocks(blank):
    page = page_of()
    wrong = page.follow({"conv1.dL_dh": slip_of(page, "conv1.dL_dh", "filter not rotated")})
    assert said(page, wrong, blank) == {"conv1.dL_dh": ["filter not rotated"]}


def test_slip_is_known_in_numbers_rounded_to_two_decimals():
    page = page_of()
    wrong = page.follow({"conv1.dL_dh": slip_of(page, "conv1.dL_dh", "filter not rotated")})
    wrong["conv1.dL_dh"] = np.round(wrong["conv1.dL_dh"], 2)
    assert said(page, wrong) == {"conv1.dL_dh": ["filter not rotated"]}


def test_slip_in_one_filter_is_named_with_its_place():
    page = page_of()
    name = "conv1.w_rotated"
    array = page.true[name].copy()
    array[1] = page.true["conv1.w"][1]
    found = page.found(page.follow({name: array}))
    (only,) = diagnose(verify(page.network, found)).diagnoses[name]
    assert only.slip == "filter not rotated"
    assert "in k = 1" in only.message
    assert not only.where[[0, 2]].any()


def test_right_cell_contradicts_a_slip():
    page = page_of()
    name = "conv1.dL_dh"
    array = page.follow({name: slip_of(page, name, "filter not rotated")})[name]
    array[0, 2] = page.true[name][0, 2]
    array[1, 2] = page.true[name][1, 2]
    named = said(page, page.follow({name: array}))[name]
    # Rows without a right cell may still be explained by themselves.
    found = page.found(page.follow({name: array}))
    for one in diagnose(verify(page.network, found)).diagnoses[name]:
        assert not one.where[:, 2].any()
    assert named


@pytest.mark.parametrize(
    ("factor", "slip"), [(-1, "sign reversed"), (2, "factor 2 extra"), (0.5, "factor 1/2 extra")]
)
def test_factor_in_a_single_cell_is_known_from_its_number(factor, slip):
    page = page_of(seed=4)
    array = page.true["conv1.dL_dw"].copy()
    array[1, 0, 2, 1] *= factor
    assert said(page, page.follow({"conv1.dL_dw": array})) == {"conv1.dL_dw": [slip]}


@pytest.mark.parametrize(
    ("times", "slip"),
    [(-1, "one term missing"), (1, "one term twice"), (-2, "one term with the wrong sign")],
)
def test_term_in_a_single_cell_is_known_from_its_number(times, slip):
    page = page_of(seed=5)
    h, w, array = (page.true[f"conv1.{name}"] for name in ("h", "w", "out"))
    array = array.copy()
    array[1, 1, 2] += times * h[0, 2, 3] * w[1, 0, 1, 1]
    assert said(page, page.follow({"conv1.out": array})) == {"conv1.out": [slip]}


def test_constant_pasted_is_known_throughout_and_in_one_block():
    page = page_of()
    name = "conv1.dL_dw"
    array = np.full(page.true[name].shape, 1.25)
    assert said(page, page.follow({name: array})) == {name: ["a constant pasted"]}
    array = page.true[name].copy()
    array[2, 1] = -3.5
    array[0, 0, 0, 0] += 0.123
    assert said(page, page.follow({name: array})) == {name: ["a constant pasted", "unknown"]}


def test_slips_that_give_the_same_numbers_are_all_named():
    page = Page(cases.network({"input": [1, 5, 5]}, {"type": "max_pool2d", "kernel": 5}))
    slips = [one.name for one in equation_of(page, "pool1.dL_dh").slips]
    assert "overlapping windows not summed" not in slips
    page = page_of("kernel-fills-input")
    wrong = page.follow({"conv1.dL_dh": slip_of(page, "conv1.dL_dh", "only the first filter")})
    assert said(page, wrong)["conv1.dL_dh"] == ["only the first filter"]


def test_two_slips_in_two_tensors_are_both_named():
    random = np.random.default_rng(7)
    done = 0
    for seed in range(40):
        page = Page(random_network(seed) | {"values": {"style": "normal", "seed": seed}})
        apt = [
            (one.target.name, slip)
            for one in page.network.equations
            for slip in one.slips
            if page.true[one.target.name].size > 6 and _changes_most(page, one, slip)
        ]
        pairs = [(a, b) for a, b in combinations(apt, 2) if a[0] != b[0]]
        if not pairs:
            continue
        (name, slip), (other, wrong) = pairs[int(random.integers(len(pairs)))]
        named = said(page, page.follow({name: slip, other: wrong}))
        if set(named) != {name, other}:
            continue  # the one has made the other right, or a tie
        assert slip.name in named[name][0]
        assert wrong.name in named[other][0]
        done += 1
    assert done >= 15


def _changes_most(page, equation, slip):
    wrong, right = equation.evaluate_slip(slip, page.true), page.true[equation.target.name]
    off = ~np.isclose(wrong, right, rtol=1e-3) & (np.abs(wrong) > 1e-3)
    return bool(np.isfinite(wrong).all() and np.unique(np.round(wrong[off], 6)).size >= 6)


def _digit_off(random, right):
    return np.round(
        right + random.integers(1, 10, right.shape) * 10.0 ** random.integers(-2, 2, right.shape), 2
    )


NOISES = {
    "gaussian": lambda random, right: right + random.normal(0, 1, right.shape),
    "rounded": lambda random, right: np.round(right + random.normal(0, 2, right.shape), 2),
    "one": lambda random, right: right + random.choice([-1.0, 1.0], right.shape),
    "digit": _digit_off,
    "shuffled": lambda random, right: random.permutation(right.ravel()).reshape(right.shape),
    "others": lambda random, right: random.choice(right.ravel(), right.shape),
    "integers": lambda random, right: random.integers(-9, 10, right.shape).astype(float),
    "few": lambda random, right: right + random.integers(-3, 4, right.shape),
}


@pytest.mark.many(quick=["shuffled"])
@pytest.mark.parametrize("noise", NOISES)
def test_noise_is_unknown(noise):
    """25 pages for each kind of noise, 200 in all: no slip is named where there is none."""
    random = np.random.default_rng([ord(letter) for letter in noise])
    names = ["plain", "stride2-padding1", "same-3x3", "dilation2", "batch3", "groups2"]
    pages = [conv_raw(GEOMETRIES[name], loss="mse") for name in names]
    pages += [random_network(seed) for seed in range(20)]
    judged = 0
    while judged < 25:
        raw = pages[int(random.integers(len(pages)))]
        style = ("integers", "normal")[judged % 2]
        page = Page(raw | {"values": {"style": style, "seed": int(random.integers(99))}})
        tensors = [one.target for one in page.network.equations if one.target.size > 1]
        name = tensors[int(random.integers(len(tensors)))].name
        right = page.true[name]
        cells = random.random(right.shape) < random.choice([0.1, 0.5, 1])
        wrong = np.where(cells, NOISES[noise](random, right), right)
        # A number that happens to be the right one's negative is a slip, and no noise.
        wrong = np.where(np.abs(wrong + right) < 0.01, right, wrong)
        named = said(page, page.follow({name: wrong}))
        if named:
            judged += 1
            assert {slip for slips in named.values() for slip in slips} == {"unknown"}, (
                raw["name"],
                named,
                right,
                wrong,
            )


# Through files.


@pytest.fixture
def book(tmp_path):
    return xlbackprop.build(conv_spec(GEOMETRIES["plain"], seed=1), tmp_path / "book.xlsx")


def slips_in(path):
    return {
        tensor.name: [(one["slip"], one["message"]) for one in tensor.diagnosis]
        for tensor in xlbackprop.check(path).tensors
        if tensor.diagnosis
    }


CELL = ("conv1.out", (1, 1, 2))


def formula_of(path, place):
    import openpyxl

    from tests.support.filling import places_by_index

    sheet, address = places_by_index(path)[place]
    return openpyxl.load_workbook(path)[sheet][address].value


def test_shifted_window_is_known_from_its_formula(book):
    from openpyxl.formula.translate import Translator

    right = formula_of(book, CELL)
    moved = Translator(right, origin="Z9").translate_formula("Z10")
    fill(book, {CELL: (moved, 3.25)})
    ((slip, message),) = slips_in(book)["conv1.out"]
    assert slip == "one window shifted"
    assert "[1,1,2]" in message
    assert " instead of " in message


def test_missing_term_is_known_from_its_formula(book):
    first, rest = formula_of(book, CELL).removeprefix("=").split("+", 1)
    fill(book, {CELL: (f"={rest}", 3.25)})
    ((slip, message),) = slips_in(book)["conv1.out"]
    assert slip == "one term missing"
    assert first.replace("$", "") in message


def test_sign_is_known_from_its_formula(book):
    right = formula_of(book, CELL).removeprefix("=")
    fill(book, {CELL: (f"=-({right})", 3.25)})
    assert [slip for slip, _ in slips_in(book)["conv1.out"]] == ["sign reversed"]


def test_formula_written_in_another_way_says_nothing(book):
    fill(book, {CELL: ("=SUM(A1:B2)*3", 3.257)})
    assert [slip for slip, _ in slips_in(book)["conv1.out"]] == ["unknown"]


@pytest.fixture
def unrotated(tmp_path):
    """A hand-filled page, its dL/dh made with filters that were not rotated, as docs/ has it."""
    path = xlbackprop.build("conv5x5x2", tmp_path / "mine.xlsx", blank=["w_rotated", "dL_dh"])
    full = xlbackprop.build("conv5x5x2", tmp_path / "full.xlsx")
    true = arrays_of(full)
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    equation = next(one for one in network.equations if one.target.name == "conv1.dL_dh")
    slip = next(one for one in equation.slips if one.name == "filter not rotated")
    wrong = np.round(equation.evaluate_slip(slip, true), 2)
    entries = {("conv1.dL_dh", index): float(wrong[index]) for index in np.ndindex(wrong.shape)}
    rotated = true["conv1.w_rotated"]
    entries |= {("conv1.w_rotated", i): float(rotated[i]) for i in np.ndindex(rotated.shape)}
    fill(path, entries)
    return path


def test_terminal_tells_a_newcomer_in_one_sentence_to_rotate_the_filter(capsys, unrotated):
    status, out, _ = called(capsys, "check", unrotated)
    assert status == 1
    assert (
        "filter not rotated: conv1.dL_dh, all 50 cells, conv1.C32:G36 and C39:G43 Turn each filter"
        " by 180° before you slide it over dL/dout: take the rows from last to first and each row"
        " backwards (w_rotated on the page), and multiply with that."
    ) in " ".join(out.split())


def test_json_has_the_slip_and_its_message(capsys, unrotated):
    report = json.loads(called(capsys, "check", unrotated, "--json")[1])
    (tensor,) = [one for one in report["tensors"] if one["diagnosis"]]
    assert tensor["name"] == "conv1.dL_dh"
    (entry,) = tensor["diagnosis"]
    assert entry["slip"] == "filter not rotated"
    assert entry["message"].startswith("filter not rotated: Turn each filter")
