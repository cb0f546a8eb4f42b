"""The tables of a spec as records: a layer, the loss, values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STYLES = ("integers", "normal", "uniform")


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
