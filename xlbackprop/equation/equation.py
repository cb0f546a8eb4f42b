"""A network is a list of equations, each of which defines one tensor from earlier ones.

An equation carries all there is to know about its step: how NumPy computes the whole tensor,
what the formula of one cell is, and how it is written in mathematics. `compute` and `formula`
share no index arithmetic, so each is evidence for the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from xlbackprop.equation.tensor import Array, Mask, Tensor
from xlbackprop.errors import ContractError


@dataclass(frozen=True)
class Math:
    """An equation as one line of Unicode, and in words why it is so, where that needs saying.

    `full` is the same line with all its indices, where those would be too wide for the page.
    `notation` says what may stand in it, and makes LaTeX of it. Of a gradient, `chain` is what the
    chain rule makes of it: `dL/dout · ∂out/∂w`.
    """

    text: str
    full: str = ""
    why: str = ""  # a sentence or two
    chain: str = ""

    def renamed(self, titles: Mapping[str, str]) -> Math:
        """Return the same with other titles for some tensors: `dL/dw_0` for `dL/dw`."""
        return replace(self, text=_renamed(self.text, titles), full=_renamed(self.full, titles))


@dataclass(frozen=True)
class Mistake:
    """A mistake that has a name; the hint tells a newcomer what to do, in one sentence."""

    name: str
    hint: str


@dataclass(frozen=True)
class Slip(Mistake):
    """A well-known wrong version of a step, which can be computed.

    `compute` takes the equation's sources by letter, and those that only the slip needs, and
    returns an array of the target's size.
    """

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
        """Return the target's array, shape `target.shape`, from arrays by tensor name.

        Raises ContractError where `compute` returns another number of entries.
        """
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
        if result.size != self.target.size:
            raise ContractError(
                f'layer "{self.target.layer}": {self.target.name} has the shape'
                f" {list(self.target.shape)}, and what computes it returns {list(result.shape)}"
            )
        # Spreadsheets have no infinity, only an error; and no negative zero.
        finite = np.where(np.isfinite(result), result + 0.0, np.nan)
        return finite.reshape(self.target.shape)

    def _arrays(self, values: Mapping[str, Array]) -> dict[str, Array]:
        return {letter: values[tensor.name] for letter, tensor in self.sources.items()}


def _renamed(text: str, titles: Mapping[str, str]) -> str:
    for title, new in titles.items():
        text = re.sub(rf"(?<![\w/]){re.escape(title)}(?!\w)", new, text)
    return text
