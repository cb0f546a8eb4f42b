"""PyTorch autograd in float64: the gradients that everyone agrees on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np

from tests.oracles.libreoffice import require


def require_pytorch() -> None:
    """Skip (or fail) where there is no PyTorch."""
    require(find_spec("torch") is not None, "PyTorch (torch)")


def conv2d(arrays: Mapping[str, np.ndarray], options: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return out, L and all gradients of a convolution from h, w, b and dL_dout or target."""
    require_pytorch()
    import torch

    tensors = {
        name: torch.tensor(arrays[name], dtype=torch.float64, requires_grad=True)
        for name in ("h", "w", "b")
        if name in arrays
    }
    options = dict(options)
    batched = tensors["h"].dim() == 4
    out = torch.nn.functional.conv2d(
        tensors["h"] if batched else tensors["h"][None],
        tensors["w"],
        tensors.get("b"),
        stride=options.get("stride", 1),
        padding=options.get("padding", 0),
        dilation=options.get("dilation", 1),
        groups=options.get("groups", 1),
    )
    out = out if batched else out[0]
    out.retain_grad()
    if "target" in arrays:
        target = torch.tensor(arrays["target"], dtype=torch.float64)
        loss = torch.nn.functional.mse_loss(out, target, reduction=options.get("reduction", "mean"))
    else:
        loss = (out * torch.tensor(arrays["dL_dout"], dtype=torch.float64)).sum()
    loss.backward()
    gradients = {f"dL_d{name}": tensor.grad for name, tensor in tensors.items()}
    results = {"out": out, "L": loss, "dL_dout": out.grad, **gradients}
    return {name: tensor.detach().numpy() for name, tensor in results.items()}
