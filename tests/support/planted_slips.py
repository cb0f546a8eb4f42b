"""Slips planted into pages, and how often each was known again by its name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tests.support.page_with_slip import Page
from xlbackprop.equation import Array, Equation, Slip, Tensor
from xlbackprop.judge.diagnose import diagnose, general_slips
from xlbackprop.judge.verify import Status, verify
from xlbackprop.tolerance import half_units

NETWORKS = 10  # for each slip


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


@dataclass(frozen=True, eq=False)
class Planting:
    """A slip that is to be planted, and the numbers that it gives."""

    key: tuple[str, str]
    equation: Equation
    slip: Slip
    numbers: Array

    @property
    def name(self) -> str:
        return self.equation.target.name


class Planted:
    """A page filled in with slips that have nothing to do with each other, and what is said."""

    def __init__(self, page: Page, plantings: Sequence[Planting]) -> None:
        self.page, self.plantings = page, plantings
        arrays = page.follow({one.name: one.numbers for one in plantings})
        self.review = verify(page.network, page.found(arrays))

    def is_seen(self, one: Planting) -> bool:
        """Return whether all changed cells are wrong: a tie, or rounding, may make them right."""
        off = ~np.isclose(one.numbers, self.page.true[one.name], rtol=1e-6, atol=1e-9)
        return bool((self.review.judgements[one.name].statuses[off] == Status.WRONG).all())

    @cached_property
    def said(self) -> dict[str, list[str]]:
        """The names of the slips that are said to be there, by tensor."""
        found = diagnose(self.review).diagnoses
        return {tensor: [one.slip for one in ones] for tensor, ones in found.items()}

    def misnomer(self, one: Planting) -> str | None:
        """Return what is said instead of the slip's name, or None."""
        here = self.said.get(one.name, [])
        if len(here) != 1 or set(self.said) != {other.name for other in self.plantings}:
            return str(self.said)
        # Several are named only where they cannot be told apart, and another only where it is one
        # of the layer's own that gives the same numbers.
        names = names_of(here[0])
        same = all(gives(self.page, one.equation, name, one.numbers) for name in names)
        return None if same else here[0]


def to_plant(
    page: Page, slips: Iterable[tuple[tuple[str, str], Equation, Slip]]
) -> Iterator[Planting]:
    """Yield the slips, but those that change too little to be known."""
    for key, equation, slip in slips:
        wrong = equation.evaluate_slip(slip, page.true)
        if np.isfinite(wrong).all() and is_telling(page, equation, wrong):
            yield Planting(key, equation, slip, wrong)


class Upstream:
    """Which tensors a planting rests on: all that its equation and its slip are made from."""

    def __init__(self, page: Page) -> None:
        self._before: dict[str, set[str]] = {tensor.name: set() for tensor in page.network.inputs}
        for equation in page.network.equations:
            self._before[equation.target.name] = self._all(equation.sources.values())
        self._taken: dict[str, set[str]] = {}

    def _all(self, tensors: Iterable[Tensor]) -> set[str]:
        return set().union(*({one.name} | self._before[one.name] for one in tensors))

    def are_apart(self, one: Planting, other: Planting) -> bool:
        """Return whether neither's tensor is what the other, or any slip of it, is made from."""
        return one.name != other.name and not (
            one.name in self._of(other.equation) or other.name in self._of(one.equation)
        )

    def _of(self, equation: Equation) -> set[str]:
        name = equation.target.name
        if name not in self._taken:
            slips = [self._all(slip.sources.values()) for slip in equation.slips]
            self._taken[name] = self._before[name].union(*slips)
        return self._taken[name]


class Tally:
    """In how many networks each slip was planted, and where it was not known again."""

    def __init__(self, networks: int = NETWORKS) -> None:
        self.networks = networks
        self.times: dict[tuple[str, str], int] = defaultdict(int)
        self.wrong: list[object] = []

    def add(self, page: Page, slips: Iterable[tuple[tuple[str, str], Equation, Slip]]) -> None:
        """Plant each slip once: the first time alone, then beside others that are apart from it."""
        slips, upstream = list(slips), Upstream(page)
        for key, _, _ in slips:
            self.times[key] += 0
        wanted = [one for one in slips if self.times[one[0]] < self.networks]
        left = list(to_plant(page, wanted))
        while left:
            together = self._together(left, upstream)
            planted = Planted(page, together)
            seen = [one for one in together if planted.is_seen(one)]
            if len(seen) == len(together):
                self._count(planted)
                done = {one.key for one in together}
                left = [one for one in left if one.key not in done]
            else:  # those that are not seen are left out
                left = [one for one in left if one in seen or one not in together]

    def _together(self, left: Sequence[Planting], upstream: Upstream) -> list[Planting]:
        chosen = [left[0]]
        for one in left[1:] if self.times[left[0].key] else ():
            is_new = self.times[one.key] and one.key not in {other.key for other in chosen}
            if is_new and all(upstream.are_apart(one, other) for other in chosen):
                chosen.append(one)
        return chosen

    def _count(self, planted: Planted) -> None:
        for one in planted.plantings:
            self.times[one.key] += 1
            if (said := planted.misnomer(one)) is not None:
                self.wrong.append((*one.key, one.name, said))

    def rare(self) -> dict[tuple[str, str], int]:
        return {key: times for key, times in self.times.items() if times < self.networks}

    def assert_all_known(self) -> None:
        total = sum(self.times.values())
        assert not self.wrong, f"{len(self.wrong)} of {total}: {self.wrong[:4]}"
        assert self.times
        assert not self.rare()
