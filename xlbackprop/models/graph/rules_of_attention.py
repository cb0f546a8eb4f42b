"""Attention: as the layer of that name, or as the products and the softmax that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import Output, RefusedError, Value

UNSEEN = -1e30  # for minus infinity, which no cell can hold: its exponential is 0 as well


def _attention(call: Call) -> Value:
    """Return torch.nn.MultiheadAttention as a layer of its own."""
    query, key, value = (call.output(name) for name in ("query", "key", "value"))
    if not call["is_plain"]:
        raise RefusedError("it has a key_padding_mask, or keys of its own (add_bias_kv)")
    if call["dropout"]:
        raise RefusedError("it has dropout in training: say dropout=0, or eval()")
    if not call["batch_first"] and call.draft.axes:
        raise RefusedError("its steps come before the batch: say batch_first=True")
    if key != value:
        raise RefusedError("its keys and values are of two tensors: expected one for both")
    sources = (query,) if query == key else (query, key)
    return call.layer(
        "attention",
        *sources,
        shape=query.shape,
        parameters=_parameters(call),
        heads=call["heads"],
        causal=_is_causal(call["mask"], query.shape[-2], key.shape[-2]),
        bias=call["in_bias"] is not None,
    )


def _parameters(call: Call) -> dict[str, Stored | None]:
    """Return the parameters; what PyTorch keeps one on the other is divided."""
    weights, bias = call["in_weights"], call["in_bias"]
    if len(weights) == 1:
        weights = _thirds(weights[0])
    biases = [None] * 3 if bias is None else _thirds(bias)
    named = zip("qkv", weights, biases, strict=True)
    found = {f"{short}_{one}": part for one, w, b in named for short, part in (("w", w), ("b", b))}
    return {**found, "w_o": call.stored("out_weight"), "b_o": call.stored("out_bias")}


def _thirds(stored: Stored) -> list[Stored]:
    parts = np.split(stored.array, 3)
    return [
        replace(stored, name=f"{stored.name}.{letter}", array=part.copy())
        for letter, part in zip("qkv", parts, strict=True)
    ]


def _is_causal(mask: object, steps: int, seen: int) -> bool:
    """Return whether a mask hides what comes later. Raises RefusedError for another mask."""
    if mask is None:
        return False
    if not isinstance(mask, Stored) or mask.array.shape != (steps, seen):
        raise RefusedError("its mask is computed, or one for each sample: expected a constant")
    hidden = hides(mask)
    if not hidden.any():
        return False
    if (hidden != np.triu(np.ones((steps, seen)), 1)).any():
        raise RefusedError("its mask is not the causal one, which hides what comes later")
    return True


def hides(mask: Stored) -> NDArray[np.bool_]:
    """Return where a mask hides: it is true there, or far below zero, or minus infinity."""
    numbers = np.unique(mask.array)
    far: NDArray[np.bool_] = np.less(mask.array, UNSEEN / 1e25)
    if set(numbers) <= {0.0, 1.0}:
        return np.not_equal(mask.array, 0)
    if not ((mask.array == 0) | far).all():
        raise RefusedError("its mask adds numbers: expected one that hides, or does not")
    return far


# What it is made of.


def _scaled_dot_product(call: Call) -> Value:
    query, key, value = (call.output(name) for name in ("query", "key", "value"))
    if call["dropout_p"]:
        raise RefusedError("it has dropout: say dropout_p=0")
    width, given = query.shape[-1], call["scale"]
    shape = (*query.shape[:-1], key.shape[-2])
    factor = float(width**-0.5 if given is None else given)
    scores = call.layer("matmul", query, key, shape=shape, transpose=True, scale=factor)
    mask = call["attn_mask"]
    if call["is_causal"]:
        hidden = np.triu(np.ones(shape[-2:]), 1) * UNSEEN
        mask = Stored("mask", hidden, trainable=False)
    elif isinstance(mask, Stored) and set(np.unique(mask.array)) <= {0.0, 1.0}:
        mask = replace(mask, array=(1 - mask.array) * UNSEEN)  # which says what is seen
    if mask is not None:
        scores = call.layer("add", scores, call.as_output(visible(mask), shape), shape=shape)
    shares = call.layer("softmax", scores, shape=shape)
    return call.layer("matmul", shares, value)


def visible(value: Output | Stored) -> Output | Stored:
    """Return numbers with minus infinity as a number that a cell can hold."""
    if isinstance(value, Stored) and np.isneginf(value.array).any():
        return replace(value, array=np.maximum(value.array, UNSEEN))
    return value


def _masked(call: Call) -> Value:
    """Return entries of which some, by a constant mask, are another number."""
    source, mask, number = call["input"], call["mask"], call["value"]
    if isinstance(number, Stored) and number.array.size == 1:
        number = float(number.array.reshape(()))
    if not isinstance(mask, Stored) or not isinstance(number, (int, float)):
        raise RefusedError("its mask is computed: expected a constant one")
    if isinstance(source, Stored):
        array = np.where(mask.array != 0, float(number), source.array)
        return Stored("", array, trainable=False)
    source = call.output()
    hidden = np.broadcast_to(mask.array != 0, call.shape)
    if not np.isneginf(number) and abs(number) < -UNSEEN / 1e25:
        kept = Stored("kept", 1.0 - hidden, trainable=False)
        source = call.layer("multiply", source, call.as_output(kept, call.shape))
        added = hidden * float(number)
    else:
        added = hidden * max(float(number), UNSEEN)
    return call.layer("add", source, call.as_output(Stored("mask", added, trainable=False)))


ATTENTION: Mapping[str, Callable[[Call], Value]] = {
    "attention": _attention,
    "scaled_dot_product_attention": _scaled_dot_product,
    "masked_fill": _masked,
}
