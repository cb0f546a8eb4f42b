"""Training with a schedule, clipped gradients, and states of steps before, to test with."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.support.network_parts import CONV, DENSE, IMAGE, VECTOR, VECTORS, Raw, network

_TANH = {"type": "tanh"}


def _trained(head: Raw, *layers: Raw, optimizer: str = "sgd", **options: Any) -> Raw:
    training = {"optimizer": optimizer, "lr": 0.1, "steps": 5, **options}
    return {**network(head, *layers), "training": training}


def _started(raw: Raw, *names: str, t: int | None = None) -> Raw:
    """Return the network with states of its first layer before the first step."""
    random = np.random.default_rng(7)
    shapes = {"w": (4, 5), "b": (4,)}
    arrays = {
        f"dense1.{name}0": np.round(random.uniform(0.1, 1, shapes[name[0]]), 2).tolist()
        for name in names
    }
    arrays |= {} if t is None else {"training.t": t}
    return {**raw, "values": {**raw["values"], "arrays": arrays}}


def _schedules() -> dict[str, Raw]:
    def two(**options: Any) -> Raw:
        return _trained(VECTORS, DENSE, _TANH, DENSE, **options)

    step = {"schedule": "step", "step_size": 2}
    return {
        "step": two(**step),
        "step-gamma": two(schedule="step", step_size=1, gamma=0.5, optimizer="momentum"),
        "step-adam": two(**step, optimizer="adam", eps=0.1),
        "step-adamw": two(**step, optimizer="adamw", eps=0.1, weight_decay=0.1),
        "cosine": two(schedule="cosine"),
        "cosine-eta": two(schedule="cosine", eta_min=0.01, t_max=8, optimizer="rmsprop", eps=0.1),
        "cosine-conv": _trained(IMAGE, CONV, _TANH, CONV, schedule="cosine", optimizer="adagrad"),
        "cosine-nesterov": _trained(VECTOR, DENSE, schedule="cosine", optimizer="nesterov"),
    }


def _clipping() -> dict[str, Raw]:
    def two(**options: Any) -> Raw:
        return _trained(VECTORS, DENSE, _TANH, DENSE, **options)

    return {
        "tight": two(clip_norm=0.1),
        "loose": two(clip_norm=1000),
        "adam": two(clip_norm=0.5, optimizer="adam", eps=0.1),
        "decay": two(clip_norm=0.5, weight_decay=0.1),
        "momentum": two(clip_norm=0.5, optimizer="momentum", dampening=0.5),
        "conv": _trained(IMAGE, CONV, _TANH, CONV, clip_norm=0.2),
        "schedule": two(clip_norm=0.3, schedule="step", step_size=2),
        "vector": _trained(VECTOR, DENSE, clip_norm=0.2, optimizer="rmsprop", eps=0.1),
    }


def _starts() -> dict[str, Raw]:
    def two(optimizer: str, **options: Any) -> Raw:
        return _trained(VECTORS, DENSE, _TANH, DENSE, optimizer=optimizer, **options)

    moments = ("w_m", "w_v", "b_m", "b_v")
    return {
        "adam": _started(two("adam", eps=0.1), *moments, t=7),
        "adam-t": _started(two("adam", eps=0.1), t=3),
        "adam-states": _started(two("adam", eps=0.1), "w_m", "w_v", t=0),
        "adamw": _started(two("adamw", eps=0.1), *moments, t=100),
        "momentum": _started(two("momentum", dampening=0.2), "w_v", "b_v"),
        "nesterov": _started(two("nesterov"), "w_v"),
        "rmsprop": _started(two("rmsprop", eps=0.1), "w_v", "b_v"),
        "adagrad": _started(two("adagrad"), "w_v", "b_v"),
    }


def _in_rows() -> dict[str, Raw]:
    """Return networks whose steps are a row each."""
    wide = {"input": [3]}
    return {
        "adam": _trained(VECTORS, DENSE, _TANH, DENSE, optimizer="adam", eps=0.1, layout="rows"),
        "conv": _trained(
            {"input": [1, 3, 3]}, {"type": "conv2d", "filters": 1, "kernel": 2}, layout="rows"
        ),
        "schedule": _trained(wide, DENSE, layout="rows", schedule="cosine", clip_norm=0.3),
    }


OF_TRAINING: dict[str, dict[str, Raw]] = {
    "schedule": _schedules(),
    "clipping": _clipping(),
    "starts": _starts(),
    "rows": _in_rows(),
}
