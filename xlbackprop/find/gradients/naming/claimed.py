"""The claims of a sheet by its own conventions, and what their cells should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.find.gradients.claims.conventions import Conventions
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Claim, Reason, Role
from xlbackprop.find.gradients.naming.typed import factors_of_typed


@dataclass(frozen=True)
class Claimed:
    """The claims of a sheet, and what their cells should hold, of shape (claims, draws)."""

    claims: tuple[Claim, ...]
    truth: Array
    usual: float  # the factor of most gradients
    left_out: Mapping[int, float]  # the factors of cells that are multiples of gradients only
    is_odd: bool  # whether that is no sign and no rate: then L is another one


def claimed(named: Named) -> Claimed:
    """Return the claims with the factors that they have in this sheet, and their true values."""
    conventions = Conventions(named)
    claims, truth = [], []
    flow, own = named.flow, named.own
    of_typed = factors_of_typed(named, conventions)
    for cell, at in named.target.items():
        if conventions.is_something_else(cell):
            continue
        constant = of_typed.get(cell) or conventions.of_gradient(cell)
        claims.append(
            Claim(
                cell,
                int(flow.cells[at]),
                Role.GRADIENT,
                named.reason[cell],
                int(flow.steps[at]),
                constant,
            )
        )
        truth.append(constant * flow.values[at])
    for one, at in conventions.judged_updates():
        rate = conventions.of_update(one)
        step = int(flow.steps[at])
        claims.append(Claim(one.cell, one.of, Role.UPDATE, Reason.UPDATE, step, rate))
        truth.append(named.study.board.numbers[one.of] - rate * flow.values[at])
    return Claimed(
        tuple(claims),
        np.array(truth).reshape(len(claims), own.shape[1]),
        conventions.usual,
        conventions.left_out(),
        conventions.is_odd,
    )
