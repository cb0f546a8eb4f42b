"""What the layers of a chain without weights do to numbers: activations, and windows of a pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlbackprop.equation import Array

Layer = Mapping[str, object]

_WINDOWS = (2, 3)
_LEAK = 0.01  # of a leaky relu, as the layer's default


def activated(kind: str, array: Array) -> Array:
    """Return what an activation makes of each number, or a softmax of each last axis."""
    return _ACTIVATIONS[kind](array)


def pooled(array: Array) -> Iterator[tuple[Layer, Array]]:
    """Yield the pools of the last two axes that may follow, and what they give."""
    height, width = array.shape[-2:]
    for kind, of_window in _POOLS.items():
        for length in _WINDOWS:
            for stride in (length, 1, 2) if length > _WINDOWS[0] else (length, 1):
                if min(height, width) >= length:
                    own: Layer = {"type": kind, "kernel": length}
                    own = own if stride == length else {**own, "stride": stride}
                    windows = sliding_window_view(array, (length, length), axis=(-2, -1))
                    chosen = windows[..., ::stride, ::stride, :, :]
                    yield own, np.asarray(of_window(chosen, axis=(-2, -1)))
    if height * width > 1:
        for kind, of_window in _GLOBAL.items():
            yield {"type": kind}, np.asarray(of_window(array, axis=(-2, -1)))


def correlated(images: Array, filters: Array, stride: int, padding: int, dilation: int) -> Array:
    """Return the cross-correlations of images with many sets of filters.

    `images` are (..., C, H, W), `filters` (X, K, C, R, S); the result is (X, ..., K, Ho, Wo).
    """
    edges = [(0, 0)] * (images.ndim - 2) + [(padding, padding)] * 2
    span = [dilation * (length - 1) + 1 for length in filters.shape[-2:]]
    windows = sliding_window_view(np.pad(images, edges), span, axis=(-2, -1))
    windows = windows[..., ::stride, ::stride, ::dilation, ::dilation]
    found = np.einsum("...cijrs,xkcrs->x...kij", windows, filters, optimize=True)
    return np.asarray(found)


def _softmax(array: Array) -> Array:
    powers = np.exp(array - array.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": lambda x: np.asarray(1 / (1 + np.exp(-x))),
    "tanh": lambda x: np.asarray(np.tanh(x)),
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x: np.asarray(np.where(x > 0, x, _LEAK * x)),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "elu": lambda x: np.asarray(np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))),
    "silu": lambda x: np.asarray(x / (1 + np.exp(-x))),
    "softmax": _softmax,
}
ACTIVATIONS = tuple(_ACTIVATIONS)
_POOLS: Mapping[str, Callable[..., Array]] = {"max_pool2d": np.max, "avg_pool2d": np.mean}
_GLOBAL: Mapping[str, Callable[..., Array]] = {
    "global_max_pool": np.max, "global_avg_pool": np.mean,
}  # fmt: skip
