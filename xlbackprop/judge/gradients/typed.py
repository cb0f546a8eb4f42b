"""Gradients that were typed as numbers, judged like those of any page: rounded ones are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.judge.gradients.tensors import blocks_of
from xlbackprop.tolerance import is_near, matches, rounding

_LAST_DIGITS = 1e-13


@dataclass(frozen=True)
class Typed:
    """What is said of claims by their blocks; arrays of their number.

    `is_right` says which are typed and the true numbers, maybe rounded, and `is_near` which numbers
    may follow from rounded ones.
    """

    is_right: Mask
    is_near: Mask


def judge_typed(findings: Findings) -> Typed:
    """Return what is said of typed numbers; nothing where there are none."""
    is_right, near = np.zeros((2, len(findings.claims)), dtype=np.bool_)
    typed = findings.is_typed
    if typed.any():
        own, truth = findings.own[:, 0], findings.truth[:, 0]
        # What sums that cancel leave in the last digits stands for 0.
        nothing = _LAST_DIGITS * np.abs(truth[np.isfinite(truth)]).max(initial=0.0)
        known = np.flatnonzero(np.isfinite(own + truth)).tolist()
        for block in blocks_of(findings, known):
            at = block.claims
            tolerance = rounding(own[at], typed[at], truth[at])
            tolerance = np.maximum(tolerance, nothing)
            is_right[at] = typed[at] & matches(own[at], truth[at], tolerance)
            near[at] = is_near(own[at], truth[at])
    return Typed(is_right, near)
