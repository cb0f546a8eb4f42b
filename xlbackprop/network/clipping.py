"""Gradients clipped by their norm: all of them together, as torch.nn.utils.clip_grad_norm_ does.

    norm = √Σ (dL/dw)²,   clip = min(1, clip_norm / (norm + 1e-6)),   w_clipped = clip dL/dw

The sum goes over all parameters of the network. What the optimizer takes is w_clipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.loss import block_terms
from xlbackprop.contract.port import Port
from xlbackprop.contract.scope import Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor


def norm_and_factor(
    ports: Iterable[Port], most: Tensor, owner: str, step: int
) -> tuple[list[Equation], Tensor]:
    """Return the equations of what all gradients are multiplied by in a step, and its tensor.

    `most` is the cell with the largest norm, and `owner` whose the norm is.
    """
    squares = [equation for port in ports for equation in _squares(port, step)]
    sums = [equation.target for equation in squares if not equation.target.shape]
    cells = {f"g{at}": tensor for at, tensor in enumerate(sums)}
    scope = Scope(owner, step=step)
    norm = _norm(cells, scope.tensor("norm", (), "", Kind.UPDATE, f"of all gradients, step {step}"))
    target = scope.tensor("clip", (), "", Kind.UPDATE, f"factor of all gradients, step {step}")
    return [*squares, *norm, _factor(target, norm[-1].target, most)], target


def _squares(port: Port, step: int) -> list[Equation]:
    gradient = port.gradient
    scope = Scope(gradient.layer, step=step)
    target = scope.tensor(
        f"{gradient.short}_squares",
        (),
        "",
        Kind.UPDATE,
        "sum of its squares",
        place=Place.BESIDE,
        belongs_to=gradient,
    )
    index = f"[{','.join(gradient.axes)}]" if gradient.axes else ""
    over = f"Σ({','.join(gradient.axes)}) " if gradient.axes else ""
    terms = block_terms({"g": gradient}, lambda g: (g * g).sum(axis=1), lambda g: f"SUMSQ({g})")
    hint = "Square each gradient before you add them up."
    return sum_equations(
        scope,
        target,
        terms,
        Math(f"{target.title} = {over}{gradient.title}{index}²"),
        slips=[Slip("gradients not squared", hint, lambda g: g.sum())],
    )


def _norm(cells: dict[str, Tensor], target: Tensor) -> list[Equation]:
    letters = list(cells)

    def partial(part: slice, **arrays: Any) -> Array:
        return np.asarray(sum(arrays[letter] for letter in letters[part]))

    terms = Terms(
        len(letters),
        cells,
        partial,
        term=lambda at, t: getattr(at, letters[t])[()],
        each="gradient",
    )
    root = Finish(
        compute=np.sqrt,
        formula=lambda total, at: f"SQRT({total})",  # noqa: ARG005
    )
    names = " + ".join(tensor.name for tensor in cells.values())
    hint = "Take the root of the sum of squares."
    slip = Slip("root missing", hint, lambda **arrays: partial(slice(None), **arrays))
    return sum_equations(
        Scope(target.layer, step=target.step),
        target,
        terms,
        Math(f"norm = √({names})"),
        root,
        [slip],
    )


def _factor(target: Tensor, norm: Tensor, most: Tensor) -> Equation:
    def compute(most: Array, norm: Array) -> Array:
        return np.minimum(1.0, most / (norm + 1e-6))

    return cellwise(
        target,
        {"most": most, "norm": norm},
        compute,
        formula=lambda most, norm: f"MIN(1,{most}/({norm}+0.000001))",
        math=Math(
            f"clip = min(1, {most.title} / ({norm.title} + 1E-06))",
            why="Where the norm is small enough, the gradients stay as they are.",
        ),
    )


def clipped(port: Port, clip: Tensor, scope: Scope) -> Equation:
    """Return the equation of a parameter's clipped gradient."""
    w, hint = port.tensor, "Multiply the gradient with clip, which makes the norm small enough."
    return cellwise(
        scope.beside(w, f"{w.short}_clipped", Kind.UPDATE, "clipped gradient", Place.BELOW),
        {"g": port.gradient, "clip": clip},
        compute=lambda g, clip: clip * g,
        formula=lambda g, clip: f"{clip}*{g}",
        math=Math(f"{w.title}_clipped = clip · {port.gradient.title}"),
        slips=(Slip("gradient not clipped", hint, lambda g, clip: g + 0 * clip),),
    )
