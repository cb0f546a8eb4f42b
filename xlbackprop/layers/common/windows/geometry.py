"""The geometry of windows that slide over planes: sizes and steps, and what follows from them.

Per axis, with input size H, kernel R, stride s, padding p and dilation d, a window is
D = d(R-1)+1 entries wide, and Ho = ⌊(H+2p-D)/s⌋+1 of them fit into the padded input; where the
padding differs from side to side, 2p stands for the sum of both. Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning" (2016).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

Pair = tuple[int, int]

# Rows and columns of zeros on each side, or before and after them; or "same": as many as it takes.
Padding = tuple[int | Pair, int | Pair] | str


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
    padding: Pair = (0, 0)  # above and on the left
    dilation: Pair = (1, 1)
    padding_after: Pair | None = None  # below and on the right, where it is not the same
    overhang: Pair = (0, 0)  # how far the last window reaches beyond the padding

    @classmethod
    def padded_by(
        cls,
        size: Pair,
        kernel: Pair,
        stride: Pair,
        padding: Padding,
        dilation: Pair = (1, 1),
        *,
        ceil_mode: bool = False,
    ) -> Geometry:
        """Return the geometry with the padding that an option asks for.

        With `ceil_mode`, a last window counts that begins within the input or the padding before
        it, and ends beyond the padding after it.
        """
        if isinstance(padding, str):
            before, after = _same_padding(size, kernel, stride, dilation)
        else:
            before, after = (
                as_pair(side if isinstance(side, int) else side[end] for side in padding)
                for end in (0, 1)
            )
        geometry = cls(size, kernel, stride, before, dilation, None if after == before else after)
        return replace(geometry, overhang=geometry.rounded_up) if ceil_mode else geometry

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
        """The size of the input with its padding: H+2p where that is the same on both sides."""
        sizes = zip(self.input_size, self.padding, self.after, self.overhang, strict=True)
        return as_pair(map(sum, sizes))

    @property
    def after(self) -> Pair:
        """The padding below and on the right."""
        return self.padding if self.padding_after is None else self.padding_after

    @property
    def is_padded(self) -> bool:
        """Whether anything stands around the input."""
        return self.padded_size != self.input_size

    @property
    def rounded_up(self) -> Pair:
        """The overhang with which the number of windows is rounded up, not down, as in PyTorch."""
        sides = zip(
            self.input_size, self.padding, self.after, self.dilated_kernel, self.stride, strict=True
        )
        return as_pair(_overhang(*side) for side in sides)

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


def _overhang(size: int, before: int, after: int, window: int, stride: int) -> int:
    padded = size + before + after
    last = -((window - padded) // stride) * stride  # where the last window begins, rounded up
    if last >= size + before:  # it would see no entry
        last -= stride
    return max(last + window - padded, 0)


def _same_padding(size: Pair, kernel: Pair, stride: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    """Return the zeros before and after with which there are ⌈H/s⌉ windows.

    Where their number is odd, the one more stands after, as in PyTorch, whose padding "same"
    takes no stride.
    """
    totals = [
        max((-(-n // s) - 1) * s + d * (r - 1) + 1 - n, 0)
        for n, r, s, d in zip(size, kernel, stride, dilation, strict=True)
    ]
    return as_pair(total // 2 for total in totals), as_pair(-(-total // 2) for total in totals)


def as_pair(numbers: Iterable[int]) -> Pair:
    """Return two numbers as a pair: rows, then columns."""
    first, second = numbers
    return first, second
