"""Plain slips that explain typed gradients: what somebody computed instead, number by number.

There is no formula to mend, so a slip counts only where it gives all wrong numbers of a block, and
these have digits enough that chance does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Mask, Mistake
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.formula.sheets.gradients import flow_back
from xlbackprop.formula.tree import Reference
from xlbackprop.judge.diagnosis import Diagnosis, named
from xlbackprop.judge.gradients.edits import slips
from xlbackprop.judge.gradients.statuses import Statuses
from xlbackprop.judge.gradients.tensors import Block
from xlbackprop.judge.judgement import Status
from xlbackprop.tolerance import half_units, matches

# Digits that all explained numbers have together: with fewer, chance may have written them.
_LEAST_DIGITS = 3.5
_MOST_DIGITS = 15.0
# Cells of a plane beyond which activations are not left out one after the other, and how many are.
_MOST_CELLS, _MOST_ACTIVATIONS = 200_000, 12

NOT_FILLED_IN = Mistake("not filled in", "Work these out: 0 stands where other numbers belong.")
_SIGN = Mistake(slips.SIGN, "Check the sign: each of these numbers should be its negative.")
_TRANSPOSED = Mistake(
    slips.TRANSPOSED,
    "Swap rows and columns: each number stands where its row and column are exchanged.",
)
_ROTATED = Mistake(
    "dL/dw rotated",
    "Turn nothing for dL/dw: these numbers stand as if the block were rotated by 180 degrees.",
)
# Such put each number into another place, those that are right as well.
_OF_ALL = (_TRANSPOSED, _ROTATED)
_FORWARD = Mistake(
    "values for gradients",
    "These are the numbers by which one differentiates: their gradients belong here.",
)
_NO_DERIVATIVE = Mistake(
    slips.NO_DERIVATIVE,
    "Multiply by the activation's derivative: these numbers are right but for that factor.",
)


class TypedSlips:
    """The slips that may stand behind wrong typed numbers."""

    def __init__(self, findings: Findings, said: Statuses) -> None:
        self._findings, self._said = findings, said
        self._is_wrong = (said.statuses == Status.WRONG) & findings.is_typed & said.is_known
        self.claims: frozenset[int] = frozenset(np.flatnonzero(self._is_wrong).tolist())

    def diagnosis(self, block: Block) -> Diagnosis | None:
        """Return what explains all wrong typed numbers of a block, if anything does."""
        where = self._is_wrong[block.claims]
        if not where.any():
            return None
        own, truth = self._findings.own[block.claims, 0], self._findings.truth[block.claims, 0]
        found = [
            mistake
            for mistake, numbers in self._tried(block, truth)
            if _explains(own, numbers, where)
            and (mistake not in _OF_ALL or _is_near(own, numbers).all())
        ]
        return named(found, where) if found else None

    def _tried(self, block: Block, truth: Array) -> Iterator[tuple[Mistake, Array]]:
        yield NOT_FILLED_IN, np.zeros(truth.shape)
        yield _SIGN, -truth
        if truth.ndim == 2 and truth.shape[0] == truth.shape[1] > 1:
            yield _TRANSPOSED, truth.T
        if truth.ndim == 2 and min(truth.shape) > 1:
            yield _ROTATED, truth[::-1, ::-1]
        for mistake, factor in self._factors:
            yield mistake, factor * truth
        yield _FORWARD, self._values(block)
        factors = np.array([claim.factor for claim in self._findings.claims])[block.claims]
        cells = self._of(block)
        for without in self._without_activations:
            yield _NO_DERIVATIVE, factors * without[cells]

    def _of(self, block: Block) -> NDArray[np.int64]:
        of = [self._findings.claims[at].of for at in block.claims.ravel().tolist()]
        return np.array(of, dtype=np.int64).reshape(block.claims.shape)

    def _values(self, block: Block) -> Array:
        return np.asarray(self._findings.board.numbers[self._of(block), 0])

    @cached_property
    def _factors(self) -> Sequence[tuple[Mistake, float]]:
        """What a gradient may have been multiplied with, and what one calls that."""
        twice = "Check for a factor of 2: these numbers are"
        found = [
            (Mistake("factor 2 extra", f"{twice} twice what they should be."), 2.0),
            (Mistake("factor 1/2 extra", f"{twice} half of what they should be."), 0.5),
        ]
        findings = self._findings
        if findings.rate is not None:
            rate = float(findings.board.numbers[findings.rate, 0])
            text = (
                f"Leave the rate {findings.address(findings.rate)} to the update: these numbers are"
                f" {rate:g} times what they should be."
            )
            found += [(Mistake(slips.FACTOR_EXTRA, text), by) for by in (rate, -rate)]
        for number in sorted(self._counts - {0, 1, 2}):
            mean = f"Do not divide by {number}: here a sum is wanted."
            whole = f"Divide by {number}: yours is {number} times what it should be."
            found.append((Mistake("mean for sum", mean), 1 / number))
            found.append((Mistake("sum for mean", whole), float(number)))
        return found

    @cached_property
    def _counts(self) -> set[int]:
        """The numbers of outputs, samples or steps by which one may divide."""
        findings, graph = self._findings, self._findings.graph
        found = {1, findings.steps}
        for cell in findings.losses[:1]:
            group = graph.groups[graph.owner[cell]]
            sizes = [place.size for place in group.places]
            found |= {size for height, width in sizes for size in (height, width, height * width)}
            references = len(graph.references(cell))
            found |= {references, references // 2}  # outputs, or outputs and targets
        return found

    @cached_property
    def _without_activations(self) -> list[Array]:
        """What flows back to all cells on the page where one activation's derivative is left out.

        That of one formula shape, through which it goes as through a copy.
        """
        findings, graph = self._findings, self._findings.graph
        groups = findings.computation.in_order()
        if not findings.losses or findings.computation.plane.size > _MOST_CELLS:
            return []
        start = np.zeros((findings.computation.plane.size, findings.board.draws))
        start[list(findings.losses)] = 1.0
        whole = start.copy()
        flow_back(groups, findings.board, whole)
        found = []
        for left_out in groups:
            windows = graph.windows(graph.groups[graph.owner[left_out.cells[0]]])
            is_one = windows.shape[1] > 0 and bool((windows == windows[:, :1]).all())
            if (
                not is_one
                or isinstance(left_out.tree, Reference)
                or not whole[left_out.cells].any()
            ):
                continue
            result = start.copy()
            for group in reversed(groups):
                if group is left_out:
                    own = graph.windows(graph.groups[graph.owner[group.cells[0]]])
                    np.add.at(result, own[graph.position[group.cells], 0], result[group.cells])
                else:
                    flow_back([group], findings.board, result)
            found.append(result[:, 0])
            if len(found) >= _MOST_ACTIVATIONS:
                break
        return found


def _explains(own: Array, numbers: Array, where: Mask) -> bool:
    """Whether a slip gives all wrong numbers, as they were typed, and no chance does."""
    mine, its = own[where], numbers[where]
    if not np.isfinite(its).all():
        return False
    if not _is_near(mine, its).all():
        return False
    if not mine.any():
        return True
    numbers = mine[mine != 0]
    digits = np.log10(np.abs(numbers) / (2 * half_units(numbers)))
    return bool(np.clip(digits, 0.0, _MOST_DIGITS).sum() >= _LEAST_DIGITS)


def _is_near(numbers: Array, its: Array) -> Mask:
    """Return which typed numbers are others, maybe rounded, but not to nothing."""
    return matches(numbers, its, np.minimum(half_units(numbers), np.abs(its) / 10))
