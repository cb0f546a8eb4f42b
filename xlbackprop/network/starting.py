"""What an optimizer has from steps before the page begins: its state, and their number.

Both are given in [values.arrays]: `dense1.w_m0` is Adam's m of dense1.w before the first step of
the page, and `training.t` the number of steps before it. What is not given starts at 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xlbackprop.contract.optimizer import Update
from xlbackprop.contract.port import Port
from xlbackprop.contract.scope import Scope
from xlbackprop.equation import Domain, Kind, Place, Tensor

T = "t"


def starting_states(
    port: Port, update: Update, given: Iterable[str], scope: Scope
) -> Mapping[str, Tensor]:
    """Return the states that the names of given arrays speak of, by letter.

    `update` is that of a first step without them.
    """
    w, names = port.tensor, set(given)
    letters = [letter for letter in update.state if f"{w.name}_{letter}0" in names]
    return {
        letter: scope.tensor(
            f"{w.short}_{letter}0",
            w.shape,
            "".join(w.axes),
            Kind.GIVEN,
            f"{letter} before the first step",
            block_rank=w.block_rank,
            place=Place.BELOW,
            belongs_to=w,
            vertical=w.vertical,
            row_length=w.row_length,
            domain=Domain(positive=letter in update.positive),
        )
        for letter in letters
    }


def steps_before(given: Iterable[str], scope: Scope) -> Tensor | None:
    """Return the cell `training.t`, with the number of steps before the first; None without any."""
    if f"{scope.name}.{T}" not in set(given):
        return None
    domain = Domain(positive=True)
    return scope.tensor(T, (), "", Kind.GIVEN, "steps before the first", domain=domain)
