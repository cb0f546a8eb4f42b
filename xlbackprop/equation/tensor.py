"""Tensors before they have any numbers: their names, shapes and kinds, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = tuple[int, ...]
Shape = tuple[int, ...]


class Kind(StrEnum):
    """What a tensor's cells are to the reader; the page gives each kind a colour."""

    GIVEN = "given"
    PARAMETER = "parameter"
    FORWARD = "forward"
    BACKWARD = "backward"
    HELPER = "helper"
    LINK = "link"
    UPDATE = "update"

    @property
    def is_computed(self) -> bool:
        """True where an equation fills the cells, False where a person chose the numbers."""
        return self not in (Kind.GIVEN, Kind.PARAMETER)


class Role(StrEnum):
    """What a tensor is to its layer, whatever the layer calls it; the network tells."""

    INPUT = "input"
    INPUT_GRADIENT = "gradient of an input"
    PARAMETER = "parameter"
    PARAMETER_GRADIENT = "gradient of a parameter"
    OUTPUT = "output"
    OUTPUT_GRADIENT = "gradient of an output"
    GIVEN = "given"
    INNER = "inner"


class Place(StrEnum):
    """Where a tensor stands on its sheet, relative to the tensor it belongs to."""

    COLUMN = "column"  # a column of its own: inputs, outputs
    PARAMETERS = "parameters"  # the column that all the layer's parameters share
    BESIDE = "beside"  # the column to the right of the tensor it belongs to
    BELOW = "below"  # the same column as the tensor it belongs to, further down


# Shares are drawn as so many parts of the whole: 0.35 is seven of them.
_PARTS = 20


@dataclass(frozen=True)
class Domain:
    """Which numbers a given may hold, and how it is drawn where no array is given.

    `labels` allows the whole numbers from 0 to labels-1. `keep` is the share of ones in a mask
    of zeros and ones; where it is `soft`, all numbers from 0 to 1 are allowed, and where they are
    `shares`, those along the last axis add up to 1. `positive` allows no number below 0, and
    `one_of` lists the only numbers that are allowed. `initial` is the number with which every
    entry starts. `drawn_from` are the bounds between which fresh numbers are sensible, where these
    are not just any.
    """

    labels: int | None = None
    keep: float | None = None
    soft: bool = False
    shares: bool = False
    positive: bool = False
    one_of: tuple[float, ...] = ()
    initial: float | None = None
    drawn_from: tuple[float, float] | None = None

    @property
    def expected(self) -> str:
        """What is allowed, in words."""
        if self.one_of:
            return " or ".join(f"{one:g}" for one in self.one_of)
        if self.soft or self.shares:
            return "a number from 0 to 1"
        if self.positive:
            return "a number from 0"
        if self._whole is not None:
            return f"a whole number from 0 to {self._whole - 1}"
        return "a number"

    def allows(self, array: Array) -> Mask:
        """Return where the entries are allowed; NaN is nowhere."""
        if self.one_of:
            return np.isin(array, self.one_of)
        if self.soft or self.shares:
            return np.asarray((array >= 0) & (array <= 1))
        if self.positive:
            return np.asarray(np.isfinite(array) & (array >= 0))
        if self._whole is not None:
            return np.isin(array, np.arange(self._whole))
        return np.isfinite(array)

    def drawn(self, random: np.random.Generator, shape: Shape) -> Array | None:
        """Return numbers that are allowed where only a few are; None for all other domains."""
        if self.one_of:
            return random.choice(self.one_of, shape)
        if self.positive:
            return np.round(random.uniform(0.5, 2, shape), 2)
        if self.labels is not None:
            return random.integers(0, self.labels, shape).astype(np.float64)
        if self.shares:
            size = shape[-1]
            return np.asarray(random.multinomial(_PARTS, [1 / size] * size, shape[:-1]) / _PARTS)
        return None

    @property
    def _whole(self) -> int | None:
        return 2 if self.keep is not None else self.labels


@dataclass(frozen=True)
class Tensor:
    """A named array of known shape, before it has any numbers.

    The last `block_rank` dimensions stand together as one block of cells on the page; the
    dimensions before them number the blocks. Where there is a `row_length`, a block holds the last
    dimension alone, folded: it is read row by row, as a text is.
    """

    layer: str  # "conv1", or "loss", or "training"
    short: str  # its name within the layer: "dL_dw"
    shape: Shape
    axes: tuple[str, ...]  # a letter for each dimension, as in the equations
    kind: Kind
    about: str  # a few words for the title: "filters"
    block_rank: int = 2
    place: Place = Place.COLUMN
    belongs_to: str | None = None  # for BESIDE and BELOW: the other tensor's name
    symbol: str = ""  # the letter for a helper in equations; by default its name
    vertical: bool = False  # whether a vector stands as a column
    row_length: int = 0  # how many entries stand in a row where the last dimension is folded
    domain: Domain = Domain()
    hides_constants: bool = False  # whether cells that are constants look empty: masked ones
    step: int = 1  # the training step
    role: Role = Role.INNER

    @cached_property
    def name(self) -> str:
        """The full name: `conv1.dL_dw`, and `step2.conv1.dL_dw` in the second training step.

        Of a tensor that is no layer's it is the short one.
        """
        return f"{self.owner}.{self.short}" if self.layer else self.short

    @property
    def owner(self) -> str:
        """The layer (or loss) whose tensor this is, in its training step: `step2.conv1`."""
        return owner_in_step(self.layer, self.step)

    @property
    def first_name(self) -> str:
        """The name that the same tensor has in the first training step."""
        return f"{self.layer}.{self.short}"

    @cached_property
    def title(self) -> str:
        """What equations call it: the symbol, or the short name as people write it: `dL/dw`."""
        return self.symbol or self.short.replace("dL_d", "dL/d")

    @property
    def size(self) -> int:
        """The number of entries, as a Python integer that cannot overflow."""
        return prod(self.shape)

    @cached_property
    def leading(self) -> Shape:
        """The dimensions that number the blocks."""
        return self.shape[: len(self.shape) - self._trailing]

    @cached_property
    def block_shape(self) -> Shape:
        """The dimensions within a block: none, one or two."""
        return self.shape[len(self.shape) - self._trailing :]

    @property
    def _trailing(self) -> int:
        return min(1 if self.row_length else self.block_rank, len(self.shape))

    def block_indices(self) -> Iterator[Index]:
        """Yield the leading indices of every block, in C order."""
        return product(*map(range, self.leading))


def owner_in_step(layer: str, step: int) -> str:
    """Return what the names of a layer's tensors begin with: `conv1`, or `step2.conv1`."""
    return layer if step == 1 else f"step{step}.{layer}"
