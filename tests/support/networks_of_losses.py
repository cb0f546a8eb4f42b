"""Losses in networks to test with, of every shape that they take and with each option."""

from __future__ import annotations

from typing import Any

from tests.support.network_parts import (
    CONV,
    DENSE,
    IMAGE,
    IMAGES,
    SEQUENCE,
    VECTOR,
    VECTORS,
    Raw,
    network,
)

TANH, ONE = {"type": "tanh"}, {"type": "dense", "units": 1}
MANY = {"input": [6], "batch": 7}


def _of_entries(kind: str, *varied: Raw) -> dict[str, Raw]:
    """Return a loss that judges each output by itself, with other options."""

    def loss(**options: Any) -> Raw:
        return {"type": kind, **options}

    varied = varied or ({},)
    return {
        "vector": network(VECTOR, DENSE, loss=loss()),
        "vectors": network(VECTORS, DENSE, loss=loss()),
        "vectors-sum": network(VECTORS, DENSE, loss=loss(reduction="sum", **varied[0])),
        "one": network(VECTOR, ONE, loss=loss()),
        "image": network(IMAGE, CONV, loss=loss(**varied[-1])),
        "images-sum": network(IMAGES, CONV, loss=loss(reduction="sum")),
        "many": network(MANY, DENSE, loss=loss(**varied[0])),
        "many-sum": network(MANY, DENSE, TANH, DENSE, loss=loss(reduction="sum", **varied[-1])),
    }


def _of_classes(kind: str, *varied: Raw) -> dict[str, Raw]:
    """Return a loss that takes a number for each class."""
    return {
        f"{name}-{number}": network(head, DENSE, loss={"type": kind, **options}, seed=number)
        for number, options in enumerate(varied)
        for name, head in (("vectors", VECTORS), ("vector", VECTOR), ("many", MANY))
    }


def _reductions(*varied: Raw) -> list[Raw]:
    return [{**options, "reduction": one} for options in varied for one in ("mean", "sum")]


_PROBABILITIES = {"target": "probabilities"}
_KINDS_OF_TARGETS = (
    {"label_smoothing": 0.1},
    _PROBABILITIES,
    {**_PROBABILITIES, "label_smoothing": 0.2},
)

LOSSES: dict[str, dict[str, Raw]] = {
    "l1": _of_entries("l1"),
    "huber": _of_entries("huber", {"delta": 0.5}, {"delta": 2.0}),
    "hinge": _of_entries("hinge", {"margin": 0.5}),
    "bce_with_logits": _of_entries("bce_with_logits"),
    "kl_div": _of_entries("kl_div", {}, {})
    | {
        f"{name}-batchmean": network(head, DENSE, loss={"type": "kl_div", "reduction": "batchmean"})
        for name, head in (("vectors", VECTORS), ("vector", VECTOR), ("many", MANY))
    },
    "nll": _of_classes("nll", *_reductions({}))
    | {
        "softmax-first": network(VECTORS, DENSE, {"type": "softmax"}, loss={"type": "nll"}),
        "flat": network(IMAGES, CONV, {"type": "flatten"}, DENSE, loss={"type": "nll"}),
    },
    "cross_entropy": _of_classes("cross_entropy", *_reductions(*_KINDS_OF_TARGETS)),
}


def _penalized() -> dict[str, Raw]:
    def loss(kind: str = "mse", **options: Any) -> Raw:
        return {"type": kind, "l2": 0.5, **options}

    square = {"type": "dense", "units": 5, "share": "f1"}
    adam = {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 2}}
    norm, rnn = {"type": "batch_norm"}, {"type": "rnn", "units": 2}
    return {
        "vectors": network(VECTORS, DENSE, TANH, DENSE, loss=loss()),
        "vector-biases": network(VECTOR, DENSE, TANH, DENSE, loss=loss(l2_biases=True)),
        "images": network(IMAGES, CONV, {"type": "relu"}, CONV, loss=loss(l2=0.01)),
        "given": network(IMAGE, CONV, CONV, loss=loss("given")),
        "cross-entropy": network(VECTORS, DENSE, loss=loss("cross_entropy", reduction="sum")),
        "shared": network(VECTOR, square, TANH, square, loss=loss()) | adam,
        "norm": network(VECTORS, DENSE, norm, loss=loss(l2_biases=True)),
        "recurrence": network(SEQUENCE, rnn, loss=loss()),
    }


PENALTIES: dict[str, dict[str, Raw]] = {"l2": _penalized()}
