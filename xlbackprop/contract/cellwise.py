"""Equations whose every cell is made from the same cell of each source."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xlbackprop.equation import Array, Equation, Mask, Math, Slip, Tensor
from xlbackprop.formula.grid import Addresses


def cellwise(
    target: Tensor,
    sources: Mapping[str, Tensor],
    compute: Callable[..., Array],
    formula: Callable[..., str],
    math: Math,
    *,
    slips: tuple[Slip, ...] = (),
    accepts: Callable[..., Mask] | None = None,
    tie_rule: str = "",
) -> Equation:
    """Return an equation from cell to cell.

    `compute(**arrays)` takes whole arrays; `formula(**addresses)` one cell's addresses. A source
    that is a single cell (a hyperparameter) serves all of them, anchored.
    """

    def text(at: Addresses, *index: int) -> str:
        views = {letter: getattr(at, letter) for letter in sources}
        return formula(
            **{
                letter: view[index] if sources[letter].shape else view[()].fixed
                for letter, view in views.items()
            }
        )

    return Equation(
        target,
        sources,
        compute,
        text,
        math,
        slips=slips,
        accepts=accepts,
        tie_rule=tie_rule,
    )
