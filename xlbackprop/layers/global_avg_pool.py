"""Global average pooling: the mean of each channel's plane.

    out[c]       = Σ(i,j) h[c,i,j] / (H·W)
    dL/dh[c,i,j] = dL/dout[c] / (H·W)

Lin, Chen and Yan, "Network In Network" (2013), section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Equation, Kind, Math, Shape, Slip
from xlbackprop.layers.common.geometry import Placement
from xlbackprop.layers.common.planes import placed


@layer("global_avg_pool", short="gap")
@dataclass(frozen=True)
class GlobalAvgPool:
    """h (C,H,W) or (N,C,H,W); out (C,) or (N,C)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W) or (N,C,H,W)."""
        if len(shape) - scope.has_batch != 3:
            raise scope.refuse("input", shape, "expected channels, height, width")
        return _GlobalAveragePooling(scope, shape).equations()


class _GlobalAveragePooling:
    """Global average pooling of known size: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        self.height, self.width = shape[-2:]
        self.entries = self.height * self.width
        axes = scope.axes(shape)
        self.n = "n," * scope.has_batch
        self.h = scope.tensor("h", shape, axes, Kind.GIVEN, "input")
        self.out = scope.tensor("out", shape[:-2], axes[:-2], Kind.FORWARD, "output")
        self.dL_dout = scope.gradient(self.out, "upstream gradient")
        self.dL_dh = scope.gradient(self.h, "gradient for the layer before")

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.h,),
            out=self.out,
            forward=(self.mean(),),
            dL_dout=self.dL_dout,
            backward=(self.gradient_of_h(),),
            gradients=(self.dL_dh,),
            about=f"the mean of each channel's {self.height}×{self.width} entries",
        )

    def mean(self) -> Equation:
        n, entries = self.n, self.entries
        return Equation(
            self.out,
            {"h": self.h},
            compute=lambda h: h.sum(axis=(-2, -1)) / entries,
            formula=lambda at, *index: f"SUM({at.h[index]})/{entries}",
            math=Math(f"out[{n}c] = Σ(i,j) h[{n}c,i,j] / {entries}"),
            slips=(
                Slip(
                    "average not divided",
                    f"Divide the sum of the plane by its number of entries, {entries}.",
                    lambda h: h.sum(axis=(-2, -1)),
                ),
                Slip(
                    "maximum for mean",
                    "Take the mean of the plane, not its largest entry.",
                    lambda h: h.max(axis=(-2, -1)),
                ),
            ),
        )

    def gradient_of_h(self) -> Equation:
        n, entries = self.n, self.entries
        return Equation(
            self.dL_dh,
            {"g": self.dL_dout},
            compute=lambda g: np.broadcast_to(g[..., None, None] / entries, self.h.shape),
            formula=lambda at, *index: f"{at.g[index[:-2]].fixed}/{entries}",
            math=Math(f"dL/dh[{n}c,i,j] = dL/dout[{n}c] / {entries}"),
            slips=(
                Slip(
                    "average not divided",
                    f"Divide dL/dout by the plane's number of entries, {entries}: each of them"
                    " moves the mean by that part only.",
                    lambda g: np.broadcast_to(g[..., None, None], self.h.shape),
                ),
                Slip(
                    "gradient to one entry only",
                    "Give each entry of the plane its part of the gradient: all of them are in the"
                    " mean.",
                    lambda g: placed(g[..., None, None], Placement((self.height, self.width))),
                ),
            ),
        )
