"""Other numbers for the givens and parameters: what the workbook makes of them, and what NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array, Index, Mask, Tensor
from xlbackprop.equation.indices import index_at
from xlbackprop.formula.places import Places
from xlbackprop.judge.retyped import given_of, retyped
from xlbackprop.judge.review import Review
from xlbackprop.judge.verify import Status, verify
from xlbackprop.tolerance import largest_of, matches
from xlbackprop.workbook.engine.calculation import Calculation
from xlbackprop.workbook.engine.cell_list import UNABLE, CellList, Values, list_cells
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found

S = TypeVar("S", bound=np.generic)

# Engines take numbers that are nearer to each other than this for equal when they compare.
_NEARLY = 1e-15
# So many numbers go to the engine at once: 32 megabytes.
_MOST_NUMBERS = 4_000_000
# So many numbers of truths are kept.
_MOST_KEPT = 8_000_000


@dataclass(frozen=True)
class Trials:
    """A workbook whose inputs can be given other numbers.

    `inputs` and `graded` are the given and the computed tensors that have places; a row has the
    numbers of the inputs, one tensor after the other, and flat arrays the cells of the graded.
    """

    review: Review
    calculation: Calculation

    @cached_property
    def inputs(self) -> tuple[Tensor, ...]:
        """The givens and parameters that have places."""
        return tuple(
            tensor
            for tensor in self.review.judged_network.inputs
            if tensor.name in self.review.found
        )

    @cached_property
    def graded(self) -> tuple[Tensor, ...]:
        """The computed tensors that have places."""
        network = self.review.judged_network
        return tuple(network.tensors[n] for n in network.equation_of if n in self.review.found)

    @cached_property
    def input_cells(self) -> CellList:
        """The cells that get numbers: those of the inputs, and where these were typed again."""
        return list_cells(self._places).where(self._chosen)

    @property
    def _places(self) -> list[Places]:
        """The places of the inputs, and of the tensors in which some were typed again."""
        names = [*(tensor.name for tensor in self.inputs), *self._retyped]
        return [self.review.found[name].places for name in names]

    @cached_property
    def _chosen(self) -> Mask:
        """Which entries of these are given numbers."""
        every = np.ones(sum(tensor.size for tensor in self.inputs), dtype=np.bool_)
        return np.concatenate([every, *(mask.ravel() for mask in self._retyped.values())])

    @cached_property
    def _retyped(self) -> dict[str, Mask]:
        return retyped(self.review.judged_network, self.review.found)

    @cached_property
    def _numbers_of_cells(self) -> NDArray[np.intp]:
        """For each of the input cells, which of a row's numbers it gets: one for each cell."""
        ends = np.cumsum([tensor.size for tensor in self.inputs])
        first = {
            tensor.name: int(end) - tensor.size
            for tensor, end in zip(self.inputs, ends, strict=True)
        }
        positions = [np.arange(ends[-1] if len(ends) else 0)]
        for name, mask in self._retyped.items():
            given = given_of(self.review.judged_network, name)
            if given is not None:
                positions.append(first[given.name] + np.flatnonzero(mask))
        every = np.concatenate(positions)
        _, where, which = np.unique(
            self.input_cells.cells, axis=0, return_index=True, return_inverse=True
        )
        return every[where[which.reshape(-1)]]

    @cached_property
    def graded_cells(self) -> CellList:
        """The cells of the graded tensors."""
        return list_cells([self.review.found[tensor.name].places for tensor in self.graded])

    @cached_property
    def unable(self) -> Mask:
        """Where the engine cannot compute what is on the page, flat."""
        return self.flat(
            {
                name: one.recalculated.untried
                if one.recalculated
                else np.zeros(one.numbers.shape, np.bool_)
                for name, one in self.review.found.items()
            }
        )

    def flat(self, arrays: Mapping[str, NDArray[S]]) -> NDArray[S]:
        """Return the graded tensors' arrays as one."""
        return np.concatenate([arrays[tensor.name].ravel() for tensor in self.graded])

    def shaped(self, flat: NDArray[S]) -> dict[str, NDArray[S]]:
        """Return the arrays of the graded tensors from one."""
        return _split(flat, self.graded)

    def entry(self, position: int, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Index]:
        """Return the tensor and the index of a position in a row, or in a flat array."""
        for tensor in tensors:
            if position < tensor.size:
                return tensor, index_at(position, tensor.shape)
            position -= tensor.size
        raise IndexError(position)

    def run(self, rows: Array, extreme: Sequence[bool] = ()) -> Iterator[Trial]:
        """Yield a trial for each row of numbers. Raises EngineStopped.

        Entries that are one cell on the page, such as one bias for all units, get one number. In
        an `extreme` row an error is no answer.
        """
        rows = rows[:, self._numbers_of_cells[: rows.shape[1]]]
        is_extreme = iter(extreme or [False] * len(rows))
        together = max(1, _MOST_NUMBERS // max(1, rows.shape[1]))
        for start in range(0, len(rows), together):
            part = rows[start : start + together]
            cells, numbers = self._with_unable(part)
            answers = self.calculation.draws(cells, numbers, self.graded_cells)
            for row, values in zip(part, answers, strict=True):
                yield Trial(self, row, values, next(is_extreme))

    def _with_unable(self, rows: Array) -> tuple[CellList, Array]:
        """Return the cells to be given numbers, and those: true ones where the engine is unable."""
        numbers = rows[:, self._numbers_of_cells]
        if not self.unable.any():
            return self.input_cells, numbers
        graded = [self.review.found[tensor.name].places for tensor in self.graded]
        cells = list_cells([*self._places, *graded])
        truth = [self.truth_of(row)[self.unable] for row in rows]
        mask = np.concatenate([self._chosen, self.unable])
        return cells.where(mask), np.concatenate([numbers, np.nan_to_num(truth)], axis=1)

    def truth_of(self, row: Array) -> Array:
        """Return what the graded cells should hold with a row of numbers; NaN where unknown."""
        key = row.tobytes()
        if key in self._truths:
            return self._truths[key]
        inputs = {**self.review.chosen, **_split(row, self.inputs)}
        return self.flat(self.review.judged_network.evaluate(inputs))

    def keep(self, row: Array, truth: Array) -> None:
        """Keep the truth of a row that will be tried, if there is room."""
        if (len(self._truths) + 1) * (truth.size + row.size) <= _MOST_KEPT:
            self._truths[row.tobytes()] = truth

    @cached_property
    def _truths(self) -> dict[bytes, Array]:
        """What the graded cells should hold with some rows."""
        return {}


@dataclass(frozen=True)
class Trial:
    """One row of numbers, and what the workbook's cells hold with it; all arrays are flat."""

    trials: Trials
    row: Array
    values: Values
    extreme: bool = False

    @cached_property
    def inputs(self) -> dict[str, Array]:
        """The numbers of the inputs by tensor."""
        return {**self.trials.review.chosen, **_split(self.row, self.trials.inputs)}

    @cached_property
    def truth(self) -> Array:
        """What the cells should hold; NaN where that is no number."""
        return self.trials.truth_of(self.row)

    @cached_property
    def tested(self) -> Mask:
        """Where the engine gave an answer, and there is a number to hold against it."""
        unable = (self.values.kinds == UNABLE) | self.trials.unable
        if self.extreme:
            unable |= self.values.kinds == State.ERROR
        return np.asarray(np.isfinite(self.truth) & ~unable)

    @cached_property
    def suspect(self) -> Mask:
        """Where a tested cell holds neither the true number nor what follows from the others."""
        differs = ~self._matches(self.truth) & self.tested
        if differs.any():
            differs &= ~self._matches(self._own)
        if self.extreme and differs.any():
            differs &= ~self._is_doubtful
        return differs

    def _matches(self, numbers: Array) -> Mask:
        tensors = self.trials.shaped(numbers)
        largest = {name: np.full(own.shape, largest_of(own)) for name, own in tensors.items()}
        return matches(self.values.numbers, numbers, largest=self.trials.flat(largest))

    @cached_property
    def _own(self) -> Array:
        """What the cells should hold, given those before them; NaN where there is no telling."""
        network, on_page = self.trials.review.judged_network, self.trials.shaped(self._numbers)
        arrays = network.evaluate(self.inputs, instead=on_page)
        return self.trials.flat(
            {name: network.equation_of[name].evaluate(arrays) for name in on_page}
        )

    @property
    def _is_doubtful(self) -> Mask:
        """Which cells are made from what an engine may take for 0 or 1, and is not."""
        network = self.trials.review.judged_network
        arrays = network.evaluate(self.inputs)
        nearly = {name for name, array in arrays.items() if _is_nearly_a_limit(array)}
        doubtful = [
            any(source.name in nearly for source in network.equation_of[one.name].sources.values())
            for one in self.trials.graded
        ]
        return np.repeat(doubtful, [tensor.size for tensor in self.trials.graded])

    @cached_property
    def _numbers(self) -> Array:
        # What the engine cannot compute is no mistake: the cells after it get the true number.
        return np.where(self.tested, self.values.numbers, self.truth)

    @cached_property
    def judged(self) -> tuple[Mask, Array]:
        """Where a suspect cell is wrong in itself, and what all should give from the others."""
        names = [tensor.name for tensor in self.trials.graded]
        review = self.trials.review
        judgements = verify(review.judged_network, self._found(), review.chosen).judgements
        statuses = self.trials.flat({name: judgements[name].statuses for name in names})
        own = self.trials.flat({name: judgements[name].from_user for name in names})
        is_wrong = (statuses == Status.WRONG) | (statuses == Status.INVALID)
        return is_wrong & self.suspect, np.where(np.isfinite(own), own, self.truth)

    def _found(self) -> dict[str, Found]:
        """Return the tensors as if the workbook had been found like this, all in formulas."""
        kinds = np.where(self.tested, self.values.kinds, State.NUMBER).astype(np.int8)
        states, arrays = self.trials.shaped(kinds), self.trials.shaped(self._numbers) | self.inputs
        return {
            name: replace(
                one,
                numbers=arrays[name],
                states=states.get(name, np.full(one.states.shape, State.NUMBER, np.int8)),
                has_formula=np.ones(one.states.shape, np.bool_),
                recalculated=None,
            )
            for name, one in self.trials.review.found.items()
        }


def _is_nearly_a_limit(array: Array) -> bool:
    """Return whether a number is all but 0, 1 or -1, as a saturated function's are."""
    off = np.abs(array - np.clip(np.round(array), -1, 1))
    return bool(((off > 0) & (off < _NEARLY)).any())


def _split(flat: NDArray[S], tensors: tuple[Tensor, ...]) -> dict[str, NDArray[S]]:
    ends = np.cumsum([tensor.size for tensor in tensors])[:-1]
    parts = np.split(flat, ends)
    return {
        tensor.name: part.reshape(tensor.shape) for tensor, part in zip(tensors, parts, strict=True)
    }
