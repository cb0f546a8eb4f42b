"""The tables of a spec as records: a layer, the loss, training, values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STYLES = ("integers", "normal", "uniform")
# What a training step computes with: the first step's givens, or givens of its own.
SAME_DATA, OWN_DATA = "same", "each step"


@dataclass(frozen=True)
class LayerSpec:
    """One entry of [[layers]]: its type, its name if it has one, and the options as written."""

    type: str
    name: str | None
    options: Mapping[str, object]
    # `from`: the layers whose outputs it takes, as "name" or "name.output"; by default the one
    # before.
    sources: tuple[str, ...] = ()
    share: str = ""  # layers with the same name here have one set of parameters
    trainable: bool = True  # whether its parameters have gradients and are updated


@dataclass(frozen=True)
class TrainingSpec:
    """The [training] table: the optimizer, the number of steps, and the options as written.

    With `data` "each step", every step has inputs and targets of its own: stochastic or mini-batch
    gradient descent.
    """

    optimizer: str
    steps: int
    options: Mapping[str, object]
    data: str = SAME_DATA

    @property
    def has_own_data(self) -> bool:
        """Whether every step has givens of its own."""
        return self.data == OWN_DATA


@dataclass(frozen=True)
class LossSpec:
    """The [loss] table: its type, and the options as written."""

    type: str
    options: Mapping[str, object]


@dataclass(frozen=True)
class ValuesSpec:
    """The [values] table: arrays by tensor name, and how to draw those that are not there."""

    style: str = "integers"
    seed: int = 0
    # Nested lists, NumPy arrays, or the names of files.
    arrays: Mapping[str, object] = field(default_factory=dict)
