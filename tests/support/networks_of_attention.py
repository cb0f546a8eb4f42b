"""Networks to test with that attend: over themselves, over others, with and without heads."""

from __future__ import annotations

from typing import Any

from tests.support.network_parts import DENSE, Raw, network

WIDE, WIDES = {"input": [3, 4]}, {"input": [3, 4], "batch": 2}
TWO: Raw = {"inputs": {"x": [3, 4], "memory": [2, 3]}}


POSITION: Raw = {"type": "position"}
WAVES: Raw = {"type": "position", "kind": "sinusoidal"}
TOKENS: Raw = {"type": "embedding", "vocabulary": 4, "width": 2}


def attend(*names: str, **options: Any) -> Raw:
    return {"type": "attention", **({"from": list(names)} if names else {}), **options}


ATTENTION: dict[str, dict[str, Raw]] = {
    "attention": {
        "sequence": network(WIDE, attend()),
        "sequences": network(WIDES, attend(heads=2, causal=True)),
        "two-heads": network(WIDE, attend(heads=2), DENSE),
        "causal": network(WIDE, DENSE, attend(causal=True)),
        "heads-of-one": network({"input": [3, 3]}, attend(heads=3, bias=False)),
        "cross": network(TWO, attend("x", "memory", heads=2)),
        "cross-batch-same-width": network(
            {"inputs": {"x": [2, 4], "memory": [3, 4]}, "batch": 2}, attend("x", "memory")
        ),
        "no-bias": network(WIDES, attend(bias=False), {"type": "tanh"}),
        "one-position": network({"input": [1, 2]}, attend(heads=2, causal=True)),
        "one-of-each": network({"input": [2, 1], "batch": 1}, attend(causal=True)),
        "residual-shared": network(
            WIDE,
            attend(heads=2, share="f1"),
            {"type": "add", "from": ["attn1", "input"]},
            attend(heads=2, share="f1"),
        ),
        "trained": network({"input": [2, 2]}, attend(heads=2, causal=True))
        | {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 2}},
    },
    "position": {
        "sequence": network(WIDE, POSITION, DENSE),
        "batch": network(WIDES, DENSE, POSITION),
        "waves": network(WIDE, WAVES, DENSE),
        "waves-batch": network(WIDES, WAVES, {"type": "tanh"}),
        "waves-odd-width": network({"input": [4, 3]}, DENSE, WAVES),
        "tokens": network({"input": [3]}, TOKENS, POSITION, attend()),
        "tokens-waves": network({"input": [3], "batch": 2}, TOKENS, WAVES),
        "trained": network({"input": [2], "batch": 2}, TOKENS, POSITION)
        | {"training": {"optimizer": "sgd", "lr": 0.1, "steps": 2}},
    },
}
