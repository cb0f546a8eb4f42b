"""Recurrent layers: a stack of them is one operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.program import Stored
from xlbackprop.models.graph.values import (
    Items,
    Output,
    RefusedError,
    States,
    Turned,
    Unknown,
    Value,
)

_SHORTS = ("w_ih", "w_hh", "b_ih", "b_hh")


def _recurrent(type_name: str, gates: int, **options: Any) -> Callable[[Call], Value]:
    def rule(call: Call) -> Value:
        _check(call)
        seen, layers = call["input"], call["num_layers"]
        source = seen.source if isinstance(seen, Turned) else call.output()
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
        result = Turned(source, seen.axes) if isinstance(seen, Turned) else source
        return Items((result, States(tuple(sequences)), Unknown()))

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
    steps_first = call["input"].axes == (1, 0, 2) if isinstance(call["input"], Turned) else False
    if call.draft.axes and call["batch_first"] == steps_first:
        raise RefusedError("its steps come before the batch: say batch_first=True")


def _is_zero(state: Any) -> bool:
    return isinstance(state, Stored) and not state.trainable and not state.array.any()


RECURRENCE: Mapping[str, Callable[[Call], Value]] = {
    "rnn_tanh": _recurrent("rnn", 1),
    "rnn_relu": _recurrent("rnn", 1, nonlinearity="relu"),
    "gru": _recurrent("gru", 3),
    "lstm": _recurrent("lstm", 4),
}
