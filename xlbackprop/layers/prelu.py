"""A leaky relu whose slope is learned.

    out[i]   = h[i]        where h[i] > 0, otherwise w · h[i]
    dL/dh[i] = dL/dout[i]  where h[i] > 0, otherwise w · dL/dout[i]
    dL/dw    = Σ dL/dout[i] · min(h[i], 0)

There is one slope, or one for each channel (for each feature of vectors), as in torch.nn.PReLU. He,
Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), equations 1 and 2. At h[i] = 0 each
number between the two slopes is a subgradient, and PyTorch takes w.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port, Scope, layer
from xlbackprop.contract.loss import block_terms
from xlbackprop.contract.options import count
from xlbackprop.contract.sums import Terms, sum_equations
from xlbackprop.equation import Array, Domain, Equation, Kind, Mask, Math, Shape, Slip, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, between
from xlbackprop.layers.common.groups.groups import Groups, entry_equation
from xlbackprop.layers.common.groups.summands import products

_TIE_RULE = "prelu takes the slope w where h = 0, as in PyTorch"


@layer("prelu", short="prelu")
@dataclass(frozen=True)
class PRelu:
    """h and out of any shape; w (1,), or (C,) with a slope for each channel."""

    num_parameters: int = count(default=1)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        axis, number = int(scope.has_batch), self.num_parameters
        if number not in (1, shape[axis]):
            expected = f"expected 1 slope, or {shape[axis]}: one for each channel"
            raise scope.refuse("num_parameters", number, expected)
        return _PRelu(scope, shape, axis if number > 1 else None).equations()


@dataclass(frozen=True)
class _PRelu:
    """A prelu of known shape; `axis` is that of which each index has a slope of its own."""

    scope: Scope
    shape: Shape
    axis: int | None

    def equations(self) -> LayerEquations:
        each = "" if self.axis is None else ", a slope for each channel"
        return LayerEquations(
            inputs=(self.part.input,),
            parameters=(self.w,),
            outputs=(self.part.output,),
            forward=(self.negative_part(), self.rectify()),
            backward=(*self.gradient_of_w(), self.gradient_of_h()),
            about=f"h where h > 0, otherwise w · h{each}",
            note=f"At the kink, {_TIE_RULE}.",
        )

    @cached_property
    def part(self) -> Elementwise:
        return Elementwise(self.scope, self.shape, folds=False)

    @cached_property
    def entries(self) -> Groups:
        return Groups(self.part.h, tuple(range(len(self.shape))))

    @cached_property
    def sharing(self) -> Groups:
        """The entries that share a slope."""
        return Groups(self.part.h, () if self.axis is None else (self.axis,))

    @cached_property
    def negative(self) -> Tensor:
        return self.part.tensor("negative", Kind.FORWARD, "h where it is negative")

    @cached_property
    def w(self) -> Port:
        size = 1 if self.axis is None else self.shape[self.axis]
        axes, slope = self.sharing.axes or "k", Domain(initial=0.25)
        about = "slope below 0" if self.axis is None else "slopes below 0"
        return self.scope.parameter("w", (size,), axes, about, block_rank=1, domain=slope)

    def negative_part(self) -> Equation:
        i = self.part.index
        return self.part.equation(
            self.negative,
            {"h": self.part.h},
            compute=lambda h: np.minimum(h, 0),
            formula=lambda h: f"MIN({h},0)",
            math=Math(f"negative[{i}] = min(h[{i}], 0)"),
        )

    def rectify(self) -> Equation:
        i, w = self.entries.index, f"w{self.sharing.index}"
        return entry_equation(
            self.part.out,
            {"h": (self.part.h, self.entries), "w": (self.w.tensor, self.sharing)},
            compute=lambda h, w: np.maximum(h, 0) + w * np.minimum(h, 0),
            formula=lambda h, w: f"IF({h}>0,{h},{w}*{h})",
            math=Math(f"out{i} = h{i} where h{i} > 0, otherwise {w} · h{i}"),
            slips=(
                Slip(
                    "prelu left out",
                    "Multiply h with the slope w where it is negative: you copied it.",
                    lambda h, w: h + 0 * w,
                ),
                Slip(
                    "relu for prelu",
                    "Put w times h where h is negative, not 0.",
                    lambda h, w: np.maximum(h, 0) + 0 * w,
                ),
                Slip(
                    "slope on the wrong side",
                    "Multiply with w what is negative, and leave alone what is positive.",
                    lambda h, w: w * np.maximum(h, 0) + np.minimum(h, 0),
                ),
            ),
        )

    def gradient_of_w(self) -> list[Equation]:
        i, sharing = self.entries.index, self.sharing
        sources = {"g": self.part.dL_dout, "x": self.negative}
        line = f"dL/dw{sharing.index} = {sharing.sigma}dL/dout{i} · negative{i}"
        math = Math(line, why="The slope moves the output only where h is negative, by h itself.")
        if self.axis is not None:
            return sharing.sums(
                self.scope,
                self.w.gradient,
                products(**sources),
                math,
                slips=self.slips_of_dw(),
            )
        terms = self.terms_of_all(sources)
        return sum_equations(self.scope, self.w.gradient, terms, math, slips=self.slips_of_dw())

    @staticmethod
    def terms_of_all(sources: dict[str, Tensor]) -> Terms:
        """Return the terms of the one slope's gradient, which is a vector with a single entry."""
        whole = block_terms(sources, lambda g, x: np.einsum("ti,ti->t", g, x), sumproduct)

        def partial(part: slice, **arrays: Array) -> Array:
            return whole.partial(part, **arrays).reshape(1)

        def term(at: Addresses, t: int, *_: int) -> str:
            return str(whole.term(at, t))

        return Terms(whole.number, sources, partial, term)

    def slips_of_dw(self) -> tuple[Slip, ...]:
        def total(entries: Array) -> Array:
            return self.sharing.sum_of(entries).reshape(self.w.tensor.shape)

        h = {"h": self.part.h}
        return (
            Slip(
                "positive entries counted",
                "Add up only where h is negative: elsewhere the slope has no part in the output.",
                lambda g, h, **_: total(g * h),
                h,
            ),
            Slip(
                "h missing",
                "Multiply each dL/dout with its h before you add up.",
                lambda g, x: total(g * np.heaviside(-x, 0)),
            ),
            Slip(
                "upstream gradient missing",
                "Multiply each negative h with its dL/dout before you add up.",
                lambda g, x: total(x + 0 * g),
            ),
        )

    def gradient_of_h(self) -> Equation:
        i, w = self.entries.index, f"w{self.sharing.index}"

        def accepts(found: Array, tolerance: Array, h: Array, w: Array, g: Array) -> Mask:
            slope = self.sharing.spread(w)
            return np.asarray((h == 0) & between(found, slope * g, g, tolerance))

        equation = entry_equation(
            self.part.dL_dh,
            {
                "h": (self.part.h, self.entries),
                "w": (self.w.tensor, self.sharing),
                "g": (self.part.dL_dout, self.entries),
            },
            compute=lambda h, w, g: _slope(h, w) * g,
            formula=lambda h, w, g: f"IF({h}>0,{g},{w}*{g})",
            math=Math(f"dL/dh{i} = dL/dout{i} where h{i} > 0, otherwise {w} · dL/dout{i}"),
            slips=_SLIPS_OF_DH,
        )
        return replace(equation, accepts=accepts, tie_rule=_TIE_RULE)


def _slope(h: Array, w: Array) -> Array:
    # Unlike a comparison, the step function keeps NaN.
    is_positive = np.heaviside(h, 0)
    return np.asarray(is_positive + (1 - is_positive) * w)


_SLIPS_OF_DH = (
    Slip(
        "derivative missing",
        "Multiply dL/dout with the slope w where h is negative: you passed it on as it is.",
        lambda h, w, g: g + 0 * h * w,
    ),
    Slip(
        "upstream gradient missing",
        "Multiply the slope with dL/dout of the same cell (the chain rule): yours is the slope"
        " alone.",
        lambda h, w, g: _slope(h, w) + 0 * g,
    ),
    Slip(
        "relu for prelu",
        "Put w times dL/dout where h is negative, not 0.",
        lambda h, w, g: np.heaviside(h, 0) * g + 0 * w,
    ),
    Slip(
        "sign of the gradient for that of h",
        "Look at the sign of h, not of dL/dout, to choose between 1 and w.",
        lambda h, w, g: _slope(g, w) * g + 0 * h,
    ),
    Slip(
        "slope on the wrong side",
        "Multiply dL/dout with w where h is negative, with 1 where it is positive.",
        lambda h, w, g: _slope(-h, w) * g,
    ),
)
