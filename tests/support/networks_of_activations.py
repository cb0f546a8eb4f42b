"""Activations in networks to test with: anywhere, with each option, and at their kinks."""

from __future__ import annotations

from tests.support.network_parts import (
    CONV,
    DENSE,
    IMAGE,
    IMAGES,
    VECTORS,
    Raw,
    everywhere,
    network,
)

MANY: Raw = {"input": [20], "batch": 3}
# Normal numbers times 6, of which many lie beyond every kink.
LARGE: Raw = {"type": "add", "from": ["input"] * 6}
WHOLE = list(range(-7, 8))


def _with_options(kind: str, *varied: Raw) -> dict[str, Raw]:
    """Return an activation anywhere, with other options, and on large numbers."""
    layer: Raw = {"type": kind}
    own = {"large": network(MANY, LARGE, layer, DENSE)}
    for number, options in enumerate(varied):
        own[f"option{number}"] = network(VECTORS, DENSE, layer | options, DENSE, seed=number)
        own[f"option{number}-large"] = network(MANY, LARGE, layer | options, DENSE)
    first, *plain = list(everywhere(layer).items())[: max(3, 8 - len(own))]
    return dict([first]) | own | dict(plain)


def _at_kinks(layer: Raw) -> Raw:
    name = f"{layer['type']}1.h"
    raw = network({"input": [len(WHOLE)]}, layer, DENSE)
    return raw | {"values": raw["values"] | {"arrays": {name: WHOLE}}}


def _prelu() -> dict[str, Raw]:
    def prelu(number: int) -> Raw:
        return {"type": "prelu", "num_parameters": number}

    adam = {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 2}}
    return _with_options("prelu") | {
        "slope-each": network(IMAGE, CONV, prelu(2), CONV),
        "slope-each-of-vector": network(VECTORS, DENSE, prelu(4), DENSE),
        "slope-each-of-images": network(IMAGES, prelu(2), CONV),
        "one-channel": network({"input": [1, 3, 3]}, prelu(1)),
        "trained-slopes": network(VECTORS, DENSE, prelu(4)) | adam,
    }


ACTIVATIONS: dict[str, dict[str, Raw]] = {
    "gelu": _with_options("gelu", {"approximate": "none"}),
    "silu": _with_options("silu"),
    "elu": _with_options("elu", {"alpha": 0.5}, {"alpha": 2.0}),
    "softplus": _with_options("softplus", {"beta": 2.0}, {"beta": 0.5, "threshold": 5.0}),
    "prelu": _prelu(),
    "relu6": _with_options("relu6"),
    "hardsigmoid": _with_options("hardsigmoid"),
    "hardswish": _with_options("hardswish"),
}

# Where there is no slope, so that only PyTorch's choice can be compared.
AT_KINKS: dict[str, dict[str, Raw]] = {
    "kinks": {
        kind: _at_kinks({"type": kind, **options})
        for kind, options in {
            "elu": {"alpha": 2.0}, "softplus": {"threshold": 4.0}, "prelu": {}, "relu6": {},
            "hardsigmoid": {}, "hardswish": {},
        }.items()
    }
}  # fmt: skip
