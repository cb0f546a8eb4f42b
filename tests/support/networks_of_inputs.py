"""Networks to test with that have several inputs, and layers whose parameters are frozen."""

from __future__ import annotations

from tests.support.network_parts import (
    CONV,
    DENSE,
    IMAGES,
    SEQUENCE,
    VECTOR,
    VECTORS,
    Raw,
    network,
)
from tests.support.networks_of_rearrangements import matmul, multiply

TANH: Raw = {"type": "tanh"}
ADAM: Raw = {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 3}}


def _from(name: str, layer: Raw) -> Raw:
    return {**layer, "from": name}


def _frozen(layer: Raw) -> Raw:
    return {**layer, "trainable": False}


TWO: Raw = {"inputs": {"x": [4, 3], "y": [2]}}
PAIR: Raw = {"inputs": {"x": [5], "y": [5]}}

INPUTS: dict[str, dict[str, Raw]] = {
    "inputs": {
        "two": network(
            TWO,
            DENSE,
            {"type": "mean", "axis": 0},
            _from("y", DENSE),
            {"type": "add", "from": ["mean1", "dense2"]},
        ),
        "batch": network(
            PAIR | {"batch": 3}, DENSE, _from("y", DENSE), multiply("dense1", "dense2")
        ),
        "joined-at-once": network(PAIR, {"type": "concat", "from": ["y", "x"]}, DENSE),
        "used-twice": network(PAIR, multiply("x", "y"), {"type": "add", "from": ["mul1", "x"]}),
        "three": network(
            {"inputs": {"a": [2, 3], "b": [3, 2], "c": [2, 2]}},
            matmul("a", "b"),
            {"type": "add", "from": ["matmul1", "c"]},
            TANH,
        ),
        "tokens-and-numbers": network(
            {"inputs": {"words": [4], "x": [4, 3]}, "batch": 2},
            {"type": "embedding", "vocabulary": 5, "width": 3},
            multiply("embed1", "x"),
        ),
        "trained": network(PAIR, DENSE, _from("y", DENSE), multiply("dense1", "dense2")) | ADAM,
        "own-data": network(PAIR, multiply("x", "y"), DENSE)
        | {"training": ADAM["training"] | {"data": "each step"}},
    },
    "frozen": {
        "first": network(VECTOR, _frozen(DENSE), TANH, DENSE),
        "batch": network(VECTORS, DENSE, TANH, _frozen(DENSE)),
        "conv": network(IMAGES, CONV, _frozen(CONV), CONV),
        "recurrent": network(SEQUENCE, _frozen({"type": "lstm", "units": 2}), DENSE),
        "norm": network(VECTORS, DENSE, _frozen({"type": "batch_norm"}), DENSE),
        "embedding": network(
            {"input": [4]}, _frozen({"type": "embedding", "vocabulary": 5, "width": 3}), DENSE
        ),
        "trained": network(VECTORS, _frozen(DENSE), TANH, DENSE) | ADAM,
        "own-data": network(VECTOR, DENSE, _frozen(DENSE))
        | {"training": ADAM["training"] | {"data": "each step"}},
    },
}
