"""Cross-correlation of known geometry: filters that slide over planes, and both ways back.

With x the padded planes, f the filters (dilated), z what comes out, G the same within zeros and R
the filters turned by 180 degrees:

    output:             z[k,i,j]   = Σ(c,a,b) x[c, si+a, sj+b] · f[k,c,a,b]
    gradient of filters: [k,c,a,b] = Σ(i,j)   x[c, da+i, db+j] · z[k,i,j]
    gradient of planes:  [c,u,v]   = Σ(k,a,b) G[k, u+p+a, v+p+b] · R[k,c,a,b]

conv2d sums them in this order; to conv_transpose2d, which has x for its output and z for its
input, the last is the way forward. Each has its terms as whole arrays and as text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.sums import Terms
from xlbackprop.equation import Array, Shape, Tensor
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers.common.windows.geometry import Geometry
from xlbackprop.layers.common.windows.planes import correlated, filtered, windows


@dataclass(frozen=True)
class CrossCorrelation:
    """Planes of `channels` and filters in `groups`, for one sample or a batch of them."""

    geometry: Geometry
    channels: int  # of the planes
    filters: int
    groups: int = 1
    batch: Shape = ()  # (N,), or empty

    @property
    def samples(self) -> int:
        """How many samples there are: one where there is no batch."""
        return self.batch[0] if self.batch else 1

    @property
    def channels_per_group(self) -> int:
        """How many channels a filter sees."""
        return self.channels // self.groups

    @property
    def filters_per_group(self) -> int:
        """How many filters see a channel."""
        return self.filters // self.groups

    @property
    def planes_shape(self) -> Shape:
        """The shape of the planes: (…,C,H,W)."""
        return (*self.batch, self.channels, *self.geometry.input_size)

    @property
    def filters_shape(self) -> Shape:
        """The shape of the filters: (K,C/groups,R,S)."""
        return (self.filters, self.channels_per_group, *self.geometry.kernel)

    @property
    def output_shape(self) -> Shape:
        """The shape of what comes out: (…,K,Ho,Wo)."""
        return (*self.batch, self.filters, *self.geometry.output_size)

    # The three sums.

    def output_terms(self, x: Tensor, f: Tensor, each: str) -> Terms:
        """Return the terms of the output: one for each channel that a filter sees."""
        (s, t), (D, E) = self.geometry.stride, self.geometry.dilated_kernel
        channels, filters = self.channels_per_group, self.filters_per_group

        def partial(part: slice, x: Array, f: Array) -> Array:
            every = windows(self.grouped(x)[:, :, part], (D, E), (s, t))
            total = filtered(every, self.grouped_filters(f)[:, :, part])
            return np.asarray(total.reshape(self.output_shape))

        def term(at: Addresses, c: int, *index: int) -> str:
            *n, k, i, j = index
            channel = k // filters * channels + c
            i, j = i * s, j * t
            return sumproduct(at.x[*n, channel, i : i + D, j : j + E], at.f[k, c].fixed)

        return Terms(channels, {"x": x, "f": f}, partial, term, each)

    def filters_terms(self, x: Tensor, z: Tensor) -> Terms:
        """Return the terms of the filters' gradient: one for each sample.

        z is the output's, as it is or within zeros: see `is_within_zeros`.
        """
        (d, e), (R, S) = self.geometry.dilation, self.geometry.kernel
        (height, width), (top, left) = self.geometry.spread_size, self.offset_of_output
        channels, filters = self.channels_per_group, self.filters_per_group

        def partial(part: slice, x: Array, z: Array) -> Array:
            every = windows(self.grouped(x)[part], (height, width), (d, e))[..., :R, :S, :, :]
            inner = self.grouped(z)[part][..., top : top + height, left : left + width]
            total = correlated(every, inner)
            return np.asarray(total.reshape(self.filters_shape))

        def term(at: Addresses, n: int, k: int, c: int, a: int, b: int) -> str:
            lead = (n,) * len(self.batch)
            channel = k // filters * channels + c
            a, b = a * d, b * e
            output = at.z[*lead, k, top : top + height, left : left + width].fixed
            return sumproduct(at.x[*lead, channel, a : a + height, b : b + width], output)

        return Terms(self.samples, {"x": x, "z": z}, partial, term, "sample")

    def planes_terms(self, g: Tensor, r: Tensor, each: str) -> Terms:
        """Return the terms of the planes' gradient: one for each filter that sees a channel."""
        (p, q), (D, E) = self.geometry.padding, self.geometry.dilated_kernel
        H, W = self.geometry.input_size
        channels, filters = self.channels_per_group, self.filters_per_group

        def partial(part: slice, g: Array, r: Array) -> Array:
            every = windows(self.grouped(g)[:, :, part], (D, E))[..., p : p + H, q : q + W, :, :]
            total = filtered(every, self.grouped_filters(r)[:, part].swapaxes(1, 2))
            return np.asarray(total.reshape(self.planes_shape))

        def term(at: Addresses, f: int, *index: int) -> str:
            *n, c, u, v = index
            k = c // channels * filters + f
            u, v = u + p, v + q
            return sumproduct(at.g[*n, k, u : u + D, v : v + E], at.r[k, c % channels].fixed)

        return Terms(filters, {"g": g, "r": r}, partial, term, each)

    @property
    def is_within_zeros(self) -> bool:
        """Whether the filters' gradient takes the output's entries with zeros between them.

        With none between, they slide over the planes as they are.
        """
        return self.geometry.spread_size != self.geometry.output_size

    @property
    def offset_of_output(self) -> tuple[int, int]:
        """Where the output's first entry stands in what the filters' gradient is made from."""
        return self.geometry.full_padding if self.is_within_zeros else (0, 0)

    # Arrays by group.

    def grouped(self, x: Array) -> Array:
        """Return (…,C,H,W) as (N, groups, C/groups, H, W), with N = 1 where there is no batch."""
        channels, *size = x.shape[-3:]
        return x.reshape(self.samples, self.groups, channels // self.groups, *size)

    def grouped_filters(self, f: Array) -> Array:
        """Return (K,C/groups,R,S) as (groups, K/groups, C/groups, R, S)."""
        return f.reshape(self.groups, self.filters_per_group, *f.shape[1:])
