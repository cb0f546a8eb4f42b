"""A network is a list of equations, each of which defines one tensor from earlier ones.

An equation carries all there is to know about its step: how NumPy computes the whole tensor,
what the formula of one cell is, and how it is written in mathematics. `compute` and `formula`
share no index arithmetic, so each is evidence for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from xlbackprop.notation import to_latex

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


class Place(StrEnum):
    """Where a tensor stands on its sheet, relative to the tensor it belongs to."""

    COLUMN = "column"  # a column of its own: inputs, outputs
    PARAMETERS = "parameters"  # the column that all the layer's parameters share
    BESIDE = "beside"  # the column to the right of the tensor it belongs to
    BELOW = "below"  # the same column as the tensor it belongs to, further down


@dataclass(frozen=True)
class Domain:
    """Which numbers a given may hold, and how it is drawn where no array is given.

    `labels` allows the whole numbers from 0 to labels-1. `keep` is the share of ones in a mask
    of zeros and ones; where it is `soft`, all numbers from 0 to 1 are allowed. `initial` is the
    number with which every entry starts. `drawn_from` are the bounds between which fresh numbers
    are sensible, where these are not just any.
    """

    labels: int | None = None
    keep: float | None = None
    soft: bool = False
    initial: float | None = None
    drawn_from: tuple[float, float] | None = None

    @property
    def expected(self) -> str:
        """What is allowed, in words."""
        if self.soft:
            return "a number from 0 to 1"
        if self._whole is not None:
            return f"a whole number from 0 to {self._whole - 1}"
        return "a number"

    def allows(self, array: Array) -> Mask:
        """Return where the entries are allowed; NaN is nowhere."""
        if self.soft:
            return np.asarray((array >= 0) & (array <= 1))
        if self._whole is not None:
            return np.isin(array, np.arange(self._whole))
        return np.isfinite(array)

    @property
    def _whole(self) -> int | None:
        return 2 if self.keep is not None else self.labels


@dataclass(frozen=True)
class Tensor:
    """A named array of known shape, before it has any numbers.

    The last `block_rank` dimensions stand together as one block of cells on the page; the
    dimensions before them number the blocks.
    """

    name: str  # "conv1.dL_dw": the layer, a dot, the tensor
    shape: Shape
    axes: tuple[str, ...]  # a letter for each dimension, as in the equations
    kind: Kind
    about: str  # a few words for the title: "filters"
    block_rank: int = 2
    place: Place = Place.COLUMN
    belongs_to: str | None = None  # for BESIDE and BELOW: the other tensor's name
    symbol: str = ""  # the letter for a helper in equations; by default its name
    vertical: bool = False  # whether a vector stands as a column
    domain: Domain = Domain()

    @property
    def owner(self) -> str:
        """The layer (or loss) whose tensor this is."""
        return self.name.rpartition(".")[0]

    @property
    def layer(self) -> str:
        """The owner without its training step: `dense1` of `step2.dense1.w`."""
        return self.owner.rpartition(".")[2]

    @property
    def short(self) -> str:
        """The name without its owner: `dL_dw`."""
        return self.name.rpartition(".")[2]

    @property
    def title(self) -> str:
        """What equations call it: the symbol, or the short name as people write it: `dL/dw`."""
        return self.symbol or self.short.replace("dL_d", "dL/d")

    @property
    def size(self) -> int:
        """The number of entries, as a Python integer that cannot overflow."""
        return prod(self.shape)

    @property
    def leading(self) -> Shape:
        """The dimensions that number the blocks."""
        return self.shape[: len(self.shape) - self._trailing]

    @property
    def block_shape(self) -> Shape:
        """The dimensions within a block: none, one or two."""
        return self.shape[len(self.shape) - self._trailing :]

    @property
    def _trailing(self) -> int:
        return min(self.block_rank, len(self.shape))

    def block_indices(self) -> Iterator[Index]:
        """Yield the leading indices of every block, in C order."""
        return product(*map(range, self.leading))


@dataclass(frozen=True)
class Math:
    """An equation as one line of Unicode, and in words why it is so, where that needs saying.

    `full` is the same line with all its indices, where those would be too wide for the page. Its
    LaTeX is made from the line; `notation` says what may stand in it.
    """

    text: str
    full: str = ""
    why: str = ""  # a sentence or two

    @property
    def latex(self) -> str:
        """The equation in LaTeX, for mathematics mode."""
        return to_latex(self.full or self.text)


@dataclass(frozen=True)
class Slip:
    """A well-known wrong version of a step: what people compute instead, and what to tell them.

    `compute` takes the equation's sources by letter, and those that only the slip needs, and
    returns an array of the target's size. The hint tells a newcomer what to do, in one sentence.
    """

    name: str
    hint: str
    compute: Callable[..., Array]
    sources: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Equation:
    """Defines one tensor from earlier ones.

    `sources` gives each earlier tensor the letter under which `compute` and `formula` know it:
    `compute(h=..., w=...)` takes whole arrays and returns an array of the target's shape;
    `formula(at, *index)` returns the formula of one cell without its equals sign, or a number
    where the cell is a constant whatever its sources (a padding zero), with `at.h[c, i, j]`
    the address of a source's cell and `at.here[...]` of the target's own.

    Where the answer is not unique (a tie, a kink), `compute` and `formula` follow PyTorch's rule,
    which `tie_rule` states, and `accepts(found, tolerance, **sources)` returns where another
    valid answer stands, give or take the tolerance of each cell.
    """

    target: Tensor
    sources: Mapping[str, Tensor]
    compute: Callable[..., Array]
    formula: Callable[..., str | float]
    math: Math
    slips: tuple[Slip, ...] = field(default=())
    accepts: Callable[..., Mask] | None = None
    tie_rule: str = ""

    def evaluate(self, values: Mapping[str, Array]) -> Array:
        """Return the target's array, shape `target.shape`, from arrays by tensor name."""
        return self._evaluated(self.compute, self._arrays(values))

    def evaluate_slip(self, slip: Slip, values: Mapping[str, Array]) -> Array:
        """Return what the slip makes of the same arrays, shape `target.shape`."""
        extra = {letter: values[tensor.name] for letter, tensor in slip.sources.items()}
        return self._evaluated(slip.compute, {**self._arrays(values), **extra})

    def accepted(self, found: Array, tolerance: Array, values: Mapping[str, Array]) -> Mask:
        """Return where `found` is a valid answer other than the one that `compute` gives."""
        if self.accepts is None:
            return np.zeros(found.shape, dtype=np.bool_)
        with np.errstate(all="ignore"):
            return np.asarray(self.accepts(found, tolerance, **self._arrays(values)))

    def _evaluated(self, compute: Callable[..., Array], arrays: Mapping[str, Array]) -> Array:
        # An overflow or a NaN is a value here, not a mishap: it is judged like any other.
        with np.errstate(all="ignore"):
            result = np.asarray(compute(**arrays), dtype=np.float64)
        # Spreadsheets have no infinity, only an error; and no negative zero.
        finite = np.where(np.isfinite(result), result + 0.0, np.nan)
        return finite.reshape(self.target.shape)

    def _arrays(self, values: Mapping[str, Array]) -> dict[str, Array]:
        return {letter: values[tensor.name] for letter, tensor in self.sources.items()}
