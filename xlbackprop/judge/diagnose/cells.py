"""Slips in single cells, recognised from the number alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log

import numpy as np

from xlbackprop.equation import Array, Index, Mask, Mistake
from xlbackprop.equation.indices import indices
from xlbackprop.formula.cell_formula import EquationFormulas
from xlbackprop.judge.diagnose.case import Case
from xlbackprop.judge.diagnose.general import SIGN, general_slips
from xlbackprop.judge.diagnose.regions import preferred
from xlbackprop.judge.diagnose.terms import terms
from xlbackprop.judge.diagnose.trial import LIKELY, Trial, chances, log_choices
from xlbackprop.judge.diagnosis import Diagnosis, in_cells, named

# A tensor with more wrong cells than this is not looked at cell by cell.
MOST_CELLS = 200


def explain_cells(case: Case, tried: Sequence[Trial], left: Mask) -> Iterator[Diagnosis]:
    """Yield a diagnosis of the cells that slips explain one by one."""
    slips = _slips_of_cells(case, tried, left)
    left &= ~np.logical_or.reduce([np.zeros_like(left), *(where for _, where in slips)])
    if left.sum() <= MOST_CELLS:
        slips += _mistakes_in_terms(case, left)
    for one, where in slips:
        yield named(one, where, in_cells(where))


_Found = list[tuple[tuple[Mistake, ...], Mask]]


def _slips_of_cells(case: Case, tried: Sequence[Trial], left: Mask) -> _Found:
    """Return slips and the cells that they explain, each cell once."""
    fitting: dict[Index, list[Trial]] = {}
    number = len(case.equation.slips) + len(general_slips(case.equation))
    for trial in tried:
        for index in indices(_supported(trial, left, number)):
            fitting.setdefault(index, []).append(trial)
    by_names: dict[frozenset[str], tuple[tuple[Mistake, ...], Mask]] = {}
    for index, trials in fitting.items():
        slips = preferred(trials)
        names = frozenset(slip.name for slip in slips)
        by_names.setdefault(names, (slips, np.zeros_like(left)))[1][index] = True
    return list(by_names.values())


def _supported(trial: Trial, left: Mask, number: int) -> Mask:
    """Return the cells for which a slip speaks, each by itself or all of its cells together."""
    explained = trial.explained & left
    log_slips = 0.0 if trial.slip.name == SIGN else log(number / trial.choices)
    some, every = int(explained.sum()), int(left.sum())
    if some > 1 and trial.is_supported(explained, log_slips + log_choices(every, some)):
        return explained
    alone = np.zeros_like(left)
    # Of many wrong cells, some look like something.
    alone[trial.explained] = trial.chances <= trial.threshold(log_slips + log(every))
    return alone & left


def _mistakes_in_terms(case: Case, left: Mask) -> _Found:
    found: dict[str, tuple[tuple[Mistake, ...], Mask]] = {}
    formulas = EquationFormulas(case.equation)
    for index in indices(left):
        parts = terms(formulas, index, case.values)
        for mistake in _mistake_in_term(case, index, parts, int(left.sum())):
            found.setdefault(mistake.name, ((mistake,), np.zeros_like(left)))[1][index] = True
    return list(found.values())


def _mistake_in_term(case: Case, index: Index, parts: Array | None, left: int) -> Iterator[Mistake]:
    """Yield the mistake of the term that is missing, twice there, or has the wrong sign."""
    if parts is None or parts.size < 2:
        return
    cell = np.zeros(case.right.shape, dtype=np.bool_)
    cell[index] = True
    for name, (factor, hint) in _TERMS.items():
        for part in np.unique(parts[parts != 0]):
            value = case.right + factor * part
            likely = log(LIKELY / (len(_TERMS) * parts.size * left))
            if case.agrees(value)[index] and chances(case, value, cell)[0] <= likely:
                yield Mistake(name, f"{hint}: it is the one that comes to {part:.6g}.")
                return


_TERMS = {
    "one term missing": (-1, "Add up all terms of the cell's sum; one is missing in yours"),
    "one term twice": (1, "Add up each term of the cell's sum once; one is in yours twice"),
    "one term with the wrong sign": (
        -2,
        "Check the signs of the terms of the cell's sum; one is subtracted in yours",
    ),
}
