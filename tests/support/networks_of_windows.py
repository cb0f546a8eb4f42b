"""Layers whose windows slide along rows, and paddings of all kinds, in networks to test with."""

from __future__ import annotations

from typing import Any

from tests.support.network_parts import CONV, DENSE, IMAGE, Raw, network

ROW, ROWS = {"input": [2, 6]}, {"input": [2, 6], "batch": 2}
_CONV1D = {"type": "conv1d", "filters": 2, "kernel": 2}


def _layer(type_name: str, head: Raw, **options: Any) -> Raw:
    return network(head, {"type": type_name, **options})


def _conv1d() -> dict[str, Raw]:
    def conv(**options: Any) -> Raw:
        return {"type": "conv1d", "filters": 3, "kernel": 3, **options}

    return {
        "plain": network(ROW, conv()),
        "batch": network(ROWS, _CONV1D, conv(padding=1, stride=2)),
        "dilation-padding": network(ROW, conv(dilation=2, padding=2)),
        "groups-no-bias": network({"input": [4, 5]}, conv(filters=4, groups=2, bias=False)),
        "same": network(ROW, conv(kernel=4, padding="same", dilation=2)),
        "same-stride": network({"input": [1, 7]}, conv(kernel=2, padding="same", stride=2)),
        "sides": network(ROW, conv(padding=[0, 2], stride=2, dilation=2)),
        "kernel1": network(ROW, conv(kernel=1), {"type": "relu"}),
        "then-dense": network(ROWS, conv(), {"type": "global_max_pool"}, DENSE),
    }


def _pools1d(type_name: str) -> dict[str, Raw]:
    def pool(head: Raw = ROW, **options: Any) -> Raw:
        return _layer(type_name, head, **options)

    return {
        "kernel2": network(ROW, _CONV1D, {"type": type_name, "kernel": 2}),
        "batch": network(ROWS, _CONV1D, {"type": type_name, "kernel": 3, "stride": 1}, _CONV1D),
        "padding": pool(kernel=3, stride=2, padding=1),
        "sides": pool(kernel=4, stride=3, padding=[0, 2]),
        "same": pool({"input": [2, 5]}, kernel=2, stride=1, padding="same"),
        "ceil": pool({"input": [2, 7]}, kernel=3, stride=2, padding=1, ceil_mode=True),
        "ceil-overhangs": pool({"input": [2, 6]}, kernel=3, stride=2, ceil_mode=True),
        "skips": pool({"input": [1, 7]}, kernel=2, stride=3),
    }


def pools2d(type_name: str) -> dict[str, Raw]:
    """Return pools of images, with padding that differs from side to side, and rounded up."""
    small = {"input": [2, 5, 4]}
    sides = [[1, 0], [0, 1]]
    return {
        "same": _layer(type_name, small, kernel=[2, 3], stride=1, padding="same"),
        "sides": _layer(type_name, small, kernel=[3, 2], stride=2, padding=sides),
        "ceil": network(small, {"type": type_name, "kernel": 2, "ceil_mode": True}, CONV),
        "ceil-padding": _layer(
            type_name, {"input": [1, 6, 5]}, kernel=3, stride=[2, 3], padding=1, ceil_mode=True
        ),
    }


def _global_pools() -> dict[str, Raw]:
    pool, average = {"type": "global_max_pool"}, {"type": "global_avg_pool"}
    return {
        "image": network(IMAGE, pool),
        "image-then-dense": network(IMAGE, CONV, pool, DENSE),
        "images": network({"input": [2, 3, 3], "batch": 2}, CONV, pool),
        "one-cell": network({"input": [3, 1, 1]}, pool),
        "not-square": network({"input": [3, 2, 5]}, pool),
        "row": network(ROW, pool),
        "rows": network(ROWS, _CONV1D, pool, DENSE),
        "average-of-rows": network(ROWS, _CONV1D, average, DENSE),
        "one-entry": network({"input": [3, 1]}, pool),
    }


WINDOWS: dict[str, dict[str, Raw]] = {
    "conv1d": _conv1d(),
    "max_pool1d": _pools1d("max_pool1d"),
    "avg_pool1d": _pools1d("avg_pool1d"),
    "global_max_pool": _global_pools(),
}

# Paddings of conv2d beyond those in `convolutions`.
PADDINGS: dict[str, dict[str, Raw]] = {
    "conv2d": {
        "same-even": _layer("conv2d", {"input": [1, 4, 3]}, filters=2, kernel=2, padding="same"),
        "same-dilation": _layer(
            "conv2d", IMAGE, filters=1, kernel=[2, 3], dilation=[3, 1], padding="same"
        ),
        "same-stride": _layer(
            "conv2d", {"input": [1, 5, 6]}, filters=2, kernel=3, stride=2, padding="same"
        ),
        "sides": _layer(
            "conv2d", {**IMAGE, "batch": 2}, filters=2, kernel=2, padding=[[0, 1], [2, 0]]
        ),
        "sides-stride": _layer(
            "conv2d", IMAGE, filters=1, kernel=3, stride=[2, 1], padding=[[2, 1], [0, 3]]
        ),
    }
}
