"""Keras layers that are neither windows nor activations: dense, recurrent, joins, shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.keras_files.activations import activated
from xlbackprop.models.keras_files.writer import Seen, Writer


def _dense(layer: Writer, source: Seen) -> Seen:
    """Return a dense layer, whose kernel is (in, out) in Keras and (out, in) here."""
    source = layer.last(source)
    kernel = layer.variable(0, "kernel")
    if kernel.ndim != 2 or kernel.shape[0] != source.shape[-1]:
        raise RefusedError(f"its kernel has shape {list(kernel.shape)}")
    has_bias = layer.options.get("use_bias", True)
    shape = (*source.shape[:-1], kernel.shape[1])
    use = layer.emit(
        "linear",
        shape,
        input=source.use,
        weight=layer.stored("kernel", kernel.T),
        bias=layer.stored("bias", layer.variable(1, "bias")) if has_bias else None,
    )
    return activated(layer, Seen(use.name, shape))


def _embedding(layer: Writer, source: Seen) -> Seen:
    table = layer.variable(0, "table")
    if layer.options.get("mask_zero"):
        raise RefusedError("it masks the word 0 (mask_zero)")
    shape = (*source.shape, table.shape[1])
    use = layer.emit(
        "embedding",
        shape,
        indices=source.use,
        weight=layer.stored("embeddings", table),
        scale_grad_by_freq=False,
        padding_idx=-1,
    )
    return Seen(use.name, shape)


# Recurrent layers.

_ORDERS = {"lstm": (0, 1, 2, 3), "gru": (1, 0, 2), "rnn": (0,)}  # of PyTorch's gates in Keras's


def _recurrent(kind: str) -> Callable[[Writer, Seen], Seen]:
    def of(layer: Writer, source: Seen) -> Seen:
        source = layer.last(source)
        batch, steps, _ = source.shape
        units = layer.variable(1, "recurrent kernel").shape[0]
        whole = layer.emit(
            _checked(layer, kind),
            (),
            input=source.use,
            hx=[layer.given(np.zeros(1))] * (2 if kind == "lstm" else 1),
            params=_parameters(layer, kind),
            has_biases=True,
            num_layers=1,
            dropout=0,
            train=False,
            bidirectional=False,
            batch_first=True,
        )
        shape = (batch, steps, units)
        use = layer.emit("getitem", shape, input=whole, index=0)
        if layer.options.get("return_sequences"):
            return Seen(use.name, shape)
        use = layer.emit("select", (batch, units), input=use, dim=1, index=steps - 1)
        return Seen(use.name, (batch, units))

    return of


def _checked(layer: Writer, kind: str) -> str:
    options = layer.options
    for name in ("go_backwards", "stateful", "return_state", "zero_output_for_mask"):
        if options.get(name):
            raise RefusedError(f"its {name} is true, which no layer here has")
    if not options.get("use_bias", True) or not options.get("reset_after", True):
        raise RefusedError("it has no biases, or reset_after is false: here as in PyTorch")
    activation = options.get("activation", "tanh")
    if kind == "rnn" and activation in ("tanh", "relu"):
        return f"rnn_{activation}"
    if activation != "tanh" or options.get("recurrent_activation", "sigmoid") != "sigmoid":
        raise RefusedError("its activations are not those of PyTorch, tanh and sigmoid")
    return kind


def _parameters(layer: Writer, kind: str) -> list[Stored]:
    """Return w_ih, w_hh, b_ih and b_hh; where Keras has one bias, the other is of zeros."""
    bias = layer.variable(2, "bias")
    both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    matrices = [layer.variable(0, "kernel").T, layer.variable(1, "recurrent kernel").T]
    names = ("kernel", "recurrent_kernel", "bias", "recurrent_bias")
    return [
        layer.stored(name, _ordered(array, _ORDERS[kind]))
        for name, array in zip(names, [*matrices, *both], strict=True)
    ]


def _ordered(array: Any, order: Sequence[int]) -> Any:
    if len(array) % len(order):
        raise RefusedError(f"its weights are of shape {list(array.shape)}")
    parts = np.split(array, len(order))
    return np.concatenate([parts[place] for place in order])


# Shapes.


def _flatten(layer: Writer, source: Seen) -> Seen:
    """Return the entries in Keras's order: channels last, so that dense kernels fit as they are."""
    shape = (source.shape[0], prod(source.shape[1:]))
    is_alike = source.shape[-1] == 1 or prod(source.shape[1:-1]) == 1
    source = source if is_alike else layer.last(source)
    return Seen(layer.emit("flatten", shape, input=source.use).name, shape)


def _reshape(layer: Writer, source: Seen) -> Seen:
    target = [int(one) for one in layer.options["target_shape"]]
    rest = prod(source.shape[1:]) // max(-prod(target), 1)
    shape = (source.shape[0], *(rest if one == -1 else one for one in target))
    if prod(shape) != prod(source.shape):
        raise RefusedError(f"its target_shape {target} has another number of entries")
    return Seen(layer.emit("view", shape, input=layer.last(source).use).name, shape)


def _permute(layer: Writer, source: Seen) -> Seen:
    order = [0, *(int(one) for one in layer.options["dims"])]
    shape = tuple(source.shape[axis] for axis in order)
    source = layer.last(source)
    return Seen(layer.emit("permute", shape, input=source.use, dims=order).name, shape)


# Several inputs.


def _alike(layer: Writer, sources: Sequence[Seen]) -> list[Seen]:
    if any(one.shape != sources[0].shape for one in sources):
        raise RefusedError("it repeats what it takes: all have to have one shape")
    return [layer.first(one) if any(s.moved for s in sources) else one for one in sources]


def _folded(type_name: str, *, mean: bool = False) -> Callable[[Writer, Sequence[Seen]], Seen]:
    def of(layer: Writer, sources: Sequence[Seen]) -> Seen:
        seen = _alike(layer, sources)
        use, shape = seen[0].use, seen[0].own
        for other in seen[1:]:
            use = layer.emit(type_name, shape, input=use, other=other.use)
        if mean:
            use = layer.emit("mul", shape, input=use, other=1 / len(seen))
        return Seen(use.name, seen[0].shape, seen[0].moved)

    return of


def _concatenate(layer: Writer, sources: Sequence[Seen]) -> Seen:
    rank = len(sources[0].shape)
    axis = int(layer.options.get("axis", -1)) % rank
    if any(one.moved for one in sources):
        sources = [layer.first(one) for one in sources]
    size = sum(one.shape[axis] for one in sources)
    shape = (*sources[0].shape[:axis], size, *sources[0].shape[axis + 1 :])
    result = Seen("", shape, sources[0].moved)
    own = axis if not result.moved or axis == 0 else axis % (rank - 1) + 1
    use = layer.emit("cat", result.own, tensors=[one.use for one in sources], dim=own)
    return Seen(use.name, shape, result.moved)


OTHERS: Mapping[str, Callable[[Writer, Seen], Seen]] = {
    "Dense": _dense,
    "Embedding": _embedding,
    "LSTM": _recurrent("lstm"),
    "GRU": _recurrent("gru"),
    "SimpleRNN": _recurrent("rnn"),
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Permute": _permute,
}
OF_SEVERAL: Mapping[str, Callable[[Writer, Sequence[Seen]], Seen]] = {
    "Add": _folded("add"),
    "Multiply": _folded("mul"),
    "Subtract": _folded("sub"),
    "Average": _folded("add", mean=True),
    "Concatenate": _concatenate,
}
