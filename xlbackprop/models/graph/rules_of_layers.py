"""Operations that are a layer: convolutions, pooling, norms, activations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import LogSoftmax, Output, RefusedError, Value


def activation(type_name: str, **options: str) -> Callable[[Call], Value]:
    """Return the rule of a layer of one input; `options` are those of the operation."""

    def rule(call: Call) -> Value:
        return call.layer(
            type_name, call.output(), **{own: call[other] for own, other in options.items()}
        )

    return rule


def _same(call: Call) -> Value:
    return call["input"] if isinstance(call["input"], Stored) else call.output()


def _detached(call: Call) -> Value:
    if not isinstance(call["input"], Stored):
        raise RefusedError("no gradient flows through it, and here one flows through every layer")
    return replace(call["input"], trainable=False)


def _linear(call: Call) -> Value:
    source, w, b = call.output(), call.stored("weight"), call.stored("bias")
    if w is None:
        raise RefusedError("it has no weights")
    units = w.array.shape[0]
    return call.layer("dense", source, parameters={"w": w, "b": b}, units=units, bias=b is not None)


def _convolution(type_name: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        source, w, b = call.output(), call.stored("weight"), call.stored("bias")
        if w is None:
            raise RefusedError("it has no weights")
        padding = call["padding"]
        options = {"kernel": _sizes(w.array.shape[2:]), "stride": _sizes(call["stride"])}
        options |= {"dilation": _sizes(call["dilation"]), "groups": call["groups"]}
        if padding not in ("valid", 0):
            options["padding"] = padding if padding == "same" else _sizes(padding)
        return call.layer(
            type_name,
            source,
            parameters={"w": w, "b": b},
            filters=w.array.shape[0],
            bias=b is not None,
            **options,
        )

    return rule


def _conv_transpose2d(call: Call) -> Value:
    source, w, b = call.output(), call.stored("weight"), call.stored("bias")
    if w is None or call["groups"] != 1 or _sizes(call["dilation"]) != 1:
        raise RefusedError("it has groups or a dilation, which conv_transpose2d has not here")
    return call.layer(
        "conv_transpose2d",
        source,
        parameters={"w": w, "b": b},
        filters=w.array.shape[1],
        kernel=_sizes(w.array.shape[2:]),
        stride=_sizes(call["stride"]),
        padding=_sizes(call["padding"]),
        output_padding=_sizes(call["output_padding"]),
        bias=b is not None,
    )


def _pool(type_name: str) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        kernel = _sizes(call["kernel_size"])
        padding = _sizes(call["padding"])
        if _sizes(call.arguments.get("dilation", 1)) != 1:
            raise RefusedError("its dilation is not 1, and pooling has none here")
        if padding != 0 and call.arguments.get("count_include_pad") is False:
            raise RefusedError("it does not count padding zeros (count_include_pad=False)")
        if call.arguments.get("divisor_override") is not None:
            raise RefusedError("its divisor is another than the number of entries")
        return call.layer(
            type_name,
            call.output(),
            kernel=kernel,
            stride=_sizes(call["stride"]) if call["stride"] else kernel,
            padding=padding,
            ceil_mode=call["ceil_mode"],
        )

    return rule


def _adaptive_average(call: Call) -> Value:
    source, wanted = call.output(), call["output_size"]
    sizes = source.shape[-len(wanted) :]
    if all(size == 1 for size in wanted):
        pooled = call.layer("global_avg_pool", source, shape=source.shape[: -len(wanted)])
        return call.reshaped(pooled, call.shape)
    if any(size % one for size, one in zip(sizes, wanted, strict=True)):
        raise RefusedError(f"windows of unequal sizes lead from {sizes} to {tuple(wanted)}")
    kernel = _sizes([size // one for size, one in zip(sizes, wanted, strict=True)])
    return call.layer(f"avg_pool{len(wanted)}d", source, kernel=kernel)


def _adaptive_maximum(call: Call) -> Value:
    source, wanted = call.output(), call["output_size"]
    if any(size != 1 for size in wanted):
        raise RefusedError("its windows are of unequal sizes, or more than one: expected one")
    pooled = call.layer("global_max_pool", source, shape=source.shape[: -len(wanted)])
    return call.reshaped(pooled, call.shape)


def _batch_norm(call: Call) -> Value:
    source, parameters = call.output(), _affine(call)
    is_training = call["training"] if "training" in call.arguments else call["use_input_stats"]
    if is_training:
        return call.layer("batch_norm", source, parameters=parameters, eps=call["eps"])
    givens = {name: call.stored(name) for name in ("running_mean", "running_var")}
    return call.layer(
        "batch_norm",
        source,
        parameters=parameters,
        givens={name: one for name, one in givens.items() if one is not None},
        eps=call["eps"],
        mode="eval",
    )


def _instance_norm(call: Call) -> Value:
    if not call["use_input_stats"]:
        raise RefusedError("it takes running statistics, as batch_norm can")
    affine = call["weight"] is not None
    parameters = _affine(call) if affine else {}
    return call.layer(
        "instance_norm", call.output(), parameters=parameters, eps=call["eps"], affine=affine
    )


def _layer_norm(call: Call) -> Value:
    source, eps = call.output(), call["eps"]
    sizes = tuple(call["normalized_shape"])
    axes: dict[str, Any] = {} if sizes == call.draft.own(source.shape) else {"axes": len(sizes)}
    return call.layer("layer_norm", source, parameters=_affine(call), eps=eps, **axes)


def _rms_norm(call: Call) -> Value:
    gamma, eps = call.stored("weight"), call["eps"]
    if gamma is None or eps is None:
        raise RefusedError("without weights, or without an eps, it has no layer here")
    axes = len(call["normalized_shape"])
    return call.layer("rms_norm", call.output(), parameters={"gamma": gamma}, eps=eps, axes=axes)


def _group_norm(call: Call) -> Value:
    groups, eps = call["num_groups"], call["eps"]
    return call.layer("group_norm", call.output(), parameters=_affine(call), groups=groups, eps=eps)


def _affine(call: Call) -> Mapping[str, Stored | None]:
    gamma, beta = call.stored("weight"), call.stored("bias")
    if gamma is None or beta is None:
        raise RefusedError("it has no weight or no bias (affine=False); here a norm has both")
    return {"gamma": gamma, "beta": beta}


def _embedding(call: Call) -> Value:
    w = call.stored("weight")
    if w is None or call["scale_grad_by_freq"] or call["padding_idx"] >= 0:
        raise RefusedError("it has a padding_idx, or gradients scaled by frequency")
    vocabulary, width = w.array.shape
    places = call["indices"]
    if isinstance(places, Stored):  # as positions are: the table itself
        if not np.array_equal(places.array, np.arange(vocabulary)):
            raise RefusedError(f"it looks up constants, and not all {vocabulary} rows in order")
        return w
    source = call.output("indices")
    return call.layer("embedding", source, parameters={"w": w}, vocabulary=vocabulary, width=width)


def _dropout(call: Call) -> Value:
    is_idle = not call["train"] or call["p"] == 0
    return call.output() if is_idle else call.layer("dropout", call.output(), rate=call["p"])


def _softmax(call: Call) -> Value:
    return call.layer("softmax", _over_last_axis(call))


def _log_softmax(call: Call) -> Value:
    return LogSoftmax(_over_last_axis(call))


def _over_last_axis(call: Call) -> Output:
    source = call.output()
    if call["dim"] not in (-1, len(source.shape) - 1):
        raise RefusedError("it is not over the last axis: transpose before it")
    return source


def _elu(call: Call) -> Value:
    if call["scale"] != 1 or call["input_scale"] != 1:
        raise RefusedError("it is scaled")
    return call.layer("elu", call.output(), alpha=call["alpha"])


def _hardtanh(call: Call) -> Value:
    if (call["min_val"], call["max_val"]) != (0, 6):
        raise RefusedError("its bounds are not 0 and 6")
    return call.layer("relu6", call.output())


def _prelu(call: Call) -> Value:
    w = call.stored("weight")
    number = w.array.size if w is not None else 1
    return call.layer("prelu", call.output(), parameters={"w": w}, num_parameters=number)


def _sizes(given: Sequence[int] | int) -> Any:
    """Return one number where all sizes are equal; pairs of them stay as they are."""
    sizes = [given] if isinstance(given, int) else list(given)
    is_one = isinstance(sizes[0], int) and sizes.count(sizes[0]) == len(sizes)
    return sizes[0] if is_one else sizes


LAYER_RULES: Mapping[str, Callable[[Call], Value]] = {
    "linear": _linear,
    "conv1d": _convolution("conv1d"),
    "conv2d": _convolution("conv2d"),
    "conv_transpose2d": _conv_transpose2d,
    "max_pool1d": _pool("max_pool1d"),
    "max_pool2d": _pool("max_pool2d"),
    "avg_pool1d": _pool("avg_pool1d"),
    "avg_pool2d": _pool("avg_pool2d"),
    "adaptive_avg_pool1d": _adaptive_average,
    "adaptive_avg_pool2d": _adaptive_average,
    "adaptive_max_pool1d": _adaptive_maximum,
    "adaptive_max_pool2d": _adaptive_maximum,
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
    "dropout": _dropout,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "relu": activation("relu"),
    "relu6": activation("relu6"),
    "hardtanh": _hardtanh,
    "sigmoid": activation("sigmoid"),
    "tanh": activation("tanh"),
    "leaky_relu": activation("leaky_relu", slope="negative_slope"),
    "elu": _elu,
    "gelu": activation("gelu", approximate="approximate"),
    "silu": activation("silu"),
    "softplus": activation("softplus", beta="beta", threshold="threshold"),
    "hardswish": activation("hardswish"),
    "hardsigmoid": activation("hardsigmoid"),
    "prelu": _prelu,
    "exp": activation("exp"),
    "detach": _detached,
    **dict.fromkeys(("contiguous", "clone", "alias", "to", "_to_copy", "lift_fresh_copy"), _same),
}
