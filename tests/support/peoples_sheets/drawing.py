"""Sheets drawn by kind, seed and slip."""

from __future__ import annotations

import numpy as np

from tests.support.peoples_sheets.blocks import drawn_block_plan, write_blocks
from tests.support.peoples_sheets.convolution import write_convolution
from tests.support.peoples_sheets.plan import drawn_plan
from tests.support.peoples_sheets.steps import write_steps
from tests.support.peoples_sheets.truth import State

# What a sheet's numbers may not exceed: a training that runs away is no sheet that people keep.
_MOST = 1e4
_MOST_ZEROS = 0.9
_TRIES = 200

# By kind: the writer, the drawn plan, and what is fixed of it.
_STEPS = {
    "rows 2-2-2": {"sizes": (2, 2, 2), "is_across": False},
    "rows 2-3-1": {"sizes": (2, 3, 1), "is_across": False},
    "rows 3-2-2": {"sizes": (3, 2, 2), "is_across": False},
    "columns": {"is_across": True},
    "own samples": {"sample": "own"},
    "delta rule": {"is_delta_rule": True, "has_deltas": True, "loss": "half", "output": "sigmoid"},
    "no labels": {"label_rows": 0},
}
_BLOCKS = {
    "blocks": {"is_array": False, "sheets": 1},
    "array blocks": {"is_array": True, "sheets": 1},
    "pages": {"sheets": 3},
}
KINDS = (*_STEPS, *_BLOCKS, "convolution")


def draw(kind, seed, slip="", **fixed):
    """Return a sheet of a kind that is as people's are, with a slip that shows on the page.

    None where the kind has no place for the slip. `fixed` is what is fixed of its plan besides.
    """
    for attempt in range(_TRIES):
        sheet = _written(kind, seed + 1000 * attempt, slip, fixed)
        if sheet is not None and _is_usual(sheet):
            return sheet
    return None


def _written(kind, seed, slip, fixed):
    seed += 7919 * KINDS.index(kind)  # so that the kinds do not share their plans
    rng = np.random.default_rng([seed, 3])
    with np.errstate(all="ignore"):
        if kind in _STEPS:
            return write_steps(seed, drawn_plan(rng, **_STEPS[kind] | fixed), slip)
        if kind in _BLOCKS:
            return write_blocks(seed, drawn_block_plan(rng, **_BLOCKS[kind] | fixed), slip)
        return write_convolution(seed, slip)


def _is_usual(sheet):
    """Return whether no number has run away, and what is planted shows."""
    numbers = np.array(list(sheet.book.values.values()))
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > _MOST:
        return False
    # Where all units are dead from the beginning, nothing is trained.
    if np.mean([one.gradient == 0 for one in sheet.claims]) > _MOST_ZEROS:
        return False
    if not sheet.slip:
        return all(one.state is State.RIGHT for one in sheet.claims)
    wrong = State.FOLLOWS if sheet.in_forward else State.ROOT
    return any(one.state is wrong for one in sheet.claims)
