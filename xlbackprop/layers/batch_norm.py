"""Batch normalization: each channel, or each feature of vectors, to mean 0 and variance 1.

The mean and the variance of channel c are over the whole batch and the plane, m = N·H·W entries,
those of feature j over the batch, m = N; the variance is divided by m, not m-1:

    mean[c] = Σ(n,i,j) h[n,c,i,j] / m,   var[c] = Σ(n,i,j) (h[n,c,i,j] - mean[c])² / m
    out     = gamma[c] · (h - mean[c]) / √(var[c] + eps) + beta[c]

The steps and their gradients are those of `normalization`. These are the statistics of training,
as in torch.nn.BatchNorm1d and BatchNorm2d. With `mode = "eval"` the mean and the variance are given
as running_mean and running_var, and no gradient flows through them. Ioffe and Szegedy,
"Batch normalization: accelerating deep network training by reducing internal covariate shift"
(2015), algorithms 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import choice, number
from xlbackprop.equation import Shape
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.normalization.given_statistics import GivenStatistics
from xlbackprop.layers.common.normalization.normalization import Normalization


@layer("batch_norm", short="bn")
@dataclass(frozen=True)
class BatchNorm:
    """h (N,F), (N,C,H,W) or (C,H,W); gamma and beta (F,) or (C,)."""

    eps: float = number(minimum=0, default=1e-5)
    mode: str = choice("train", "eval")

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (N,F), (N,C,H,W) or (C,H,W)."""
        axis = int(scope.has_batch)
        if len(shape) - axis not in (1, 3):
            raise scope.refuse("input", shape, "expected features, or channels, height, width")
        what = "channel" if len(shape) - axis == 3 else "feature"
        if self.mode == "eval":
            return GivenStatistics(scope, shape, self.eps, (axis,), (axis,)).equations(what)
        part = Normalization(scope, shape, self.eps, (axis,), (axis,))
        if part.groups.size == 1:
            raise scope.refuse(
                "input",
                shape,
                f"one entry for each {what} has no variance: add a batch of 2 or more",
            )
        return part.equations(
            f"each {what} to mean 0 and variance 1, eps {literal(self.eps)}",
            "The mean and the variance are the batch's own, as in training.",
        )
