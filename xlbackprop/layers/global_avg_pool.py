"""Global average pooling: the mean of each channel's plane.

    out[c]       = Σ(i,j) h[c,i,j] / (H·W)
    dL/dh[c,i,j] = dL/dout[c] / (H·W)

Rows (C,L) are planes of height 1. Lin, Chen and Yan, "Network In Network" (2013), section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.equation import Equation, Math, Shape, Slip
from xlbackprop.layers.common.rows import in_one_row
from xlbackprop.layers.common.windows.geometry import Placement
from xlbackprop.layers.common.windows.planes import placed


@layer("global_avg_pool", short="gap")
@dataclass(frozen=True)
class GlobalAvgPool:
    """h (C,H,W) or (N,C,H,W), or (C,L) or (N,C,L); out (C,) or (N,C)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of one of these shapes."""
        axes = len(shape) - scope.has_batch
        if axes not in (2, 3):
            raise scope.refuse(
                "input", shape, "expected channels, height, width, or channels, length"
            )
        if axes == 2:
            part = in_one_row(self, self, scope, shape)
            return replace(part, about=f"the mean of each channel's {shape[-1]} entries")
        return _GlobalAveragePooling(scope, shape).equations()


class _GlobalAveragePooling:
    """Global average pooling of known size: its tensors, then its equations."""

    def __init__(self, scope: Scope, shape: Shape) -> None:
        self.height, self.width = shape[-2:]
        self.entries = self.height * self.width
        self.n = "n," * scope.has_batch
        self.input = scope.input("h", shape)
        self.output = scope.output("out", shape[:-2], scope.axes(shape)[:-2])
        self.h, self.dL_dh = self.input.tensor, self.input.gradient
        self.out, self.dL_dout = self.output.tensor, self.output.gradient

    def equations(self) -> LayerEquations:
        return LayerEquations(
            inputs=(self.input,),
            outputs=(self.output,),
            forward=(self.mean(),),
            backward=(self.gradient_of_h(),),
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
