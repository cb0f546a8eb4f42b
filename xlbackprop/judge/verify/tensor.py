"""One computed tensor of a workbook judged, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Equation, Mask
from xlbackprop.judge.constants import constants
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.judge.verify.noise import Noise
from xlbackprop.judge.verify.upstream import (
    follows_from_invalid,
    follows_from_nothing,
    zero_from_elsewhere,
)
from xlbackprop.judge.verify.versions import NUDGED, Evaluation, Versions
from xlbackprop.network import Network
from xlbackprop.network.earlier import earlier_of
from xlbackprop.tolerance import (
    ABSOLUTE,
    allowance,
    decimals_needed,
    half_units,
    is_filled_alike,
    is_near,
    largest_of,
    matches,
    rounding,
)
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

# The largest of few nudges is less than the largest that there may be.
_MARGIN = 2


class TensorJudge:
    """Says of each cell of a tensor what it is, from the versions of its sources."""

    def __init__(
        self,
        network: Network,
        equation: Equation,
        found: Found,
        versions: Mapping[str, Versions],
        noise: Noise,
    ) -> None:
        self._equation, self._found, self._noise = equation, found, noise
        self._evaluate = Evaluation(equation, versions)
        self._expected = self._evaluate("true")
        self._numbers = found.numbers
        self._is_number = found.states == int(State.NUMBER)
        self._typed = self._is_number & ~found.has_formula
        earlier = earlier_of(network, equation.target.name)
        self._before = [versions[tensor.name].true for tensor in earlier.before]
        self._others = [versions[tensor.name].true for tensor in earlier.others]

    def judgement(self) -> Judgement:
        """Return what is said of the tensor's cells."""
        right, ties = self._right()
        follows = self._follows(right)
        uncredited = self._uncredited(~right & follows)
        statuses = self._statuses(right, follows & ~uncredited)
        return Judgement(
            self._found,
            statuses,
            self._expected,
            self._evaluate("counted"),
            uncredited,
            tie_rule=self._equation.tie_rule if ties.any() else "",
            rounded=self._rounded(statuses),
            decimals=self._decimals,
            decided=np.where(ties, self._numbers, self._evaluate("decided"))
            if ties.any()
            else self._evaluate("decided"),
        )

    def _statuses(self, right: Mask, carried: Mask) -> NDArray[np.int8]:
        if right.all():
            return np.full(right.shape, int(Status.RIGHT), dtype=np.int8)
        return np.select(
            [right, carried, self._is_number, self._is_blank],
            [int(Status.RIGHT), int(Status.CARRIED), int(Status.WRONG), int(Status.BLANK)],
            Status.INVALID,
        ).astype(np.int8)

    @cached_property
    def _tolerance(self) -> Array:
        return rounding(self._numbers, self._typed, self._expected, self._before, self._others)

    @property
    def _decimals(self) -> int:
        if is_filled_alike(self._numbers, self._expected, self._before, self._others):
            return 0
        return decimals_needed(self._expected)

    @property
    def _is_blank(self) -> Mask:
        # A formula without a saved value is there, but nobody has computed it.
        return self._found.is_blank

    def _right(self) -> tuple[Mask, Mask]:
        """Return which cells are right, and which of them only for a tie decided otherwise."""
        right = matches(self._numbers, self._expected)
        if right.all():  # that it may be rounded is not asked for
            return right, ~right
        right |= matches(self._numbers, self._expected, self._tolerance)
        if right.all():
            return right, ~right
        near = is_near(self._evaluate("accepted"), self._evaluate("decided"))
        right |= self._gives("accepted") & near
        ties = np.zeros_like(right)
        if self._equation.accepts is not None and not right.all():
            for version in ("true", "accepted"):
                ties |= self._accepts(version) & ~right
        return right | ties | self._is_noise(right | ties), ties

    def _is_noise(self, right: Mask) -> Mask:
        """Return which of the other cells are off for no more than the last digits before them."""
        off = np.where(right, np.nan, np.abs(self._numbers - self._expected))
        sources = self._evaluate.arrays("true").values()
        if not (off <= ABSOLUTE * max([1.0, *map(largest_of, sources)])).any():
            return np.zeros_like(right)
        return self._noise.covers(self._equation.target.name, off)

    def _gives(self, version: str) -> Mask:
        return self._evaluate.gives(version, self._numbers, self._tolerance)

    def _accepts(self, version: str) -> Mask:
        """Return which cells hold another valid answer on a version that has a tie."""
        allowed = allowance(self._evaluate(version), self._tolerance)
        return self._equation.accepted(self._numbers, allowed, self._evaluate.arrays(version))

    def _follows(self, right: Mask) -> Mask:
        """Return which other cells follow from a version of the user's own earlier cells."""
        if right.all():
            return ~right
        follows = np.zeros(self._numbers.shape, dtype=np.bool_)
        for version in self._evaluate.of_the_user:
            follows |= self._gives(version)
            if self._equation.accepts is not None and not (right | follows).all():
                follows |= self._accepts(version)
        follows |= self._follows_unrounded(right | follows)
        follows &= ~zero_from_elsewhere(self._equation, self._found, follows & ~right)
        expects_none = np.isnan(self._evaluate("counted")) | np.isnan(self._evaluate("strict"))
        return follows | follows_from_invalid(self._equation, self._found, expects_none)

    def _follows_unrounded(self, known: Mask) -> Mask:
        """Return which other typed cells follow from the user's numbers before their rounding.

        People work with more digits than they type: what follows from a wrong number was made of
        more of it than is on the page.
        """
        left: Mask = np.asarray(self._typed & ~known)
        if not left.any():
            return left
        with np.errstate(invalid="ignore"):
            base = self._evaluate("unrounded")
            moved = [np.abs(self._evaluate(version) - base) for version in NUDGED]
            allowed = self._tolerance + _MARGIN * np.max(moved, axis=0)
            scale = largest_of(self._expected) or None
            return np.asarray(left & matches(self._numbers, base, allowed, scale))

    def _uncredited(self, follows: Mask) -> Mask:
        # What a formula gives does follow, whatever from; a number that was typed may be a guess.
        if not follows.any():
            return follows
        uncredited = follows & np.isnan(self._evaluate("hollow"))
        uncredited &= follows_from_nothing(self._found, uncredited) | ~self._found.has_formula
        return np.asarray(uncredited & ~constants(self._equation, uncredited))

    def _rounded(self, statuses: NDArray[np.int8]) -> Mask:
        """Return which cells are not right for no other reason than rounding, there or earlier."""
        carried = statuses == int(Status.CARRIED)
        off = self._typed & ((statuses == int(Status.WRONG)) | carried)
        if not (off | carried).any():
            return np.asarray(off)
        with np.errstate(invalid="ignore"):
            near = np.abs(self._numbers - self._expected)
            here = off & (near <= half_units(self._numbers, least=0))
        return np.asarray(here | (carried & matches(self._numbers, self._evaluate("rounded"))))
