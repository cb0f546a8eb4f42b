"""Dropout with its mask given: what the mask keeps is scaled up to make good for the rest.

    out[i]   = h[i] · mask[i] / (1 - rate)
    dL/dh[i] = dL/dout[i] · mask[i] / (1 - rate)

The mask holds ones (kept) and zeros (dropped), drawn with probability `rate` for a zero where no
array is given. The scale is that of torch.nn.Dropout in training. Srivastava and others,
"Dropout: a simple way to prevent neural networks from overfitting" (2014), scale in testing
instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import number
from xlbackprop.equation import Array, Domain, Math, Shape, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise, literal


@layer("dropout", short="dropout")
@dataclass(frozen=True)
class Dropout:
    """h, mask and out of any shape; rate: the share of zeros in the mask."""

    rate: float = number(minimum=0, below=1)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of the given shape."""
        part = Elementwise(scope, shape)
        domain = Domain(keep=1 - self.rate)
        about, rows = "1 keeps, 0 drops", part.row_length
        mask = scope.given("mask", shape, part.axes, about, domain=domain, row_length=rows)
        i, rate = part.index, literal(self.rate)
        out = part.equation(
            part.out,
            {"h": part.h, "mask": mask},
            compute=lambda h, mask: h * mask / (1 - self.rate),
            formula=lambda h, mask: f"{h}*{mask}/(1-{rate})",
            math=Math(f"out[{i}] = h[{i}] · mask[{i}] / (1 - {rate})"),
            slips=tuple(self._slips("h")),
        )
        gradient = part.equation(
            part.dL_dh,
            {"g": part.dL_dout, "mask": mask},
            compute=lambda g, mask: g * mask / (1 - self.rate),
            formula=lambda g, mask: f"{g}*{mask}/(1-{rate})",
            math=Math(f"dL/dh[{i}] = dL/dout[{i}] · mask[{i}] / (1 - {rate})"),
            slips=tuple(self._slips("g")),
        )
        return part.layer([out], [gradient], f"rate {self.rate:g}, mask given", givens=(mask,))

    def _slips(self, letter: str) -> Iterator[Slip]:
        """Yield the slips of what the mask and the scale are applied to, under its letter."""
        keep, kept = 1 - self.rate, literal(1 - self.rate)

        def slip(name: str, hint: str, factor: Callable[[Array], Array]) -> Slip:
            return Slip(name, hint, lambda mask, **x: x[letter] * factor(mask))

        both = f"Multiply with the mask and divide by 1 - {literal(self.rate)}, both ways: "
        yield slip(
            "mask forgotten", both + "the mask is missing.", lambda mask: 1 / keep + 0 * mask
        )
        yield slip(
            "mask the wrong way round",
            both + "1 in the mask keeps the entry, 0 drops it.",
            lambda mask: (1 - mask) / keep,
        )
        if self.rate:
            yield slip("scale forgotten", both + "the division is missing.", lambda mask: mask)
            yield slip(
                "multiplied by the scale",
                both + f"what is kept becomes larger, and you multiplied it with {kept}.",
                lambda mask: mask * keep,
            )
            yield slip(
                "divided by the rate",
                both + "you divided by the rate itself, the share that is dropped.",
                lambda mask: mask / self.rate,
            )
