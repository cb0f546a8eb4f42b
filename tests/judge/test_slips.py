"""Every slip of every layer, loss and optimizer is known again by its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest

import xlbackprop
from tests.support import planted_slips
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
from tests.support.planted_slips import Tally
from xlbackprop.equation import Equation, Slip
from xlbackprop.judge.diagnose import diagnose, general_slips
from xlbackprop.judge.diagnose.general import ROUNDED

LEAST_DRAWN, MOST_DRAWN = 20, 300
OF_PENALTY = (
    "l2 forgotten in dL/dw", "2λw", "l2 with the wrong sign", "l2 on biases", "weights not squared",
    "squares not halved",
)  # fmt: skip
# Made from what was found, and no versions of a step: test_diagnose.py and test_typed_slips.py
# have these.
OF_NO_STEP = ("a constant pasted", "not filled in", "values for gradients")
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
    missing = patterns - {re.escape(name) for name in OF_NO_STEP}
    assert len(missing) == len(patterns) - len(OF_NO_STEP)
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


def test_slip_that_gets_another_name_is_noticed(monkeypatch):
    def misled(review):
        found = diagnose(review)
        named = {
            tensor: [replace(one, slip="weights missing in dL/dh") for one in ones]
            for tensor, ones in found.diagnoses.items()
        }
        return replace(found, diagnoses=named)

    monkeypatch.setattr(planted_slips, "diagnose", misled)
    tally = Tally(2)
    for page in random_pages("relu", 4):
        tally.add(page, own_slips(page, "relu"))
    with pytest.raises(AssertionError, match="weights missing in dL/dh"):
        tally.assert_all_known()
