"""Normalizations in networks to test with: of every shape that they take, with each option."""

from __future__ import annotations

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

RELU: Raw = {"type": "relu"}
FOUR, FOURS = {"input": [4, 3, 2]}, {"input": [4, 2, 3], "batch": 2}


def _rms(**options: object) -> Raw:
    return {"type": "rms_norm", **options}


def _groups(groups: int, **options: object) -> Raw:
    return {"type": "group_norm", "groups": groups, **options}


def _instance(**options: object) -> Raw:
    return {"type": "instance_norm", **options}


LN: Raw = {"type": "layer_norm", "axes": 1}
EVAL: Raw = {"type": "batch_norm", "mode": "eval"}

NORMS: dict[str, dict[str, Raw]] = {
    "rms_norm": {
        "vector": network(VECTOR, DENSE, _rms(), DENSE),
        "vectors": network(VECTORS, _rms(), DENSE),
        "sequence": network(SEQUENCE, _rms(), DENSE),
        "sequences-alone": network(SEQUENCES, _rms()),
        "sequence-two-axes": network(SEQUENCE, _rms(axes=2)),
        "image": network(IMAGE, _rms(), CONV),
        "images-three-axes": network(IMAGES, CONV, _rms(axes=3, eps=0.1)),
        "eps": network(VECTORS, DENSE, _rms(eps=0.1), RELU),
    },
    "group_norm": {
        "image": network(IMAGE, _groups(1), CONV),
        "two-groups": network(FOUR, _groups(2), RELU),
        "images-two-groups": network(FOURS, _groups(2), CONV),
        "images-one-group": network(IMAGES, _groups(1)),
        "group-for-each": network(FOUR, _groups(4, eps=0.1)),
        "vectors": network({"input": [6], "batch": 3}, _groups(2), DENSE),
        "vector": network({"input": [6]}, _groups(3), DENSE),
        "signals": network({"input": [4, 5], "batch": 2}, _groups(2)),
        "signal": network({"input": [4, 3]}, _groups(2), RELU),
    },
    "instance_norm": {
        "image": network(IMAGE, _instance(), CONV),
        "images": network(IMAGES, CONV, _instance()),
        "affine": network(IMAGE, _instance(affine=True), CONV),
        "images-affine": network(IMAGES, _instance(affine=True), RELU),
        "signal": network({"input": [3, 5]}, _instance()),
        "signals": network({"input": [3, 5], "batch": 2}, _instance(affine=True)),
        "eps": network(FOURS, _instance(eps=0.1), RELU),
        "not-square": network({"input": [3, 2, 4]}, RELU, _instance()),
    },
    "layer_norm": {
        "sequence-of-vectors": network(SEQUENCE, LN, DENSE),
        "sequences-of-vectors": network(SEQUENCES, DENSE, LN),
        "image-two-axes": network(IMAGE, LN | {"axes": 2}, CONV),
    },
    "batch_norm": {
        "eval-vectors": network(VECTORS, DENSE, EVAL, DENSE),
        "eval-vector": network(VECTOR, EVAL, DENSE),
        "eval-image": network(IMAGE, CONV, EVAL, CONV),
        "eval-images": network(IMAGES, EVAL | {"eps": 0.1}),
    },
}
