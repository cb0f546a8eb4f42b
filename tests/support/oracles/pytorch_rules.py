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


def rearrangements(torch: Any, layer: Mapping[str, Any], hs: list[Any], batched: bool) -> Rules:
    """Return what multiplies, cuts, turns and adds up arrays, by type."""
    h, get, lead = hs[0], layer.get, 1 if batched else 0
    axis = get("axis", 0) + lead

    def matmul() -> Any:
        other = hs[1].mT if get("transpose") else hs[1]
        return get("scale", 1.0) * torch.matmul(h, other)

    def transpose() -> Any:
        return h.permute(*range(lead), *(one + lead for one in get("axes")))

    def cut() -> Any:
        start = get("start", 0)
        return h.narrow(axis, start, get("stop") - start)

    return {
        "multiply": lambda: torch.stack(hs).prod(0),
        "matmul": matmul,
        "scale": lambda: get("factor") * h,
        "exp": lambda: torch.exp(h),
        "reshape": lambda: h.reshape(*h.shape[:lead], *get("shape")),
        "transpose": transpose,
        "slice": cut,
        "sum": lambda: h.sum(axis),
        "mean": lambda: h.mean(axis),
    }


def attention(
    torch: Any, layer: Mapping[str, Any], hs: list[Any], own: Callable[[str], Any]
) -> Any:
    """Return what torch.nn.MultiheadAttention makes of its inputs; `own(short)` is a parameter."""
    query, memory = hs[0], hs[-1]
    width, size = query.shape[-1], memory.shape[-1]
    has_bias, sizes = layer.get("bias", True), {"kdim": size, "vdim": size}
    module = torch.nn.MultiheadAttention(
        width, layer.get("heads", 1), bias=has_bias, batch_first=True, **sizes
    )
    weights = [own(f"w_{one}") for one in "qkv"]
    names = ["q_proj_weight", "k_proj_weight", "v_proj_weight"]
    parameters = dict(zip(names, weights, strict=True))
    if width == size:
        parameters = {"in_proj_weight": torch.cat(weights)}
    parameters |= {"out_proj.weight": own("w_o")}
    if has_bias:
        parameters |= {"in_proj_bias": torch.cat([own(f"b_{one}") for one in "qkv"])}
        parameters |= {"out_proj.bias": own("b_o")}
    ones = torch.ones(query.shape[-2], memory.shape[-2], dtype=torch.bool)
    options = {"attn_mask": ones.triu(1) if layer.get("causal") else None, "need_weights": False}
    given = (query, memory, memory)
    return torch.func.functional_call(module.double(), parameters, given, options)[0]


def waves(torch: Any, h: Any) -> Any:
    """Return sinusoidal positions as they are usually written in PyTorch, for rows of h."""
    length, width = h.shape[-2:]
    positions = torch.arange(length, dtype=torch.float64)[:, None]
    even = torch.arange(0, width, 2, dtype=torch.float64)
    steps = torch.exp(even * (-torch.log(torch.tensor(10000.0, dtype=torch.float64)) / width))
    table = torch.zeros(length, width, dtype=torch.float64)
    table[:, 0::2] = torch.sin(positions * steps)
    table[:, 1::2] = torch.cos(positions * steps[: width // 2])
    return table


def loss(torch: Any, options: Mapping[str, Any], out: Any, target: Any, batched: bool) -> Any:
    """Return the loss of the outputs, by the spec's [loss] table."""
    functional, get, kind = torch.nn.functional, options.get, options["type"]
    reduction = {"reduction": get("reduction", "sum" if kind == "half_sse" else "mean")}

    def hinge() -> Any:
        losses = functional.relu(get("margin", 1.0) - target * out)
        return losses.mean() if reduction["reduction"] == "mean" else losses.sum()

    def cross_entropy() -> Any:
        soft = get("target") == "probabilities"
        smoothing = {"label_smoothing": get("label_smoothing", 0.0)}
        wanted = target if soft else target.long()
        rows = out.flatten(0, -2) if out.dim() > 1 else out
        wanted = wanted.reshape(rows.shape if soft else rows.shape[:-1])
        return functional.cross_entropy(rows, wanted, **reduction, **smoothing)

    def kl_div() -> Any:
        # PyTorch warns of "mean", and takes the first axis of one sample for a batch.
        losses = functional.kl_div(out, target, reduction="sum")
        samples = out.shape[0] if batched else 1
        return (
            losses / {"sum": 1, "mean": out.numel(), "batchmean": samples}[reduction["reduction"]]
        )

    rules: Rules = {
        "mse": lambda: functional.mse_loss(out, target, **reduction),
        "half_sse": lambda: functional.mse_loss(out, target, **reduction) / 2,
        "l1": lambda: functional.l1_loss(out, target, **reduction),
        "huber": lambda: functional.huber_loss(out, target, delta=get("delta", 1.0), **reduction),
        "hinge": hinge,
        "bce": lambda: functional.binary_cross_entropy(out, target, **reduction),
        "bce_with_logits": lambda: functional.binary_cross_entropy_with_logits(
            out, target, **reduction
        ),
        "kl_div": kl_div,
        "nll": lambda: functional.nll_loss(out, target.long(), **reduction),
        "cross_entropy": cross_entropy,
    }
    return rules[kind]()
