"""The geometry of windows that slide over planes: sizes and steps, and what follows from them.

Per axis, with input size H, kernel R, stride s, padding p and dilation d, a window is
D = d(R-1)+1 entries wide, and Ho = ⌊(H+2p-D)/s⌋+1 of them fit into the padded input. Dumoulin and
Visin, "A guide to convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[int, int]


@dataclass(frozen=True)
class Placement:
    """Where the entries of a plane stand within zeros: [i, j] at offset + step · [i, j]."""

    size: Pair  # of the zeros
    offset: Pair = (0, 0)
    step: Pair = (1, 1)


@dataclass(frozen=True)
class Geometry:
    """Windows over planes of `input_size`. Each field is a pair: rows, then columns."""

    input_size: Pair
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    @classmethod
    def of_transposed(
        cls, size: Pair, kernel: Pair, stride: Pair, padding: Pair, output_padding: Pair
    ) -> Geometry:
        """Return the geometry of the convolution that a transposed one is the way back of.

        Its output is as large as the transposed convolution's input, `size`, and its input as the
        transposed convolution's output: s(H-1)+R+o-2p.
        """
        sizes = zip(size, kernel, stride, padding, output_padding, strict=True)
        input_size = as_pair(s * (n - 1) + r + o - 2 * p for n, r, s, p, o in sizes)
        return cls(input_size, kernel, stride, padding)

    @property
    def padded_size(self) -> Pair:
        """The size of the input with its padding: H+2p."""
        return as_pair(n + 2 * p for n, p in zip(self.input_size, self.padding, strict=True))

    @property
    def dilated_kernel(self) -> Pair:
        """The size of a window, with the gaps of the dilation: D."""
        return as_pair(d * (r - 1) + 1 for r, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def output_size(self) -> Pair:
        """How many windows there are: Ho."""
        sizes = zip(self.padded_size, self.dilated_kernel, self.stride, strict=True)
        return as_pair((n - d) // s + 1 for n, d, s in sizes)

    @property
    def spread_size(self) -> Pair:
        """The size of an output with s-1 zeros between its entries: S' = s(Ho-1)+1."""
        return as_pair(s * (n - 1) + 1 for n, s in zip(self.output_size, self.stride, strict=True))

    @property
    def full_padding(self) -> Pair:
        """The frame of zeros of a full convolution, in which every overlap counts: D-1."""
        return as_pair(d - 1 for d in self.dilated_kernel)

    @property
    def full_size(self) -> Pair:
        """The size of zeros with a window for each entry of the padded input: H+2p+D-1."""
        return as_pair(n + m for n, m in zip(self.padded_size, self.full_padding, strict=True))

    @property
    def padded(self) -> Placement:
        """The input in its frame of zeros."""
        return Placement(self.padded_size, self.padding)

    @property
    def dilated(self) -> Placement:
        """The filters with zeros between their entries."""
        return Placement(self.dilated_kernel, step=self.dilation)

    @property
    def spread(self) -> Placement:
        """The output's gradient within zeros, ready for the way back to the input."""
        return Placement(self.full_size, self.full_padding, self.stride)

    @property
    def has_gaps(self) -> bool:
        """Whether the stride shows: a single window stands where it stands with any stride."""
        return self.stride != (1, 1) and max(self.output_size) > 1

    @property
    def window_entries(self) -> int:
        """How many entries a window takes in: R·S."""
        return self.kernel[0] * self.kernel[1]


def as_pair(numbers: Iterable[int]) -> Pair:
    """Return two numbers as a pair: rows, then columns."""
    first, second = numbers
    return first, second
