"""Activations of Keras: layers of their own, and those that other layers end with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xlbackprop.errors import one_line
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.keras_files.writer import Seen, Writer

_NAMED: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "sigmoid": ("sigmoid", {}),
    "tanh": ("tanh", {}),
    "elu": ("elu", {"alpha": 1.0, "scale": 1, "input_scale": 1}),
    "gelu": ("gelu", {"approximate": "none"}),
    "silu": ("silu", {}),
    "swish": ("silu", {}),
    "softplus": ("softplus", {"beta": 1.0, "threshold": 20.0}),
    "exponential": ("exp", {}),
    "hard_sigmoid": ("hardsigmoid", {}),
    "hard_silu": ("hardswish", {}),
    "hard_swish": ("hardswish", {}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "softmax": ("softmax", {"dim": -1}),
}


def activated(layer: Writer, source: Seen) -> Seen:
    """Return what the activation that a layer's config names makes of its result."""
    return named(layer, source, layer.options.get("activation"))


def named(layer: Writer, source: Seen, activation: object) -> Seen:
    """Return what an activation of a name makes of a result."""
    if activation in (None, "linear"):
        return source
    if not isinstance(activation, str) or activation not in _NAMED:
        known = ", ".join(_NAMED)
        raise RefusedError(f"its activation {one_line(activation, 40)!r} is none of {known}")
    type_name, arguments = _NAMED[activation]
    return applied(layer, source, type_name, **arguments)


def applied(layer: Writer, source: Seen, type_name: str, **arguments: Any) -> Seen:
    """Return what an operation makes of each entry, or of each vector along the last axis."""
    if "dim" in arguments:
        source = layer.last(source)
    use = layer.emit(type_name, source.own, input=source.use, **arguments)
    return Seen(use.name, source.shape, source.moved)


def _activation(layer: Writer, source: Seen) -> Seen:
    return activated(layer, source)


def _relu(layer: Writer, source: Seen) -> Seen:
    options = layer.options
    if options.get("threshold") or options.get("negative_slope"):
        raise RefusedError("it has a threshold or a slope: LeakyReLU has a slope")
    if options.get("max_value") is None:
        return applied(layer, source, "relu")
    return applied(layer, source, "hardtanh", min_val=0, max_val=options["max_value"])


def _leaky_relu(layer: Writer, source: Seen) -> Seen:
    slope = float(layer.options.get("negative_slope", 0.3))
    return applied(layer, source, "leaky_relu", negative_slope=slope)


def _elu(layer: Writer, source: Seen) -> Seen:
    alpha = float(layer.options.get("alpha", 1.0))
    return applied(layer, source, "elu", alpha=alpha, scale=1, input_scale=1)


def _softmax(layer: Writer, source: Seen) -> Seen:
    return applied(layer, source, "softmax", dim=layer.options.get("axis", -1))


def _prelu(layer: Writer, source: Seen) -> Seen:
    alpha = layer.variable(0, "alpha")
    if alpha.size != alpha.shape[-1]:
        raise RefusedError("it has a slope for each place: expected shared_axes, one a channel")
    weight = layer.stored("alpha", alpha.reshape(-1))
    return applied(layer, layer.first(source), "prelu", weight=weight)


def _batch_norm(layer: Writer, source: Seen) -> Seen:
    options = layer.options
    axis = options.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    if not (options.get("center", True) and options.get("scale", True)):
        raise RefusedError("it has no center or no scale; here it has both")
    if axis not in (-1, len(source.shape) - 1):
        raise RefusedError("it is not over the channels, which are the last axis")
    numbers = [layer.variable(place, "moments") for place in range(4)]
    return applied(
        layer,
        layer.first(source),
        "batch_norm",
        weight=layer.stored("gamma", numbers[0]),
        bias=layer.stored("beta", numbers[1]),
        running_mean=layer.given(numbers[2]),
        running_var=layer.given(numbers[3]),
        training=False,
        eps=float(options.get("epsilon", 1e-3)),
    )


def _layer_norm(layer: Writer, source: Seen) -> Seen:
    axis = layer.options.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(source.shape) - 1):
        raise RefusedError("it is not over the last axis alone")
    source = layer.last(source)
    return applied(
        layer,
        source,
        "layer_norm",
        weight=layer.stored("gamma", layer.variable(0, "gamma")),
        bias=layer.stored("beta", layer.variable(1, "beta")),
        normalized_shape=[source.shape[-1]],
        eps=float(layer.options.get("epsilon", 1e-3)),
    )


def _as_it_is(_: Writer, source: Seen) -> Seen:
    return source


ACTIVATIONS: Mapping[str, Callable[[Writer, Seen], Seen]] = {
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "PReLU": _prelu,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    # What only does something in training.
    **dict.fromkeys(
        ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout"),
        _as_it_is,
    ),
}
