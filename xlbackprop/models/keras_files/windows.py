"""Keras layers that slide: convolutions and pooling, whose channels come last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

from xlbackprop.equation import Array, Shape
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.keras_files.activations import activated
from xlbackprop.models.keras_files.writer import Seen, Writer, moved

Layer = Callable[[Writer, Seen], Seen]


def check_order(layer: Writer) -> None:
    """Raise RefusedError where the channels come first."""
    if layer.options.get("data_format", "channels_last") not in (None, "channels_last"):
        raise RefusedError("its channels come first: expected data_format channels_last")


def sizes(value: Any, axes: int) -> list[int]:
    """Return a size for each axis."""
    return [value] * axes if isinstance(value, int) else [int(one) for one in value]


def padded(
    way: str, before: Shape, windows: Sequence[int], stride: Sequence[int]
) -> tuple[list[Any], Shape]:
    """Return the padding of each axis, a number or two, and the sizes that result."""
    around: list[list[int]] = []
    for size, window, step in zip(before, windows, stride, strict=True):
        whole = max((ceil(size / step) - 1) * step + window - size, 0)
        if way == "same":
            around.append([whole // 2, whole - whole // 2])
        elif way == "causal":
            around.append([window - 1, 0])
        else:
            around.append([0, 0])
    after = tuple(
        (size + sum(both) - window) // step + 1
        for size, both, window, step in zip(before, around, windows, stride, strict=True)
    )
    if all(one == other for one, other in around):
        return [one for one, _ in around], after
    return (list(around) if len(around) > 1 else around[0]), after


def _convolved(
    layer: Writer, source: Seen, w: Array, *, groups: int, bias: int | None, name: str = "kernel"
) -> Seen:
    """Return what a kernel (out, in/groups, …) gives; `bias` is which variable the bias is."""
    axes, options = w.ndim - 2, layer.options
    stride, dilation = (sizes(options.get(key, 1), axes) for key in ("strides", "dilation_rate"))
    windows = [(one - 1) * d + 1 for one, d in zip(w.shape[2:], dilation, strict=True)]
    around, after = padded(str(options.get("padding")), source.shape[1:-1], windows, stride)
    shape = (source.shape[0], *after, w.shape[0])
    use = layer.emit(
        f"conv{axes}d",
        moved(shape),
        input=layer.first(source).use,
        weight=layer.stored(name, w),
        bias=None if bias is None else layer.stored("bias", layer.variable(bias, "bias")),
        stride=stride,
        dilation=dilation,
        padding=around,
        groups=groups,
    )
    return Seen(use.name, shape, moved=True)


def _convolution(axes: int) -> Layer:
    def of(layer: Writer, source: Seen) -> Seen:
        check_order(layer)
        kernel = layer.variable(0, "kernel")
        if kernel.ndim != axes + 2:
            raise RefusedError(f"its kernel has shape {list(kernel.shape)}")
        w = kernel.transpose(axes + 1, axes, *range(axes))
        bias = 1 if layer.options.get("use_bias", True) else None
        groups = int(layer.options.get("groups", 1))
        return activated(layer, _convolved(layer, source, w, groups=groups, bias=bias))

    return of


def _depthwise(layer: Writer, source: Seen) -> Seen:
    check_order(layer)
    bias = 1 if layer.options.get("use_bias", True) else None
    w, groups = _by_channel(layer.variable(0, "kernel"))
    return activated(layer, _convolved(layer, source, w, groups=groups, bias=bias))


def _by_channel(kernel: Array) -> tuple[Array, int]:
    """Return a depthwise kernel (R, S, C, M) as one of as many groups as there are channels."""
    rows, columns, channels, number = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * number, 1, rows, columns), channels


def _transposed(layer: Writer, source: Seen) -> Seen:
    check_order(layer)
    kernel, options = layer.variable(0, "kernel"), layer.options
    stride = sizes(options.get("strides", 1), 2)
    around, more, after = [], [], []
    for size, window, step in zip(source.shape[1:-1], kernel.shape[:2], stride, strict=True):
        cut = max(window - step, 0) if options.get("padding") == "same" else 0
        if cut % 2:
            raise RefusedError("padding same would cut unequal edges off here: expected valid")
        around.append(cut // 2)
        more.append(max(step - window, 0))
        after.append((size - 1) * step - cut + window + more[-1])
    if options.get("output_padding") is not None:
        raise RefusedError("it has an output_padding: expected none")
    shape = (source.shape[0], *after, kernel.shape[2])
    has_bias = options.get("use_bias", True)
    use = layer.emit(
        "conv_transpose2d",
        moved(shape),
        input=layer.first(source).use,
        weight=layer.stored("kernel", kernel.transpose(3, 2, 0, 1)),
        bias=layer.stored("bias", layer.variable(1, "bias")) if has_bias else None,
        stride=stride,
        padding=around,
        output_padding=more,
        dilation=sizes(options.get("dilation_rate", 1), 2),
        groups=1,
    )
    return activated(layer, Seen(use.name, shape, moved=True))


def _pool(kind: str, axes: int) -> Layer:
    def of(layer: Writer, source: Seen) -> Seen:
        check_order(layer)
        window = sizes(layer.options["pool_size"], axes)
        stride = sizes(layer.options.get("strides") or window, axes)
        way = str(layer.options.get("padding"))
        around, after = padded(way, source.shape[1:-1], window, stride)
        shape = (source.shape[0], *after, source.shape[-1])
        use = layer.emit(
            f"{kind}_pool{axes}d",
            moved(shape),
            input=layer.first(source).use,
            kernel_size=window,
            stride=stride,
            padding=around if any(around) else 0,
            ceil_mode=False,
            count_include_pad=kind == "max",
        )
        return Seen(use.name, shape, moved=True)

    return of


def _global_pool(kind: str, axes: int) -> Layer:
    def of(layer: Writer, source: Seen) -> Seen:
        check_order(layer)
        if layer.options.get("keepdims"):
            raise RefusedError("it keeps axes of size 1: expected keepdims false")
        shape = (source.shape[0], source.shape[-1])
        if axes == 1 and kind == "avg":
            return Seen(layer.emit("mean", shape, input=layer.last(source).use, dim=1).name, shape)
        source = layer.first(source)
        name = f"adaptive_{kind}_pool{axes}d"
        return Seen(layer.emit(name, shape, input=source.use, output_size=[1] * axes).name, shape)

    return of


WINDOWS: Mapping[str, Layer] = {
    "Conv1D": _convolution(1),
    "Conv2D": _convolution(2),
    "DepthwiseConv2D": _depthwise,
    "Conv2DTranspose": _transposed,
    "MaxPooling1D": _pool("max", 1),
    "MaxPooling2D": _pool("max", 2),
    "AveragePooling1D": _pool("avg", 1),
    "AveragePooling2D": _pool("avg", 2),
    "GlobalMaxPooling1D": _global_pool("max", 1),
    "GlobalMaxPooling2D": _global_pool("max", 2),
    "GlobalAveragePooling1D": _global_pool("avg", 1),
    "GlobalAveragePooling2D": _global_pool("avg", 2),
}
