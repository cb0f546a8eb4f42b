"""Networks to test with that multiply, cut, turn and add up arrays."""

from __future__ import annotations

from typing import Any

from tests.support.network_parts import (
    CONV,
    DENSE,
    IMAGE,
    IMAGES,
    SEQUENCE,
    SEQUENCES,
    VECTOR,
    VECTORS,
    Raw,
    network,
)

TANH, SIGMOID, SOFTMAX, RELU = ({"type": kind} for kind in ("tanh", "sigmoid", "softmax", "relu"))
EXP: Raw = {"type": "exp"}
PLANES, SQUARE, LONG = {"input": [2, 3, 4]}, {"input": [3, 3]}, {"input": [6]}
CUBE, CUBES = {"input": [3, 3, 3]}, {"input": [3, 3, 3], "batch": 2}


def matmul(*names: str, **options: Any) -> Raw:
    return {"type": "matmul", "from": list(names), **options}


def multiply(*names: str) -> Raw:
    return {"type": "multiply", "from": list(names)}


def scale(factor: float) -> Raw:
    return {"type": "scale", "factor": factor}


def reshape(*shape: int) -> Raw:
    return {"type": "reshape", "shape": list(shape)}


def transpose(*axes: int) -> Raw:
    return {"type": "transpose", "axes": list(axes)}


def cut(start: int, stop: int, axis: int = 0) -> Raw:
    return {"type": "slice", "start": start, "stop": stop, "axis": axis}


def total(axis: int = 0) -> Raw:
    return {"type": "sum", "axis": axis}


def mean(axis: int = 0) -> Raw:
    return {"type": "mean", "axis": axis}


ATTENTION: tuple[Raw, ...] = (
    {"type": "dense", "units": 3, "name": "q"},
    {"type": "dense", "units": 3, "name": "k", "from": "input"},
    {"type": "dense", "units": 2, "name": "v", "from": "input"},
    matmul("q", "k", transpose=True, scale=0.5),
    SOFTMAX,
    matmul("softmax1", "v"),
)
GATE: tuple[Raw, ...] = (DENSE, SIGMOID, multiply("dense1", "sigmoid1"))

REARRANGEMENTS: dict[str, dict[str, Raw]] = {
    "matmul": {
        "attention": network(SEQUENCE, *ATTENTION),
        "batch": network(SEQUENCES, *ATTENTION),
        "planes": network(PLANES, transpose(0, 2, 1), TANH, matmul("input", "tanh1"), scale(0.3)),
        "square": network(SQUARE, TANH, matmul("input", "tanh1", scale=2.0)),
        "squares": network(
            SQUARE | {"batch": 2}, TANH, matmul("input", "tanh1", transpose=True, scale=-0.5)
        ),
        "planes-by-rows": network(PLANES, TANH, matmul("tanh1", "input", transpose=True)),
        "one-by-one": network({"input": [1, 1]}, TANH, matmul("input", "tanh1"), scale(-1.5)),
        "one-row": network({"input": [1, 3]}, TANH, EXP, matmul("exp1", "tanh1", transpose=True)),
    },
    "multiply": {
        "gate": network(VECTOR, *GATE, scale(0.5)),
        "batch": network(VECTORS, *GATE, DENSE),
        "squared": network(VECTOR, DENSE, multiply("dense1", "dense1"), DENSE),
        "three": network(SEQUENCE, DENSE, TANH, SIGMOID, multiply("dense1", "tanh1", "sigmoid1")),
        "image": network(IMAGE, CONV, TANH, multiply("tanh1", "conv1"), CONV),
        "images-of-input": network(IMAGES, RELU, multiply("input", "relu1")),
        "sequences": network(SEQUENCES, DENSE, TANH, multiply("tanh1", "dense1"), scale(3.0)),
        "trained": network(VECTORS, *GATE)
        | {"training": {"optimizer": "sgd", "lr": 0.1, "steps": 2}},
    },
    "scale": {
        "vector": network(VECTOR, DENSE, scale(-2.0), DENSE),
        "batch": network(VECTORS, scale(0.25), DENSE),
        "image": network(IMAGE, scale(1.5), CONV),
        "images": network(IMAGES, CONV, scale(1e-3)),
    },
    "exp": {
        "vector": network(VECTOR, TANH, EXP, DENSE),
        "batch": network(VECTORS, DENSE, TANH, EXP),
        "image": network(IMAGE, SIGMOID, EXP, CONV),
        "images": network(IMAGES, TANH, EXP),
        "sequence-softplus": network(SEQUENCE, TANH, EXP, mean(1), EXP, DENSE),
        "normalized": network(SEQUENCES, TANH, EXP, total(1), DENSE),
        "cut": network(LONG, TANH, EXP, cut(1, 4)),
    },
    "reshape": {
        "vector": network(LONG, reshape(2, 3), DENSE),
        "batch": network(LONG | {"batch": 2}, DENSE, reshape(2, 2), DENSE),
        "heads": network({"input": [4, 6]}, reshape(4, 2, 3), transpose(1, 0, 2), total(0)),
        "flat": network(PLANES, reshape(24), DENSE),
        "planes-turned": network(PLANES | {"batch": 2}, reshape(4, 3, 2), TANH),
        "image": network(CUBE, CONV, reshape(4, 2), DENSE),
    },
    "transpose": {
        "sequence": network(SEQUENCE, DENSE, transpose(1, 0), DENSE),
        "batch": network(SEQUENCES, transpose(1, 0), DENSE),
        "heads-back": network(
            {"input": [2, 4, 3], "batch": 2}, transpose(1, 0, 2), reshape(4, 6), DENSE
        ),
        "channels-last": network(PLANES, transpose(1, 2, 0), TANH),
        "cube": network(CUBE, CONV, transpose(1, 2, 0), cut(1, 2)),
        "cubes": network(CUBES, transpose(2, 0, 1), mean(2)),
    },
    "slice": {
        "vector": network(LONG, DENSE, cut(1, 3), DENSE),
        "batch": network(LONG | {"batch": 3}, cut(2, 5), DENSE),
        "rows": network(SEQUENCE, cut(2, 4), DENSE),
        "columns": network(SEQUENCES, DENSE, cut(1, 3, axis=1)),
        "planes": network(CUBE, cut(1, 3), CONV),
        "last-token": network(SEQUENCES, DENSE, cut(3, 4), reshape(4)),
    },
    "sum": {
        "rows": network(SEQUENCE, DENSE, total(0), DENSE),
        "batch": network(SEQUENCES, total(0), DENSE),
        "columns": network({"input": [4, 4]}, TANH, total(1)),
        "planes": network(CUBE, CONV, total(0), DENSE),
        "images": network(CUBES, total(2)),
        "more-planes-than-a-formula-holds": network({"input": [70, 1, 2]}, total(0)),
    },
    "mean": {
        "rows": network(SEQUENCE, DENSE, mean(0), DENSE),
        "batch": network(SEQUENCES, DENSE, mean(1), DENSE),
        "square": network({"input": [4, 4]}, TANH, mean(1)),
        "planes": network(CUBE, CONV, mean(0), DENSE),
        "images": network(CUBES, mean(1)),
        "more-planes-than-a-formula-holds": network({"input": [70, 1, 2]}, TANH, mean(0)),
    },
}
