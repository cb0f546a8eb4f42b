"""Nodes that are a layer: convolutions, pooling, norms, products with weights, activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.onnx_files.step import Step, Steps, Words


def plain(type_name: str, **arguments: tuple[str, float]) -> Callable[[Words], Steps]:
    """Return what an operation of one input is called; `arguments` are its attributes."""

    def words(of: Words) -> Steps:
        own = {name: of.get(*attribute) for name, attribute in arguments.items()}
        return [Step(type_name, {"input": of.value(0), **own})]

    return words


def _convolution(of: Words) -> Steps:
    weight = of.parameter(1)
    axes = len(of.source_shape(1)) - 2
    arguments = {
        "input": of.value(0),
        "weight": weight,
        "bias": of.parameter(2),
        "stride": of.sizes("strides") or [1] * axes,
        "dilation": of.sizes("dilations") or [1] * axes,
        "groups": of.get("group", 1),
    }
    sizes = [
        (size - 1) * dilation + 1
        for size, dilation in zip(of.source_shape(1)[2:], arguments["dilation"], strict=True)
    ]
    arguments["padding"] = padding(of, sizes, arguments["stride"])
    return [Step(f"conv{axes}d", arguments)]


def padding(of: Words, windows: Sequence[int], stride: Sequence[int]) -> list[Any]:
    """Return the padding of each axis: a number, or two where they differ."""
    axes = len(windows)
    way = of.get("auto_pad", "NOTSET")
    if way in ("SAME_UPPER", "SAME_LOWER"):
        both = []
        for size, window, step in zip(of.source_shape()[2:], windows, stride, strict=True):
            whole = max((ceil(size / step) - 1) * step + window - size, 0)
            less, more = whole // 2, whole - whole // 2
            both.append([less, more] if way == "SAME_UPPER" else [more, less])
    else:
        pads = of.sizes("pads") or [0] * 2 * axes
        both = [list(pair) for pair in zip(pads[:axes], pads[axes:], strict=True)]
    if all(first == second for first, second in both):
        return [first for first, _ in both]
    return both if axes > 1 else both[0]


def _transposed_convolution(of: Words) -> Steps:
    axes = len(of.source_shape(1)) - 2
    if of.get("output_shape") or of.get("auto_pad", "NOTSET") != "NOTSET":
        raise RefusedError("its padding follows from output_shape or auto_pad: expected pads")
    around = padding(of, [1] * axes, [1] * axes)
    if any(isinstance(one, list) for one in around):
        raise RefusedError("it is padded by unequal numbers of zeros")
    arguments = {
        "input": of.value(0),
        "weight": of.parameter(1),
        "bias": of.parameter(2),
        "stride": of.sizes("strides") or [1] * axes,
        "dilation": of.sizes("dilations") or [1] * axes,
        "output_padding": of.sizes("output_padding") or [0] * axes,
        "padding": around,
        "groups": of.get("group", 1),
    }
    return [Step(f"conv_transpose{axes}d", arguments)]


def _pool(type_name: str) -> Callable[[Words], Steps]:
    def words(of: Words) -> Steps:
        kernel = of.sizes("kernel_shape") or []
        stride = of.sizes("strides") or [1] * len(kernel)
        arguments = {
            "input": of.value(0),
            "kernel_size": kernel,
            "stride": stride,
            "padding": padding(of, kernel, stride),
            "dilation": of.sizes("dilations") or 1,
            "ceil_mode": bool(of.get("ceil_mode", 0)),
            "count_include_pad": type_name == "max_pool" or bool(of.get("count_include_pad", 0)),
        }
        return [Step(f"{type_name}{len(kernel)}d", arguments)]

    return words


def _global_pool(of: Words) -> Steps:
    axes = len(of.source_shape()) - 2
    arguments = {"input": of.value(0), "output_size": [1] * axes}
    return [Step(f"adaptive_avg_pool{axes}d", arguments)]


def _global_max_pool(of: Words) -> Steps:
    shape = of.source_shape()
    arguments = {"input": of.value(0), "output_size": [1] * (len(shape) - 2)}
    return [Step(f"adaptive_max_pool{len(shape) - 2}d", arguments)]


def _batch_norm(of: Words) -> Steps:
    if of.get("training_mode", 0):
        raise RefusedError("its training_mode is 1: here it is that of evaluation, as in ONNX")
    arguments = {"input": of.value(0), "weight": of.parameter(1), "bias": of.parameter(2)}
    arguments |= {"running_mean": of.value(3), "running_var": of.value(4)}
    return [Step("batch_norm", {**arguments, "training": False, "eps": of.get("epsilon", 1e-5)})]


def _instance_norm(of: Words) -> Steps:
    return [
        Step("instance_norm", {
            "input": of.value(0), "weight": of.parameter(1), "bias": of.parameter(2),
            "use_input_stats": True, "eps": of.get("epsilon", 1e-5),
        })
    ]  # fmt: skip


def _layer_norm(type_name: str) -> Callable[[Words], Steps]:
    def words(of: Words) -> Steps:
        shape = of.source_shape()
        axis = of.get("axis", -1) % len(shape)
        arguments = {"input": of.value(0), "weight": of.parameter(1), "bias": of.parameter(2)}
        arguments |= {"normalized_shape": list(shape[axis:]), "eps": of.get("epsilon", 1e-5)}
        return [Step(type_name, arguments)]

    return words


def _group_norm(of: Words) -> Steps:
    arguments = {"input": of.value(0), "weight": of.parameter(1), "bias": of.parameter(2)}
    arguments |= {"num_groups": of.get("num_groups", 1), "eps": of.get("epsilon", 1e-5)}
    return [Step("group_norm", arguments)]


def _product_with_weights(of: Words) -> Steps:
    """Return Gemm, whose second factor is weights, transposed or not."""
    if of.get("transA", 0) or of.get("alpha", 1.0) != 1 or of.get("beta", 1.0) != 1:
        raise RefusedError("it scales or transposes what it takes: expected alpha and beta 1")
    weight, bias = of.parameter(1), of.parameter(2)
    if not isinstance(weight, Stored) or not isinstance(bias, Stored | None):
        raise RefusedError("its weights are computed: expected an initializer")
    weight = weight if of.get("transB", 0) else _transposed(weight)
    if bias is not None:
        units = weight.array.shape[0]
        if bias.array.size not in (1, units):
            raise RefusedError(f"its bias is of shape {list(bias.array.shape)}")
        numbers = bias.array.reshape(-1)
        bias = replace(bias, array=numbers if numbers.size == units else numbers.repeat(units))
    return [Step("linear", {"input": of.value(0), "weight": weight, "bias": bias})]


def _matrix_product(of: Words) -> Steps:
    weight = of.parameter(1)
    if isinstance(weight, Stored) and weight.array.ndim == 2 and not of.node.numbers(0) is not None:
        weight = _transposed(weight)
        arguments = {"input": of.value(0), "weight": weight, "bias": of.parameter(2)}
        return [Step("linear", arguments)]
    return [Step("matmul", {"input": of.value(0), "other": of.value(1)})]


def _transposed(weight: Stored) -> Stored:
    return replace(weight, array=weight.array.T.copy())


def _hard_sigmoid(of: Words) -> Steps:
    if abs(of.get("alpha", 0.2) - 1 / 6) > 1e-7 or of.get("beta", 0.5) != 0.5:
        raise RefusedError("its alpha and beta are not 1/6 and 1/2, as hardsigmoid has them")
    return [Step("hardsigmoid", {"input": of.value(0)})]


def _gelu(of: Words) -> Steps:
    return [Step("gelu", {"input": of.value(0), "approximate": of.get("approximate", "none")})]


def _elu(of: Words) -> Steps:
    arguments = {"input": of.value(0), "alpha": of.get("alpha", 1.0), "scale": 1, "input_scale": 1}
    return [Step("elu", arguments)]


def _softplus(of: Words) -> Steps:
    # In ONNX without a threshold; above 20 the two agree within 2e-9.
    return [Step("softplus", {"input": of.value(0), "beta": 1.0, "threshold": 20.0})]


def _prelu(of: Words) -> Steps:
    slope = of.parameter(1)
    if isinstance(slope, Stored):
        slope = replace(slope, array=slope.array.reshape(-1))
    return [Step("prelu", {"input": of.value(0), "weight": slope})]


def _softmax(type_name: str) -> Callable[[Words], Steps]:
    return lambda of: [Step(type_name, {"input": of.value(0), "dim": of.get("axis", -1)})]


def _clip(of: Words) -> Steps:
    low = of.get("min", of.number(1, float("-inf")))
    high = of.get("max", of.number(2, float("inf")))
    return [Step("hardtanh", {"input": of.value(0), "min_val": low, "max_val": high})]


def _dropout(of: Words) -> Steps:
    trains = bool(of.number(2, 0)) or bool(of.get("is_test", 1) == 0)
    return [Step("dropout", {"input": of.value(0), "p": of.number(1, 0.5), "train": trains})]


LAYERS: Mapping[str, Callable[[Words], Steps]] = {
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("avg_pool"),
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_max_pool,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm("layer_norm"),
    "RMSNormalization": _layer_norm("rms_norm"),
    "GroupNormalization": _group_norm,
    "Gemm": _product_with_weights,
    "MatMul": _matrix_product,
    "Relu": plain("relu"),
    "Sigmoid": plain("sigmoid"),
    "Tanh": plain("tanh"),
    "Exp": plain("exp"),
    "LeakyRelu": plain("leaky_relu", negative_slope=("alpha", 0.01)),
    "HardSwish": plain("hardswish"),
    "HardSigmoid": _hard_sigmoid,
    "Elu": _elu,
    "Gelu": _gelu,
    "Softplus": _softplus,
    "PRelu": _prelu,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Clip": _clip,
    "Dropout": _dropout,
}
