"""Recurrent layers: a stack of them is one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import Items, Output, RefusedError, States, Unknown, Value

_SHORTS = ("w_ih", "w_hh", "b_ih", "b_hh")


def _recurrent(type_name: str, gates: int, **options: Any) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        _check(call)
        source, layers = call.output(), call["num_layers"]
        sequences: list[Output] = []
        for number in range(layers):
            mine = call["params"][4 * number : 4 * number + 4]
            units = mine[0].array.shape[0] // gates
            shape = (*source.shape[:-1], units)
            source = call.layer(
                type_name,
                source,
                shape=shape,
                parameters=dict(zip(_SHORTS, mine, strict=True)),
                units=units,
                **options,
            )
            sequences.append(source)
        return Items((source, States(tuple(sequences)), Unknown()))

    return rule


def _check(call: Call) -> None:
    states = call["hx"]
    if not all(map(_is_zero, states if isinstance(states, Sequence) else [states])):
        raise RefusedError("its first states are not zero")
    if call["bidirectional"]:
        raise RefusedError("it goes both ways; here a layer goes from the first step to the last")
    if not call["has_biases"]:
        raise RefusedError("it has no biases; here it has both")
    if call["dropout"] and call["train"] and call["num_layers"] > 1:
        raise RefusedError("it has dropout inside; put a Dropout between single layers")
    if not call["batch_first"] and call.draft.axes:
        raise RefusedError("its steps come before the batch: say batch_first=True")


def _is_zero(state: Any) -> bool:
    return isinstance(state, Stored) and not state.trainable and not state.array.any()


RECURRENCE: Mapping[str, Callable[[Call], Value]] = {
    "rnn_tanh": _recurrent("rnn", 1),
    "rnn_relu": _recurrent("rnn", 1, nonlinearity="relu"),
    "gru": _recurrent("gru", 3),
    "lstm": _recurrent("lstm", 4),
}
