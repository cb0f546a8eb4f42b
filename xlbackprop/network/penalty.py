"""L2 regularization: the squares of the weights, as a term of L and of every gradient.

    L = L_data + λ/2 Σ w²,   dL/dw = dL_data/dw + λ w          (λ = l2 in [loss])

Each weight has a cell with the sum of its squares beside it, and the loss adds them up. So λ is
what optimizers call weight decay, here as part of L. Biases are left out, unless `l2_biases` says
that they count: what is named b, b_… or beta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.loss import block_terms
from xlbackprop.contract.options import flag, number
from xlbackprop.contract.port import Port
from xlbackprop.contract.scope import Scope
from xlbackprop.contract.sums import Finish, Terms, sum_equations
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor
from xlbackprop.losses import LossEquations
from xlbackprop.network.rewriting import rewritten
from xlbackprop.network.steps import NetworkLayer


@dataclass(frozen=True)
class Penalty:
    """What [loss] says of the weights."""

    l2: float = number(minimum=0, default=0.0)
    l2_biases: bool = flag(default=False)

    def counts(self, port: Port) -> bool:
        """Return whether a parameter is penalized."""
        return self.l2_biases or not _is_bias(port)


def penalized(
    penalty: Penalty,
    layers: tuple[NetworkLayer, ...],
    loss: LossEquations,
    scope: Callable[[str], Scope],
) -> tuple[tuple[NetworkLayer, ...], LossEquations]:
    """Return a step's layers and loss with the penalty; `scope` makes a layer's scope by its name.

    What they are without it where λ is 0.
    """
    if not penalty.l2 or not any(layer.parameters for layer in layers):
        return layers, loss
    made = tuple(_layer(penalty, layer, scope(layer.name)) for layer in layers)
    ports = [port for layer in layers for port in layer.parameters]
    counted = {port.tensor.name: port for port in ports if penalty.counts(port)}
    squares = {
        f"w{at}": equation.target
        for at, equation in enumerate(
            one
            for layer in made
            for one in layer.equations.forward
            if one.target.short.endswith(_SQUARES)
        )
    }
    biases = {
        f"b{at}": port.tensor for at, port in enumerate(ports) if port.tensor.name not in counted
    }
    return made, _loss(penalty, loss, squares, biases, scope("loss"))


_SQUARES, _DATA = "_squares", "_data"


def _is_bias(port: Port) -> bool:
    short = port.tensor.short
    return short in ("b", "beta") or short.startswith("b_")


def _layer(penalty: Penalty, layer: NetworkLayer, scope: Scope) -> NetworkLayer:
    for port in layer.parameters:
        change = _with_decay if penalty.counts(port) else _with_slip
        layer = change(penalty, layer, port, scope)
    return layer


def _with_decay(penalty: Penalty, layer: NetworkLayer, port: Port, scope: Scope) -> NetworkLayer:
    """Return the layer with a weight's squares, and with its gradient as a sum of two parts."""
    gradient = port.gradient
    data = replace(gradient, short=f"{gradient.short}{_DATA}", about="gradient without l2")
    changes, titles = {gradient.name: data}, {gradient.title: data.title}

    def renamed(equations: tuple[Equation, ...]) -> tuple[Equation, ...]:
        return tuple(
            replace(one, math=one.math.renamed(titles)) for one in rewritten(equations, changes)
        )

    part = layer.equations
    squares = tuple(_squares(port.tensor, scope))
    return replace(
        layer,
        equations=replace(part, forward=(*part.forward, *squares), backward=renamed(part.backward)),
        gathered=(*renamed(layer.gathered), _gradient(penalty, port, data)),
    )


def _squares(w: Tensor, scope: Scope) -> list[Equation]:
    about = "sum of its squares, for l2"
    target = scope.tensor(
        f"{w.short}{_SQUARES}", (), "", Kind.FORWARD, about, place=Place.BESIDE, belongs_to=w
    )
    terms = block_terms({"w": w}, lambda w: (w * w).sum(axis=1), lambda w: f"SUMSQ({w})")
    index = f"[{','.join(w.axes)}]" if w.axes else ""
    over = f"Σ({','.join(w.axes)}) " if w.axes else ""
    math = Math(f"{target.title} = {over}{w.title}{index}²")
    slips = [
        Slip("weights not squared", "Square each weight before you add them up.", lambda w: w.sum())
    ]
    return sum_equations(scope, target, terms, math, slips=slips)


def _gradient(penalty: Penalty, port: Port, data: Tensor) -> Equation:
    rate, w = penalty.l2, port.tensor
    hint = f"Add {rate:g} times {w.title} to the gradient of the data's loss"
    index = f"[{','.join(w.axes)}]" if w.axes else ""
    return cellwise(
        port.gradient,
        {"g": data, "w": w},
        compute=lambda g, w: g + rate * w,
        formula=lambda g, w: f"{g}+{rate!r}*{w}",
        math=Math(
            f"{port.gradient.title}{index} = {data.title}{index} + {rate:g} · {w.title}{index}",
            why=f"L has the squares of the weights in it, halved: their derivative is {w.title}.",
        ),
        slips=(
            Slip("l2 forgotten in dL/dw", f"{hint}: that part is missing.", lambda g, w: g + 0 * w),
            Slip(
                "2λw",
                f"{hint}: L has half of the squares, so that the 2 of their derivative is gone.",
                lambda g, w: g + 2 * rate * w,
            ),
            Slip(
                "l2 with the wrong sign",
                f"{hint}: you subtracted it, which would let the weights grow.",
                lambda g, w: g - rate * w,
            ),
        ),
    )


def _with_slip(
    penalty: Penalty,
    layer: NetworkLayer,
    port: Port,
    scope: Scope,  # noqa: ARG001
) -> NetworkLayer:
    """Return the layer whose gradient of a bias knows the slip of penalizing it."""

    def known(equation: Equation) -> Equation:
        if equation.target.name != port.gradient.name:
            return equation

        def wrong(penalized: Array, **arrays: Array) -> Array:
            return equation.compute(**arrays) + penalty.l2 * penalized

        slip = Slip(
            "l2 on biases",
            "Leave l2 out of this gradient: biases do not count in the penalty.",
            wrong,
            {"penalized": port.tensor},
        )
        return replace(equation, slips=(*equation.slips, slip))

    part = layer.equations
    backward = tuple(map(known, part.backward))
    gathered = tuple(map(known, layer.gathered))
    return replace(layer, equations=replace(part, backward=backward), gathered=gathered)


def _loss(
    penalty: Penalty,
    loss: LossEquations,
    squares: Mapping[str, Tensor],
    biases: Mapping[str, Tensor],
    scope: Scope,
) -> LossEquations:
    """Return the loss with the penalty added to what it was."""
    L, rate = loss.L, f"{penalty.l2:g}"  # noqa: N806
    data = replace(L, short=f"{L.short}{_DATA}", about="the loss without l2")
    forward = [
        replace(one, math=one.math.renamed({L.title: data.title}))
        for one in rewritten(loss.forward, {L.name: data})
    ]
    term = replace(L, short="penalty", about="of the weights")
    added = [*_penalty(penalty, term, squares, biases, scope), _total(L, data, term)]
    about = f"{loss.about}, plus {rate}/2 times the squares of the weights"
    return replace(loss, forward=(*forward, *added), about=about)


def _penalty(
    penalty: Penalty,
    target: Tensor,
    squares: Mapping[str, Tensor],
    biases: Mapping[str, Tensor],
    scope: Scope,
) -> list[Equation]:
    rate, letters = penalty.l2, list(squares)
    terms = Terms(
        len(letters),
        squares,
        partial=lambda part, **arrays: sum(arrays[letter] for letter in letters[part]),
        term=lambda at, t: getattr(at, letters[t])[()],
        each="weight",
    )
    finish = Finish(
        compute=lambda total: rate / 2 * total,
        formula=lambda total, at: f"{rate!r}/2*({total})",  # noqa: ARG005
    )

    def half(**arrays: Any) -> Array:
        of_weights = sum(arrays[letter] for letter in letters)
        of_biases = sum((arrays[letter] ** 2).sum() for letter in biases if letter in arrays)
        return rate / 2 * (of_weights + of_biases)  # type: ignore[no-any-return]

    slips = [
        Slip(
            "squares not halved",
            "Halve the squares of the weights: then their derivative has no 2.",
            lambda **arrays: 2 * half(**arrays),
        )
    ]
    if biases:
        hint = "Leave the biases out: l2 counts the weights alone."
        slips.append(Slip("l2 on biases", hint, half, biases))
    names = " + ".join(tensor.name for tensor in squares.values())
    math = Math(f"penalty = {rate:g} / 2 · ({names})" if letters else "penalty = 0")
    return sum_equations(scope, target, terms, math, finish, slips)


def _total(L: Tensor, data: Tensor, term: Tensor) -> Equation:  # noqa: N803
    return cellwise(
        L,
        {"data": data, "penalty": term},
        compute=lambda data, penalty: data + penalty,
        formula=lambda data, penalty: f"{data}+{penalty}",
        math=Math(f"L = {data.title} + {term.title}"),
    )
