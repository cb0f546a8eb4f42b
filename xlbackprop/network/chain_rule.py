"""The chain rule, as a step before each gradient: `dL/dw = dL/dout · ∂out/∂w`.

What a tensor has a part in is read off the forward equations, and not off those of the backward
pass. A tensor on the way that has no gradient of its own on the page, as padded input, is passed
through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from xlbackprop.equation import Equation, Kind, Tensor
from xlbackprop.losses import LossEquations
from xlbackprop.network.steps import NetworkLayer

# What the gradient of a parameter is called that is one part of a sum.
_PART = re.compile(r"_(data|0)$")
_NUMBERED = re.compile(r"(.*_)\d+$")
_LONGEST_PATH = 3


class _Forward:
    """What each tensor of a layer, or of the loss, has a part in."""

    def __init__(self, forward: Iterable[Equation], gradients: Iterable[Tensor]) -> None:
        self.users: dict[str, list[Tensor]] = {}
        self.by_short: dict[str, Tensor] = {}
        for equation in forward:
            for tensor in (*equation.sources.values(), equation.target):
                self.by_short[tensor.short] = tensor
            for source in {one.name: one for one in equation.sources.values()}.values():
                self.users.setdefault(source.name, []).append(equation.target)
        self.gradients = {one.short: one for one in gradients}

    def reached(self, name: str) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what a tensor has a part in, with its gradient; each as often as it is met."""
        for user in self.users.get(name, ()):
            gradient = self.gradients.get(f"dL_d{user.short}")
            if gradient:
                yield gradient, user
            else:
                yield from self.reached(user.name)


def with_chain_rule(layer: NetworkLayer) -> NetworkLayer:
    """Return a layer whose gradients say which gradients before them they come from."""
    part = layer.equations
    gradients = [port.gradient for port in part.outputs]
    gradients += [one.target for one in part.backward if one.target.short.startswith("dL_d")]
    forward = _Forward(part.forward, gradients)
    backward = tuple(_with_step(equation, forward) for equation in part.backward)
    return replace(layer, equations=replace(part, backward=backward))


def with_first_step(loss: LossEquations, out: Tensor) -> LossEquations:
    """Return a loss whose gradient says by which of its steps L depends on the output."""
    text = _along(_Forward(loss.forward, ()), out, loss.L)
    backward = tuple(
        _saying(one, text) if one.target.short == f"dL_d{out.short}" else one
        for one in loss.backward
    )
    return replace(loss, backward=backward)


def _with_step(equation: Equation, forward: _Forward) -> Equation:
    target = equation.target
    short = target.short.removeprefix("dL_d")
    of = forward.by_short.get(short) or forward.by_short.get(_PART.sub("", short))
    if target.kind is not Kind.BACKWARD or short == target.short or of is None:
        return equation
    met = {gradient.name: (gradient, user) for gradient, user in forward.reached(of.name)}
    return _saying(equation, " + ".join(_terms(list(met.values()), of))) if met else equation


def _terms(met: list[tuple[Tensor, Tensor]], of: Tensor) -> Iterator[str]:
    """Yield a term for each tensor, one sum for those that are numbered alike."""
    groups: dict[str, list[str]] = {}
    for gradient, user in met:
        numbered = _NUMBERED.fullmatch(user.title)
        alike = f"{numbered[1]}t" if numbered and _NUMBERED.fullmatch(gradient.title) else ""
        term = f"{gradient.title} · ∂{user.title}/∂{of.title}"
        groups.setdefault(alike or term, []).append(term)
    for alike, terms in groups.items():
        if len(terms) == 1:
            yield terms[0]
        else:
            yield f"Σ(t) dL/d{alike} · ∂{alike}/∂{of.title}"


def _along(forward: _Forward, out: Tensor, last: Tensor) -> str:
    """Return ∂L/∂error · ∂error/∂out where there is one short way from the output to L."""
    path = [out]
    while path[-1].name != last.name and len(path) <= _LONGEST_PATH:
        users = forward.users.get(path[-1].name, [])
        if len(users) != 1:
            break
        path += users
    if path[-1].name != last.name:
        path = [out, last]
    steps = [f"∂{late.title}/∂{early.title}" for early, late in pairwise(path)]
    return " · ".join(reversed(steps))


def _saying(equation: Equation, chain: str) -> Equation:
    return replace(equation, math=replace(equation.math, chain=chain))
