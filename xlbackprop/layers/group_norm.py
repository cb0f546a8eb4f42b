"""Group normalization: each group of channels of a sample to mean 0 and variance 1.

With m the number of a group's entries in one sample, its channels times the plane:

    mean[n,g] = Σ h / m,   var[n,g] = Σ (h - mean[n,g])² / m
    out       = gamma[c] · (h - mean[n,g]) / √(var[n,g] + eps) + beta[c]

g is the group of channel c. The steps and their gradients are those of `normalization`. Wu and He,
"Group normalization" (2018), as in torch.nn.GroupNorm.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.layer import LayerEquations, Scope, layer
from xlbackprop.contract.options import count, number
from xlbackprop.equation import Shape
from xlbackprop.layers.common.elementwise.elementwise import literal
from xlbackprop.layers.common.normalization.normalization import Normalization


@layer("group_norm", short="gn")
@dataclass(frozen=True)
class GroupNorm:
    """h (C,H,W), (C,L) or (C,), or with N before that; gamma and beta (C,)."""

    groups: int = count()
    eps: float = number(minimum=0, default=1e-5)

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for h of shape (C,H,W), (C,L) or (C,), or with a batch."""
        axis = int(scope.has_batch)
        channels, groups = shape[axis], self.groups
        if channels % groups:
            raise scope.refuse("groups", groups, f"does not divide the {channels} channels")
        statistics = tuple(range(axis + 1))
        part = Normalization(scope, shape, self.eps, statistics, (axis,), divided=groups)
        if part.groups.size == 1:
            raise scope.refuse("groups", groups, "a single entry in each group has no variance")
        return part.equations(
            f"each of {groups} groups of {channels // groups} channels to mean 0 and variance 1,"
            f" eps {literal(self.eps)}",
            "g is the group of channel c; each sample has its own mean and variance.",
        )
