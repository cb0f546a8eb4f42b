"""Recurrent nodes, whose gates and weights stand in another order than PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from xlbackprop.models.graph.program import Stored, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.onnx_files.step import Step, Words

_ACTIVATIONS = {
    "LSTM": ["Sigmoid", "Tanh", "Tanh"],
    "GRU": ["Sigmoid", "Tanh"],
}


def _recurrent(type_name: str, order: Sequence[int]) -> Callable[[Words], Iterator[Step]]:
    """Return the words of a kind; `order` is where PyTorch's gates stand in ONNX's."""

    def words(of: Words) -> Iterator[Step]:
        name = _checked(of, type_name)
        weights = [_gates(of.parameter(place), order) for place in (1, 2)]
        arguments = {
            "input": of.value(0), "hx": _states(of), "params": [*weights, *_biases(of, order)],
            "has_biases": True, "num_layers": 1, "dropout": 0, "train": False,
            "bidirectional": False, "batch_first": False,
        }  # fmt: skip
        whole = f"{of.node.name}#{of.node.outputs[0] or of.node.outputs[1]}"
        yield Step(name, arguments, (), whole)
        if of.node.outputs[0]:
            steps, _, batch, units = of.shape
            alone = f"{of.node.outputs[0]}#steps"
            item = {"input": Use(whole), "index": 0}
            yield Step("getitem", item, (steps, batch, units), alone)
            yield Step("unsqueeze", {"input": Use(alone), "dim": 1})
        for place, result in enumerate(of.node.outputs[1:], start=1):
            if result:
                item = {"input": Use(whole), "index": place}
                yield Step("getitem", item, of.node.shapes[result], result)

    return words


def _checked(of: Words, type_name: str) -> str:
    """Return the operation's name. Raises RefusedError for options that no layer has."""
    activations = [
        one.decode("ascii", "replace") if isinstance(one, bytes) else one
        for one in of.get("activations", [])
    ]
    if of.get("direction", "forward") != "forward":
        raise RefusedError("it does not go forward; here a layer goes from the first step on")
    if of.get("layout", 0) or of.get("clip") is not None or of.get("input_forget", 0):
        raise RefusedError("its layout, clip or input_forget is none that a layer has")
    if of.has(4) or of.has(7):
        raise RefusedError("its sequences have lengths of their own, or its gates peepholes")
    if type_name == "gru" and not of.get("linear_before_reset", 0):
        raise RefusedError("its linear_before_reset is 0: expected 1, as PyTorch has it")
    if type_name == "rnn":
        if activations not in ([], ["Tanh"], ["Relu"]):
            raise RefusedError(f"its activation is {activations[0]}: expected Tanh or Relu")
        return "rnn_relu" if activations == ["Relu"] else "rnn_tanh"
    if activations and activations != _ACTIVATIONS[of.node.type]:
        raise RefusedError("its activations are not Sigmoid and Tanh")
    return type_name


def _gates(stored: object, order: Sequence[int], end: str = "") -> Stored:
    if not isinstance(stored, Stored):
        raise RefusedError("its weights are computed: expected initializers")
    array = stored.array[0] if stored.array.shape[:1] == (1,) else stored.array
    if array.shape[0] % len(order):
        raise RefusedError(f"its weights are of shape {list(stored.array.shape)}")
    parts = np.split(array, len(order))
    ordered = np.concatenate([parts[place] for place in order])
    return Stored(stored.name and stored.name + end, ordered, stored.trainable)


def _biases(of: Words, order: Sequence[int]) -> list[Stored]:
    rows = of.source_shape(1)[1]
    if not of.has(3):
        return [Stored("", np.zeros(rows), trainable=True) for _ in range(2)]
    both = of.parameter(3)
    if not isinstance(both, Stored) or both.array.shape != (1, 2 * rows):
        raise RefusedError("its biases are computed, or of another shape than its weights")
    halves = np.split(both.array[0], 2)
    return [
        _gates(Stored(both.name, half, trainable=True), order, end)
        for half, end in zip(halves, (".ih", ".hh"), strict=True)
    ]


def _states(of: Words) -> list[object]:
    places = (5, 6) if of.node.type == "LSTM" else (5,)
    return [
        of.value(place) if of.has(place) else Stored("", np.zeros(1), trainable=False)
        for place in places
    ]


RECURRENCE: Mapping[str, Callable[[Words], Iterator[Step]]] = {
    "RNN": _recurrent("rnn", (0,)),
    "LSTM": _recurrent("lstm", (0, 2, 3, 1)),
    "GRU": _recurrent("gru", (1, 0, 2)),
}
