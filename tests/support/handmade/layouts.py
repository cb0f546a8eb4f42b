"""Layouts met in practice: how each tensor is written, on which sheet, and what stands around."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.support.handmade import writings

CONV, BOTH = ("conv5x5x2", "two-conv"), ("conv5x5x2", "two-conv", "mlp-2-2-2")


@dataclass(frozen=True)
class Layout:
    """How a person lays a page out."""

    writing: Callable[..., writings.Written] = writings.blocks
    special: Mapping[str, Callable[..., writings.Written]] = field(default_factory=dict)
    style: str = "sumproduct"
    sheets: tuple[str, str, str] = ("Sheet1", "Sheet1", "Sheet1")  # given, forward, backward
    attached: Mapping[str, str] = field(default_factory=dict)  # short names that follow others
    is_labelled: bool = False  # labels and units at the blocks' edges, without a gap
    has_merged_titles: bool = False
    has_hidden_columns: bool = False
    has_names: bool = False
    has_matrix_products: bool = False  # {=MMULT(w,h)+b}
    networks: tuple[str, ...] = BOTH

    def write(self, short: str, shape: tuple[int, ...], axes: tuple[str, ...]) -> writings.Written:
        return self.special.get(short, self.writing)(shape, axes)


def _parameters(writing):
    return dict.fromkeys(("w", "dL_dw", "w_new"), writing)


LAYOUTS = {
    "side-by-side": Layout(),
    "filters-stacked": Layout(writings.stacked),
    "filters-beside": Layout(writings.beside, networks=CONV),
    "weights-in-a-column": Layout(special=_parameters(writings.column)),
    "channels-last": Layout(writings.channels_last),
    "bias-column-of-w": Layout(
        special={
            **_parameters(writings.flat_rows),
            **dict.fromkeys(("b", "dL_db", "b_new", "h", "out"), writings.flat_rows),
        },
        attached={"b": "w", "dL_db": "dL_dw", "b_new": "w_new"},
    ),
    "transposed": Layout(writings.transposed),
    "gradient-transposed": Layout(special={"dL_dw": writings.transposed}),
    "merged-titles": Layout(has_merged_titles=True),
    "labels-inside": Layout(is_labelled=True),
    "hidden-columns": Layout(writings.stacked, has_hidden_columns=True),
    "three-sheets": Layout(sheets=("Given", "Forward pass", "It's ∂L")),
    "array-formulas": Layout(style="array", has_matrix_products=True),
    "spelled-out": Layout(style="spelled"),
    "named-ranges": Layout(style="names", has_names=True),
    "single-cells": Layout(writings.single_cells, networks=("mlp-2-2-2",)),
}

CASES = [(network, name) for name, one in LAYOUTS.items() for network in one.networks]
