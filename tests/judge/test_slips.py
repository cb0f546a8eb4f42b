"""Every slip of every layer, loss and optimizer is known again by its name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import xlbackprop
from tests.support.networks_for_slips import (
    GROUPS,
    LINKS,
    PENALTY,
    RECURRENT,
    SHARED,
    TRAINED,
    random_pages,
)
from tests.support.page_with_slip import Page
from xlbackprop.equation import Array, Equation, Slip
from xlbackprop.judge.diagnose import diagnose, general_slips
from xlbackprop.judge.diagnose.general import ROUNDED
from xlbackprop.judge.verify import Status, verify
from xlbackprop.tolerance import half_units

NETWORKS = 10  # for each slip
LEAST_DRAWN, MOST_DRAWN = 20, 300
OF_PENALTY = (
    "l2 forgotten in dL/dw", "2λw", "l2 with the wrong sign", "l2 on biases", "weights not squared",
    "squares not halved",
)  # fmt: skip
QUICK = ["embedding", "softmax", "mse"]

PACKAGE = Path(xlbackprop.__file__).parent


def equations_by_owner(page: Page) -> list[tuple[str, Equation]]:
    """Return the equations, each with the type of its layer, loss or optimizer."""
    found = []
    network = page.network
    for step in network.steps:
        for layer in step.layers:
            part = layer.equations
            found += [(layer.type, one) for one in (*part.forward, *part.backward)]
            found += [(LINKS, one) for one in (*layer.forward_links, *layer.backward_links)]
            found += [(SHARED, one) for one in layer.gathered]
            found += [(owner_of_update(network.training.name, one), one) for one in layer.updates]
        found += [(TRAINED, one) for one in step.clipping]
        loss = network.spec.loss.type
        found += [(loss, one) for one in (*step.loss.forward, *step.loss.backward)]
    if network.training:
        found += [(TRAINED, one) for one in network.training.before]
    return [one for owner, equation in found for one in by_penalty(owner, equation)]


def owner_of_update(optimizer: str, equation: Equation) -> str:
    """Return whose equation an update is: what all optimizers may have is none's."""
    takes_steps = "training.t" in [tensor.name for tensor in equation.sources.values()]
    return TRAINED if takes_steps or equation.target.short.endswith("_clipped") else optimizer


def by_penalty(owner: str, equation: Equation) -> Iterator[tuple[str, Equation]]:
    """Yield the equation, and apart from it what it knows of l2, which is no layer's."""
    names = [slip.name for slip in equation.slips]
    if not any(one in OF_PENALTY for one in names):
        yield owner, equation
        return
    known = [slip for slip in equation.slips if slip.name in OF_PENALTY]
    others = [slip for slip in equation.slips if slip.name not in OF_PENALTY]
    yield owner, replace(equation, slips=tuple(others))
    yield PENALTY, replace(equation, slips=tuple(known))


def is_telling(page: Page, equation: Equation, wrong: Array) -> bool:
    """Return whether a slip changes enough for its numbers to be no chance.

    Two numbers swapped, or a single one copied from elsewhere, could be anything; where there are
    only zeros, or zeros and ones, it takes more cells.
    """
    right = page.true[equation.target.name]
    off = ~np.isclose(wrong, right, rtol=1e-4, atol=1e-6)
    sources = [page.true[one.name].ravel() for one in equation.sources.values()]
    if right.size <= 2 and np.isclose(np.concatenate(sources)[:, None], wrong.ravel()).any():
        return False
    zeros, others = off & (np.abs(wrong) < 1e-7), np.abs(right) > 1e-7
    changed = np.stack([wrong[off & ~zeros], right[off & ~zeros]], axis=1)
    pairs = np.unique(np.sort(np.round(changed, 7), axis=1), axis=0)
    if off.any() and len(pairs) >= min(4, right.size):
        return True
    return bool(off.sum() >= 20 or (zeros.sum() >= 4 and others.sum() >= zeros.sum() + 4))


def names_of(slip: str) -> list[str]:
    return slip.removeprefix("one of: ").split(", ")


def gives(page: Page, equation: Equation, name: str, numbers: Array) -> bool:
    """Return whether a slip of that name gives these numbers, which may be rounded ones."""
    return any(
        np.allclose(
            equation.evaluate_slip(slip, page.true),
            numbers,
            rtol=1e-5,
            atol=max(1e-8, float(half_units(numbers).max())),
        )
        for slip in (*equation.slips, *general_slips(equation))
        if slip.name == name
    )


class Planted:
    """A page filled in with a slip, and what is said of it."""

    def __init__(self, page: Page, equation: Equation, slip: Slip, numbers: Array) -> None:
        self.page, self.equation, self.slip, self.numbers = page, equation, slip, numbers
        self.name = equation.target.name
        found = page.found(page.follow({self.name: numbers}))
        self.review = verify(page.network, found)

    def is_seen(self) -> bool:
        """Return whether all changed cells are wrong: a tie, or rounding, may make them right."""
        off = ~np.isclose(self.numbers, self.page.true[self.name], rtol=1e-6, atol=1e-9)
        return bool((self.review.judgements[self.name].statuses[off] == Status.WRONG).all())

    def misnomer(self) -> str | None:
        """Return what is said instead of the slip's name, or None."""
        said = diagnose(self.review).diagnoses
        if set(said) != {self.name} or len(said[self.name]) != 1:
            return str({tensor: [one.slip for one in ones] for tensor, ones in said.items()})
        named = names_of(said[self.name][0].slip)
        # Several are named only where they cannot be told apart, and another only where it is one
        # of the layer's own that gives the same numbers.
        same = all(gives(self.page, self.equation, one, self.numbers) for one in named)
        return None if same else said[self.name][0].slip


def plant(page: Page, equation: Equation, slip: Slip) -> Planted | None:
    """Return the page filled in with the slip, or None where it changes too little to be known."""
    wrong = equation.evaluate_slip(slip, page.true)
    if not np.isfinite(wrong).all() or not is_telling(page, equation, wrong):
        return None
    planted = Planted(page, equation, slip, wrong)
    return planted if planted.is_seen() else None


def own_slips(page: Page, group: str) -> Iterator[tuple[tuple[str, str], Equation, Slip]]:
    for owner, equation in equations_by_owner(page):
        for slip in equation.slips if owner == group else ():
            short = equation.target.short
            if group in RECURRENT:  # one slip in any of the steps
                short = re.sub(r"_\d+$", "", short)
            yield (short, slip.name), equation, slip


def any_slips(page: Page) -> Iterator[tuple[tuple[str, str], Equation, Slip]]:
    for _, equation in equations_by_owner(page):
        for slip in general_slips(equation):
            # What is rounded is off by little: it takes many numbers to be sure of it.
            if slip.name != ROUNDED or equation.target.size >= 20:
                yield ("", slip.name), equation, slip


class Tally:
    """In how many networks each slip was planted, and where it was not known again."""

    def __init__(self, networks: int = NETWORKS) -> None:
        self.networks = networks
        self.times: dict[tuple[str, str], int] = defaultdict(int)
        self.wrong: list[object] = []

    def add(self, page: Page, slips: Iterable[tuple[tuple[str, str], Equation, Slip]]) -> None:
        done = set()
        for key, equation, slip in slips:
            self.times[key] += 0
            if key in done or self.times[key] >= self.networks:
                continue
            planted = plant(page, equation, slip)
            if planted is not None:
                done.add(key)
                self.times[key] += 1
                if (said := planted.misnomer()) is not None:
                    self.wrong.append((*key, equation.target.name, said))

    def rare(self) -> dict[tuple[str, str], int]:
        return {key: times for key, times in self.times.items() if times < self.networks}

    def assert_all_known(self) -> None:
        total = sum(self.times.values())
        assert not self.wrong, f"{len(self.wrong)} of {total}: {self.wrong[:4]}"
        assert self.times
        assert not self.rare()


# Which argument of what makes mistakes is the name.
MAKERS = {
    "Slip": 0, "Mistake": 0, "altered": 0, "scaled": 0, "turned_slip": 0, "misplaced": 0,
    "slip": 0, "_reordered": 1,
}  # fmt: skip


# And which keywords of `Words`, in which gradients gather.
NAMES_IN_WORDS = ("first_only", "last_only", "mean")


def names_in_the_code() -> set[str]:
    """Return a pattern for each name that the code gives to a slip."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            function = getattr(node, "func", None)
            maker = getattr(function, "id", getattr(function, "attr", ""))
            position = MAKERS.get(maker)
            if position is not None and len(node.args) > position:
                found.add(_pattern(node.args[position]))
            named = [one for one in getattr(node, "keywords", ()) if one.arg in NAMES_IN_WORDS]
            found |= {_pattern(one.value) for one in named if maker == "Words"}
    return found - {""}


def _pattern(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [re.escape(v.value) if isinstance(v, ast.Constant) else ".+" for v in node.values]
        return "".join(parts)
    return ""


@pytest.mark.slow
def test_no_slip_of_the_code_is_left_out():
    """Each name written anywhere belongs to a slip that the networks of these tests have."""
    patterns = names_in_the_code()
    assert len(patterns) > 100
    # This one is made from what was found, and is no version of a step.
    missing = patterns - {re.escape("a constant pasted")}
    assert len(missing) == len(patterns) - 1
    rounds = zip(*(random_pages(group, 30) for group in GROUPS), strict=True)
    for page in chain.from_iterable(rounds):
        names = {slip.name for slip in _slips_of(page)}
        missing = {one for one in missing if not any(re.fullmatch(one, name) for name in names)}
        if not missing:
            break
    assert not missing


def _slips_of(page: Page) -> Iterator[Slip]:
    for equation in page.network.equations:
        yield from (*equation.slips, *general_slips(equation))


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("group", GROUPS)
def test_every_slip_is_diagnosed_by_its_name_in_ten_random_networks(group):
    tally = Tally()
    for number, page in enumerate(random_pages(group, MOST_DRAWN)):
        tally.add(page, own_slips(page, group))
        if number > LEAST_DRAWN and tally.times and not tally.rare():
            break
    tally.assert_all_known()


def test_slips_that_fit_any_equation_are_diagnosed_by_their_names():
    tally = Tally()
    blocks = list(random_pages("transpose", 14))  # few others have blocks of no name
    everywhere = zip(*(random_pages(group, 3) for group in GROUPS), strict=True)
    for number, page in enumerate(chain(blocks, chain.from_iterable(everywhere)), start=1):
        tally.add(page, any_slips(page))
        if number >= len(blocks) + len(GROUPS) and not tally.rare():
            break
    tally.assert_all_known()
