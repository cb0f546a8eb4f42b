"""What slides over rows and images, in PyTorch: convolutions and pools, by the type in a spec.

Padding that differs from side to side is laid around the input first, as torch.nn.functional.pad
does. "same" is PyTorch's own for convolutions without a stride; with one it is that of Keras and
ONNX (SAME_UPPER): as many windows as the stride fits into the input, what is odd goes to the end.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from math import ceil, inf
from typing import Any


def sliding(
    torch: Any, layer: Mapping[str, Any], h: Any, w: Any, b: Any, *, batched: bool
) -> dict[str, Callable[[], Any]]:
    """Return what each type of such a layer makes of h."""
    functional, get = torch.nn.functional, layer.get

    def conv(axes: int) -> Any:
        convolution = {1: functional.conv1d, 2: functional.conv2d}[axes]
        stride, dilation = get("stride", 1), get("dilation", 1)
        x, padding = h, get("padding", 0)
        if not (padding == "same" and stride == 1):
            x, padding = _padded(torch, layer, h, axes, stride, 0.0)
        with warnings.catch_warnings():  # of PyTorch, about the copy that it makes for "same"
            warnings.filterwarnings("ignore", "Using padding='same'")
            return convolution(x, w, b, stride, padding, dilation, get("groups", 1))

    def pool(kind: str, axes: int) -> Any:
        stride = get("stride", get("kernel"))
        x, padding = _padded(torch, layer, h, axes, stride, -inf if kind == "max" else 0.0)
        rule = getattr(functional, f"{kind}_pool{axes}d")
        return rule(x, get("kernel"), stride, padding, ceil_mode=get("ceil_mode", False))

    def over_channels(rule: str) -> Any:
        """Return one number for each channel: the axes before those are the batch, if there is."""
        axes = h.dim() - 1 - batched
        whole = {1: "1d", 2: "2d"}[axes]
        return getattr(functional, f"adaptive_{rule}_pool{whole}")(h, 1).flatten(-axes)[..., 0]

    return {
        "conv1d": lambda: conv(1),
        "conv2d": lambda: conv(2),
        "max_pool1d": lambda: pool("max", 1),
        "avg_pool1d": lambda: pool("avg", 1),
        "max_pool2d": lambda: pool("max", 2),
        "avg_pool2d": lambda: pool("avg", 2),
        "global_max_pool": lambda: over_channels("max"),
        "global_avg_pool": lambda: over_channels("avg"),
    }


def _padded(
    torch: Any, layer: Mapping[str, Any], h: Any, axes: int, stride: Any, value: float
) -> tuple[Any, Any]:
    """Return h, padded where PyTorch's own layer cannot do it, and what is left for that layer."""
    padding = layer.get("padding", 0)
    if padding == "same":
        sides = _same(layer, h.shape[-axes:], stride)
    elif axes == 1 and isinstance(padding, list):
        sides = [padding]
    elif isinstance(padding, list) and isinstance(padding[0], list):
        sides = padding
    else:
        return h, padding
    flat = [end for side in reversed(sides) for end in side]
    return torch.nn.functional.pad(h, flat, value=value), 0


def _same(layer: Mapping[str, Any], size: Any, stride: Any) -> list[list[int]]:
    def each(option: Any) -> list[int]:
        return option if isinstance(option, list) else [option] * len(size)

    sides = []
    options = (each(layer["kernel"]), each(stride), each(layer.get("dilation", 1)))
    for n, kernel, step, dilation in zip(size, *options, strict=True):
        number = ceil(n / step)
        total = max((number - 1) * step + (kernel - 1) * dilation + 1 - n, 0)
        sides.append([total // 2, total - total // 2])
    return sides
