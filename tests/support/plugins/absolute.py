"""The sum of absolute errors, and a layer whose equation has a σ."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xlbackprop.contract.cellwise import cellwise
from xlbackprop.contract.loss import LossEquations, block_terms, loss, scalar
from xlbackprop.contract.sums import sum_equations
from xlbackprop.equation import Kind, Math, Shape
from xlbackprop.layers import LayerEquations, Port, Scope, layer
from xlbackprop.losses.common.entries import Entries


@loss("absolute")
@dataclass(frozen=True)
class AbsoluteErrors:
    """L = Σ |out - target|."""

    def equations(self, scope: Scope, out: Port) -> LossEquations:
        """Return the equations of the losses, of L, and of dL/dout."""
        entries = Entries(scope, out, "sum")
        i = entries.index
        target = entries.tensor("target", Kind.GIVEN, "what out should be")
        losses = entries.equation(
            entries.tensor("losses", Kind.FORWARD, "loss of each output"),
            {"out": out.tensor, "t": target},
            compute=lambda out, t: np.abs(out - t),
            formula=lambda out, t: f"ABS({out}-{t})",
            math=Math(f"losses[{i}] = |out[{i}] - target[{i}]|"),
        )
        terms = block_terms(
            {"losses": losses.target},
            compute=lambda losses: losses.sum(axis=1),
            text=lambda losses: f"SUM({losses})",
        )
        gradient = entries.equation(
            out.gradient,
            {"out": out.tensor, "t": target},
            compute=lambda out, t: np.sign(out - t),
            formula=lambda out, t: f"SIGN({out}-{t})",
            math=Math(f"dL/dout[{i}] = sign(out[{i}] - target[{i}])"),
        )
        line = Math(f"L = Σ({i}) losses[{i}]")
        total = sum_equations(scope, scalar(scope, out.tensor), terms, line)
        return LossEquations(
            givens=(target,), forward=(losses, *total), backward=(gradient,), about="Σ losses"
        )


@layer("squash", short="squash")
@dataclass(frozen=True)
class Squash:
    """out = σ(h); a test may put another text and formula in the place of these."""

    text: ClassVar[str] = "out[j] = σ(h[j])"
    formula: ClassVar[str] = "1/(1+EXP(-{h}))"

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (F,)."""
        h, out = scope.input("h", shape), scope.output("out", shape)
        forward = cellwise(
            out.tensor,
            {"h": h.tensor},
            compute=lambda h: 1 / (1 + np.exp(-h)),
            formula=lambda h: self.formula.format(h=h),
            math=Math(self.text),
        )
        backward = cellwise(
            h.gradient,
            {"out": out.tensor, "g": out.gradient},
            compute=lambda out, g: g * out * (1 - out),
            formula=lambda out, g: f"{g}*{out}*(1-{out})",
            math=Math(
                "dL/dh[j] = dL/dout[j] · out[j] · (1 - out[j])",
                why="The slope σ′ is made from the output: σ(h) ⊙ (1 - σ(h)).",
            ),
        )
        return LayerEquations(
            inputs=(h,), outputs=(out,), forward=(forward,), backward=(backward,), about="σ"
        )
