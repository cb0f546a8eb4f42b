"""What networks to test with are made of: inputs, plain layers, a layer in each of its places."""

from __future__ import annotations

from typing import Any

Raw = dict[str, Any]

IMAGE, IMAGES = {"input": [2, 4, 4]}, {"input": [2, 4, 4], "batch": 3}
VECTOR, VECTORS = {"input": [5]}, {"input": [5], "batch": 3}
SEQUENCE, SEQUENCES = {"input": [4, 3]}, {"input": [4, 3], "batch": 2}
SENTENCES = {"input": [4], "batch": 2}

DENSE = {"type": "dense", "units": 4}
CONV = {"type": "conv2d", "filters": 2, "kernel": 2}


def network(head: Raw, *layers: Raw, loss: Raw | None = None, seed: int = 0) -> Raw:
    """Return the spec of a network, with normal values."""
    return {
        "name": "case",
        **head,
        "layers": list(layers),
        "loss": loss or {"type": "mse"},
        "values": {"style": "normal", "seed": seed},
    }


def everywhere(layer: Raw) -> dict[str, Raw]:
    """Return a layer that takes any shape, first, last and in the middle."""
    return {
        "vector-first": network(VECTOR, layer, DENSE),
        "vector-last": network(VECTOR, DENSE, layer),
        "vectors-between": network(VECTORS, DENSE, layer, DENSE),
        "vectors-alone": network(VECTORS, layer),
        "image-between": network(IMAGE, CONV, layer, CONV),
        "image-alone": network(IMAGE, layer, seed=3),
        "images-last": network(IMAGES, CONV, layer),
        "images-sum": network(IMAGES, layer, loss={"type": "mse", "reduction": "sum"}),
    }
