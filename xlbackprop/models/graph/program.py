"""A model as a list of operations, whatever it was read from; their words are those of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlbackprop.equation import Array, Shape

ITEM = "getitem"


@dataclass(frozen=True)
class Use:
    """Another operation's result, or an input, by its name, where it is an argument."""

    name: str


@dataclass(frozen=True)
class Stored:
    """A parameter, a buffer or a constant: its numbers, and whether training changes them."""

    name: str  # "" where the module has no name for it
    array: Array
    trainable: bool


@dataclass(frozen=True)
class Operation:
    """One call: its arguments by the names of its schema, defaults filled in."""

    name: str  # of the result
    type: str  # "conv2d"
    arguments: Mapping[str, Any]
    shape: Shape
    path: str  # the module: "features.0"
    no_shape: str = "a number"  # what it gives where that has no sizes
    is_leaf: bool = True  # whether that module is one of torch.nn's
    is_last_use: bool = True  # whether nothing later takes its first argument
    called: str = ""  # what the file calls it, where that is another name
    refused: str = ""  # why it cannot be said in the rules' words, where it cannot


@dataclass(frozen=True)
class Program:
    """All operations in order, and what they begin with."""

    inputs: Mapping[str, Shape]
    stored: Mapping[str, Stored]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]
