"""Every slip of every layer, loss and optimizer is known again by its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import xlbackprop
from tests.slip_networks import GROUPS, random_pages
from tests.slip_pages import Page
from xlbackprop.diagnose import diagnose, general_slips
from xlbackprop.equation import Array, Equation, Slip
from xlbackprop.verify import Status, verify

NETWORKS = 10  # for each slip
LEAST_DRAWN, MOST_DRAWN = 40, 300
GENERAL = "any equation"

PACKAGE = Path(xlbackprop.__file__).parent


def equations_by_owner(page: Page) -> list[tuple[str, Equation]]:
    """Return the equations, each with the type of its layer, loss or optimizer."""
    found = []
    network = page.network
    for step in network.steps:
        for layer in step.layers:
            found += [(layer.type, one) for one in (*layer.forward(), *layer.backward())]
            found += [(network.training.name, one) for one in layer.updates]
        loss = network.spec.loss.type
        found += [(loss, one) for one in (*step.loss.forward, *step.loss.backward)]
    return found


def is_telling(right: Array, wrong: Array) -> bool:
    """Return whether a slip changes enough for its numbers to be no chance.

    Two numbers swapped, or one of them off, could be anything; where there are only zeros and
    ones, it takes more cells.
    """
    off = ~np.isclose(wrong, right, rtol=1e-4, atol=1e-6)
    changed = np.sort(np.round(np.stack([wrong[off], right[off]], axis=1), 7), axis=1)
    changed[np.abs(wrong[off]) < 1e-7] = 0
    pairs = np.unique(changed, axis=0)
    return len(pairs) >= min(4, right.size) or off.sum() >= 30


def names_of(slip: str) -> list[str]:
    return slip.removeprefix("one of: ").split(", ")


def gives(page: Page, equation: Equation, name: str, numbers: Array) -> bool:
    """Return whether a slip of that name gives these very numbers."""
    return any(
        np.allclose(equation.evaluate_slip(slip, page.true), numbers, rtol=1e-5, atol=1e-8)
        for slip in (*equation.slips, *general_slips(equation))
        if slip.name == name
    )


def wrongly_named(page: Page, equation: Equation, slip: Slip) -> str | None:
    """Fill a page in with a slip; return what is said instead of its name, or None."""
    name = equation.target.name
    found = page.found(page.follow({name: slip}))
    said = diagnose(page.network, found, verify(page.network, found))
    if set(said) != {name} or len(said[name]) != 1:
        return str({tensor: [one.slip for one in ones] for tensor, ones in said.items()})
    named = names_of(said[name][0].slip)
    numbers = equation.evaluate_slip(slip, page.true)
    # Several are named only where they cannot be told apart, and another only for that reason.
    is_known = all(gives(page, equation, one, numbers) for one in named)
    return None if is_known else said[name][0].slip


Key = tuple[str, str, str]  # the owner, the tensor (of a layer's own slips) and the slip


def slips_of(page: Page, group: str) -> Iterator[tuple[Key, Equation, Slip]]:
    """Yield the group's own slips, and those of any equation."""
    for owner, equation in equations_by_owner(page):
        for slip in equation.slips if owner == group else ():
            yield (owner, equation.target.short, slip.name), equation, slip
        for slip in general_slips(equation):
            yield (GENERAL, "", slip.name), equation, slip


def applies(page: Page, equation: Equation, slip: Slip) -> bool:
    """Return whether a page can be filled in with a slip, so that it can be known."""
    wrong, right = equation.evaluate_slip(slip, page.true), page.true[equation.target.name]
    return bool(
        np.isfinite(wrong).all()
        and is_telling(right, wrong)
        and is_seen_as_wrong(page, equation, slip)
    )


def is_seen_as_wrong(page: Page, equation: Equation, slip: Slip) -> bool:
    """Return whether `verify` finds all changed cells wrong: a tie may make them right."""
    name = equation.target.name
    arrays = page.follow({name: slip})
    statuses = verify(page.network, page.found(arrays))[name].statuses
    off = ~np.isclose(arrays[name], page.true[name], rtol=1e-6, atol=1e-9)
    return bool((statuses[off] == Status.WRONG).all())


@pytest.mark.parametrize("group", GROUPS)
def test_every_slip_is_diagnosed_by_its_name_in_ten_random_networks(group):
    times: dict[Key, int] = defaultdict(int)
    wrong = []
    for number, page in enumerate(random_pages(group, MOST_DRAWN)):
        done = set()
        for key, equation, slip in slips_of(page, group):
            times[key] += 0
            if key in done or times[key] >= NETWORKS or not applies(page, equation, slip):
                continue
            done.add(key)
            times[key] += 1
            said = wrongly_named(page, equation, slip)
            if said is not None:
                wrong.append((key, equation.target.name, said))
        own = {key: count for key, count in times.items() if key[0] == group}
        if number > LEAST_DRAWN and own and min(own.values()) >= NETWORKS:
            break
    assert not wrong, f"{len(wrong)} of {sum(times.values())}: {wrong[:3]}"
    assert own
    assert min(own.values()) >= NETWORKS, {k: n for k, n in own.items() if n < NETWORKS}
