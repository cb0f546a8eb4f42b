"""The gelu with the normal distribution's own function, as torch's gelu(approximate="none").

cdf[i]   = Φ(h[i])                        the share of a standard normal variable below h
pdf[i]   = exp(-½ h[i]²) / √(2π)          its density, and so the slope of Φ
out[i]   = h[i] · cdf[i]
dL/dh[i] = dL/dout[i] · (cdf[i] + h[i] · pdf[i])
"""

from __future__ import annotations

from math import erfc, pi, sqrt

import numpy as np

from xlbackprop.contract.layer import LayerEquations
from xlbackprop.contract.slips import without_upstream
from xlbackprop.equation import Array, Equation, Kind, Math, Slip
from xlbackprop.layers.common.elementwise.elementwise import Elementwise

_erfc = np.vectorize(erfc, otypes=[np.float64])


class ExactGelu:
    """A gelu of known shape: its tensors, then its equations."""

    def __init__(self, part: Elementwise) -> None:
        self.part, self.i = part, part.index
        self.cdf = part.tensor("cdf", Kind.FORWARD, "the share that passes")
        self.pdf = part.tensor("pdf", Kind.BACKWARD, "its slope")

    def equations(self) -> LayerEquations:
        """Return the layer's equations."""
        forward = (self._share(), self._output())
        return self.part.layer(forward, (self._slope(), self._gradient()), "h · Φ(h)")

    def _share(self) -> Equation:
        return self.part.equation(
            self.cdf,
            {"h": self.part.h},
            compute=lambda h: 0.5 * _erfc(-h / sqrt(2)),
            formula=lambda h: f"NORMSDIST({h})",
            math=Math(f"cdf[{self.i}] = Φ(h[{self.i}])"),
            slips=(
                Slip(
                    "sigmoid for Φ",
                    "Take Φ, NORMSDIST: yours is the sigmoid, which is near to it only.",
                    lambda h: 1 / (1 + np.exp(-h)),
                ),
                Slip(
                    "density for Φ",
                    "Take Φ, the share below h: yours is the density at h.",
                    _density,
                ),
            ),
        )

    def _output(self) -> Equation:
        return self.part.equation(
            self.part.out,
            {"h": self.part.h, "p": self.cdf},
            compute=lambda h, p: h * p,
            formula=lambda h, p: f"{h}*{p}",
            math=Math(f"out[{self.i}] = h[{self.i}] · cdf[{self.i}]"),
            slips=(
                Slip(
                    "h missing",
                    "Multiply Φ(h) with h: alone it is only the share that passes.",
                    lambda h, p: p + 0 * h,
                ),
            ),
        )

    def _slope(self) -> Equation:
        return self.part.equation(
            self.pdf,
            {"h": self.part.h},
            compute=_density,
            formula=lambda h: f"EXP(-{h}*{h}/2)/SQRT(2*PI())",
            math=Math(f"pdf[{self.i}] = exp(-½ h[{self.i}]²) / √(2π)"),
            slips=(
                Slip(
                    "½ missing",
                    "Halve the square in the exponent.",
                    lambda h: np.exp(-h * h) / sqrt(2 * pi),
                ),
                Slip(
                    "√(2π) missing",
                    "Divide by √(2π).",
                    lambda h: np.exp(-h * h / 2),
                ),
            ),
        )

    def _gradient(self) -> Equation:
        i, both = self.i, "Add both ways on which h reaches the output: as the factor h, and in Φ; "

        def slope(h: Array, p: Array, d: Array) -> Array:
            return p + h * d

        return self.part.equation(
            self.part.dL_dh,
            {"h": self.part.h, "p": self.cdf, "d": self.pdf, "g": self.part.dL_dout},
            compute=lambda h, p, d, g: g * slope(h, p, d),
            formula=lambda h, p, d, g: f"{g}*({p}+{h}*{d})",
            math=Math(
                f"dL/dh[{i}] = dL/dout[{i}] · (cdf[{i}] + h[{i}] · pdf[{i}])",
                why="h reaches the output twice: as the factor h, whose slope is Φ, and within Φ,"
                " whose slope is the density.",
            ),
            slips=(
                *without_upstream(slope),
                Slip(
                    "path through Φ missing",
                    both + "the second is missing.",
                    lambda h, p, d, g: g * p + 0 * h * d,
                ),
                Slip(
                    "path through the factor h missing",
                    both + "the first is missing.",
                    lambda h, p, d, g: g * h * d + 0 * p,
                ),
                Slip(
                    "h missing",
                    "Multiply the density with h, too: out is h · Φ(h).",
                    lambda h, p, d, g: g * (p + d) + 0 * h,
                ),
            ),
        )


def _density(h: Array) -> Array:
    return np.exp(-h * h / 2) / sqrt(2 * pi)
