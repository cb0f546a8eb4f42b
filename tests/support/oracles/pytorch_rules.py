"""The layers of a spec in PyTorch that need no more than their inputs, parameters and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Rules = dict[str, Callable[[], Any]]


def activations(torch: Any, layer: Mapping[str, Any], h: Any, w: Any, batched: bool) -> Rules:
    """Return the activations by type: what each makes of h, and of its parameter w."""
    functional, get = torch.nn.functional, layer.get

    def prelu() -> Any:
        # Without a batch, PyTorch would take the second axis for the channels.
        return functional.prelu(h, w) if batched else functional.prelu(h[None], w)[0]

    return {
        "relu": lambda: functional.relu(h),
        "leaky_relu": lambda: functional.leaky_relu(h, get("slope", 0.01)),
        "sigmoid": lambda: torch.sigmoid(h),
        "tanh": lambda: torch.tanh(h),
        "gelu": lambda: functional.gelu(h, approximate=get("approximate", "tanh")),
        "silu": lambda: functional.silu(h),
        "elu": lambda: functional.elu(h, get("alpha", 1.0)),
        "softplus": lambda: functional.softplus(h, get("beta", 1.0), get("threshold", 20.0)),
        "prelu": prelu,
        "relu6": lambda: functional.relu6(h),
        # PyTorch's own functions of these names divide by a 6 of float32 on the way back.
        "hardsigmoid": lambda: functional.relu6(h + 3) / 6,
        "hardswish": lambda: h * functional.relu6(h + 3) / 6,
        "softmax": lambda: torch.softmax(h, -1),
    }
