"""Convolutions to test with: geometries chosen to reach every corner, and specs made of them."""

from __future__ import annotations

from typing import Any

import tomli_w

import xlbackprop

# input (channels, height, width), options of the layer, batch
GEOMETRIES: dict[str, dict[str, Any]] = {
    "plain": {"input": [2, 5, 5], "filters": 3, "kernel": 3},
    "one-channel": {"input": [1, 6, 6], "filters": 2, "kernel": 3},
    "one-filter": {"input": [3, 5, 5], "filters": 1, "kernel": 3},
    "one-of-each": {"input": [1, 4, 4], "filters": 1, "kernel": 2},
    "no-bias": {"input": [2, 5, 5], "filters": 2, "kernel": 3, "bias": False},
    "not-square": {"input": [2, 4, 7], "filters": 2, "kernel": [3, 2]},
    "kernel-1x1": {"input": [3, 4, 4], "filters": 2, "kernel": 1},
    "kernel-1x1-stride2": {"input": [2, 5, 5], "filters": 2, "kernel": 1, "stride": 2},
    "kernel-1x1-padding1": {"input": [2, 3, 3], "filters": 2, "kernel": 1, "padding": 1},
    "kernel-1x1-padding2-stride3": {
        "input": [1, 4, 4], "filters": 2, "kernel": 1, "padding": 2, "stride": 3,
    },
    "kernel-1x3": {"input": [2, 4, 6], "filters": 2, "kernel": [1, 3]},
    "kernel-4x1": {"input": [2, 6, 3], "filters": 2, "kernel": [4, 1]},
    "kernel-1x3-padding": {"input": [2, 4, 6], "filters": 2, "kernel": [1, 3], "padding": [0, 1]},
    "kernel-fills-input": {"input": [2, 4, 4], "filters": 2, "kernel": 4},
    "kernel-fills-padded-input": {"input": [1, 2, 2], "filters": 2, "kernel": 4, "padding": 1},
    "input-1x1": {"input": [2, 1, 1], "filters": 3, "kernel": 1},
    "input-1x1-padding1": {"input": [2, 1, 1], "filters": 2, "kernel": 3, "padding": 1},
    "input-row": {"input": [2, 1, 6], "filters": 2, "kernel": [1, 2], "stride": [1, 2]},
    "same-3x3": {"input": [2, 5, 5], "filters": 2, "kernel": 3, "padding": 1},
    "padding2": {"input": [2, 4, 4], "filters": 2, "kernel": 3, "padding": 2},
    "padding3": {"input": [1, 4, 4], "filters": 2, "kernel": 3, "padding": 3},
    "padding3-kernel2": {"input": [2, 3, 3], "filters": 2, "kernel": 2, "padding": 3},
    "padding-per-axis": {"input": [2, 4, 5], "filters": 2, "kernel": 3, "padding": [2, 0]},
    "stride2": {"input": [2, 7, 7], "filters": 2, "kernel": 3, "stride": 2},
    "stride3": {"input": [2, 9, 9], "filters": 2, "kernel": 3, "stride": 3},
    "stride-per-axis": {"input": [2, 7, 8], "filters": 2, "kernel": 3, "stride": [2, 3]},
    "stride2-leaves-a-row": {"input": [2, 6, 6], "filters": 2, "kernel": 3, "stride": 2},
    "stride3-leaves-two-rows": {"input": [2, 8, 8], "filters": 2, "kernel": 3, "stride": 3},
    "stride3-kernel2-skips-rows": {"input": [2, 8, 7], "filters": 2, "kernel": 2, "stride": 3},
    "stride-meets-one-window": {"input": [2, 4, 4], "filters": 2, "kernel": 3, "stride": 3},
    "stride2-padding1": {"input": [3, 7, 7], "filters": 2, "kernel": 3, "stride": 2, "padding": 1},
    "stride2-padding1-leaves-a-row": {
        "input": [2, 6, 6], "filters": 2, "kernel": 3, "stride": 2, "padding": 1,
    },
    "stride2-padding3": {"input": [2, 5, 5], "filters": 2, "kernel": 3, "stride": 2, "padding": 3},
    "stride3-padding2-kernel5": {
        "input": [1, 8, 8], "filters": 2, "kernel": 5, "stride": 3, "padding": 2,
    },
    "dilation2": {"input": [2, 7, 7], "filters": 2, "kernel": 3, "dilation": 2},
    "dilation2-padding2": {
        "input": [2, 5, 5], "filters": 2, "kernel": 3, "dilation": 2, "padding": 2,
    },
    "dilation2-padding3-beyond-reach": {
        "input": [1, 4, 4], "filters": 2, "kernel": 2, "dilation": 2, "padding": 3,
    },
    "dilation-per-axis": {"input": [2, 6, 8], "filters": 2, "kernel": [2, 3], "dilation": [1, 2]},
    "dilation2-stride2": {
        "input": [2, 9, 8], "filters": 2, "kernel": 3, "dilation": 2, "stride": 2,
    },
    "dilation2-stride3-padding3": {
        "input": [1, 7, 8], "filters": 2, "kernel": 3, "dilation": 2, "stride": 3, "padding": 3,
    },
    "dilation2-kernel-1x1": {"input": [2, 4, 4], "filters": 2, "kernel": 1, "dilation": 2},
    "groups2": {"input": [4, 5, 5], "filters": 4, "kernel": 3, "groups": 2},
    "groups2-more-filters": {"input": [2, 5, 5], "filters": 6, "kernel": 3, "groups": 2},
    "depthwise": {"input": [3, 5, 5], "filters": 3, "kernel": 3, "groups": 3, "padding": 1},
    "depthwise-multiplier2": {"input": [3, 5, 5], "filters": 6, "kernel": 2, "groups": 3},
    "depthwise-stride2-dilation2": {
        "input": [2, 8, 8], "filters": 2, "kernel": 3, "groups": 2, "stride": 2, "dilation": 2,
    },
    "batch1": {"input": [2, 4, 4], "filters": 2, "kernel": 3, "batch": 1},
    "batch3": {"input": [2, 5, 5], "filters": 2, "kernel": 3, "batch": 3},
    "batch2-all-together": {
        "input": [4, 7, 6], "filters": 6, "kernel": [3, 2], "stride": [2, 1], "padding": [1, 2],
        "dilation": [2, 1], "groups": 2, "batch": 2,
    },
    "more-channels-than-a-formula-holds": {"input": [70, 2, 2], "filters": 1, "kernel": 2},
    "more-filters-than-a-formula-holds": {"input": [1, 2, 2], "filters": 130, "kernel": 1},
    "more-samples-than-a-formula-holds": {
        "input": [1, 2, 2], "filters": 1, "kernel": 2, "batch": 66,
    },
}  # fmt: skip


def conv_spec(geometry: dict[str, Any], *, loss: str = "given", seed: int = 0) -> xlbackprop.Spec:
    """Return the Spec of one convolution, with normal values."""
    return xlbackprop.parse_spec(tomli_w.dumps(conv_raw(geometry, loss=loss, seed=seed)))


def conv_raw(geometry: dict[str, Any], *, loss: str = "given", seed: int = 0) -> dict[str, Any]:
    """Return the spec of one convolution as plain dictionaries."""
    head = {key: geometry[key] for key in ("input", "batch") if key in geometry}
    options = {key: geometry[key] for key in geometry if key not in head}
    return {
        "name": "conv",
        **head,
        "layers": [{"type": "conv2d", **options}],
        "loss": {"type": loss},
        "values": {"style": "normal", "seed": seed},
    }
