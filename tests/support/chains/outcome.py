"""What the program makes of a chain on a sheet, held against what is true of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

import xlbackprop
from tests.support.chains.plan import NOT_UPDATED, SLIPS
from tests.support.chains.writing import drawn
from tests.support.peoples_sheets import slips
from tests.support.peoples_sheets.outcome import NAMES
from tests.support.true_places import cells_of, not_found
from xlbackprop.equation import Kind
from xlbackprop.errors import XlbackpropError
from xlbackprop.formula.addresses import cell as address_of

# Besides what a sheet's own derivatives call a slip, what the layers' own words for it are.
_OF_LAYERS = {
    slips.FACTOR: {"factor 2 extra"},
    slips.PLUS: {"update with the wrong sign"},
    # At a corner, a filter that is not rotated is one whose cells are all shifted alike.
    slips.TRANSPOSED: {"weights not transposed", "rows for columns of w", "several cells shifted"},
    slips.ONE_PATH: {"only the first unit"},
    slips.OTHER_INPUT: {"one window shifted"},
    slips.ONE_ROW: {"one window shifted", "another input"},  # in a column, that is the row above
    slips.SWAPPED: {"output minus target reversed", "softmax minus target reversed"},
    slips.OF_NET: {"derivative taken at the input", "another cell"},
    slips.NO_DERIVATIVE: {"derivative left out"},
}
_NAMES = {name: own | _OF_LAYERS.get(name, set()) for name, own in NAMES.items()}
_NAMES[NOT_UPDATED] = {"parameter not updated"}


@dataclass(frozen=True)
class Outcome:
    """What is said of one sheet: with its spec, or of its own derivatives alone.

    `lost` are tensors, or cells, that are not found; `accused` right cells that are called wrong;
    `names` what the cells with the slip are called, and `is_named` whether rightly.
    """

    verdict: str
    seconds: float
    lost: tuple[str, ...] = ()
    accused: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    is_named: bool = False
    error: str = ""


def honest(seed, path, *, with_spec):
    """Save a drawn sheet without a mistake, and return what is said of it."""
    return _saved(drawn(seed), path, with_spec=with_spec)


def planted(seed, path, *, with_spec):
    """Save a drawn sheet with the slip that is its turn, and return what is said of it."""
    return _saved(drawn(seed, SLIPS[seed % len(SLIPS)]), path, with_spec=with_spec)


def _saved(sheet, path, *, with_spec):
    sheet.book.save(path)
    return outcome(sheet, path, with_spec=with_spec)


def outcome(sheet, path, *, with_spec):
    """Return what is said of a sheet that is saved at a path."""
    spec = sheet.network.spec if with_spec else None
    start = time.perf_counter()
    try:
        report = xlbackprop.check(path, spec=spec)
    except XlbackpropError as error:
        return Outcome("refused", time.perf_counter() - start, error=str(error))
    seconds = time.perf_counter() - start
    roots = {_place(root) for root in sheet.roots}
    wrong = {(one.sheet, one.cell): one for one in report.cells if one.status == "wrong"}
    names = sorted({wrong[at].slip or "" for at in roots & wrong.keys()})
    lost = () if sheet.slip else tuple(_lost(sheet, path, with_spec=with_spec))
    return Outcome(
        report.verdict,
        seconds,
        lost,
        tuple(cell for _, cell in sorted(wrong.keys() - roots)),
        tuple(names),
        any(name in _NAMES[sheet.slip] for name in names) if sheet.slip else False,
    )


def _lost(sheet, path, *, with_spec):
    if with_spec:
        proposal = xlbackprop.locate(path, sheet.network.spec)
        gone = not_found(proposal, sheet.truth, path, "ironcalc")
        found = [sorted(cells_of(places)) for places in _of_copies(proposal).values()]
        return [name for name in gone if sorted(cells_of(sheet.truth[name])) not in found]
    review = xlbackprop.review_workbook(path)
    judged = set()
    for one in review.judgements.values():
        places = one.found.places
        judged |= {places.at(index) for index in np.ndindex(places.rows.shape)}
    return sorted(cell for _, cell in set(map(_place, sheet.gradients)) - judged)


def _of_copies(proposal):
    """Return the places of tensors that are copies of others, by whose names they may be found."""
    tensors = proposal.network.tensors
    return {
        name: places
        for name, places in proposal.places.items()
        if tensors[name].kind is Kind.LINK or tensors[name].layer.startswith("flatten")
    }


def _place(cell):
    sheet, row, column = cell
    return sheet, address_of(row - 1, column - 1)
