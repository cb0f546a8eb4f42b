"""Modules of torch.nn that are one layer here, exported as one operation and not as dozens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

_SCHEMA = (
    "(Tensor query, Tensor key, Tensor value, Tensor[] in_weights, Tensor? in_bias,"
    " Tensor out_weight, Tensor? out_bias, Tensor? mask, int heads, float dropout,"
    " bool batch_first, bool is_plain) -> Tensor"
)


@contextmanager
def as_single_operations(module: Any) -> Iterator[None]:
    """Let attention and bags of words be one operation each, until the end of the `with`."""
    nn: Any = import_module("torch.nn")
    changed = []
    makers = {nn.MultiheadAttention: _attention, nn.EmbeddingBag: _bag}
    for one in module.modules():
        maker = makers.get(type(one))
        if maker is not None and "forward" not in vars(one):
            one.forward = maker(one)
            changed.append(one)
    try:
        yield
    finally:
        for one in changed:
            del one.forward


@cache
def _operation() -> Any:
    """Return the operation, which is known to torch from then on; it is never computed."""
    torch: Any = import_module("torch")

    def attention(query: Any, *_: Any) -> Any:
        return torch.empty_like(query)

    operation = torch.library.custom_op(
        "xlbackprop::attention", attention, mutates_args=(), schema=_SCHEMA
    )
    operation.register_fake(attention)
    return operation


def _attention(one: Any) -> Callable[..., Any]:
    """Return what a MultiheadAttention does instead; its weights are the only second result."""
    operation = _operation()

    def forward(
        query: Any, key: Any, value: Any, key_padding_mask: Any = None, need_weights: bool = True,
        attn_mask: Any = None, average_attn_weights: bool = True, is_causal: bool = False,
    ) -> Any:  # fmt: skip
        del need_weights, average_attn_weights, is_causal  # which only hints at the mask
        weights = [one.in_proj_weight]
        if weights[0] is None:
            weights = [one.q_proj_weight, one.k_proj_weight, one.v_proj_weight]
        is_plain = key_padding_mask is None and one.bias_k is None and not one.add_zero_attn
        return operation(
            query, key, value, weights, one.in_proj_bias, one.out_proj.weight, one.out_proj.bias,
            attn_mask, one.num_heads, one.dropout if one.training else 0.0, one.batch_first,
            is_plain,
        ), None  # fmt: skip

    return forward


def _bag(one: Any) -> Callable[..., Any]:
    """Return what an EmbeddingBag does instead, for bags of equal sizes: the same, in two steps."""
    torch: Any = import_module("torch")

    def forward(words: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        is_plain = offsets is None and per_sample_weights is None and words.dim() == 2
        if (
            not is_plain
            or one.mode not in ("sum", "mean")
            or one.max_norm
            or one.scale_grad_by_freq
        ):
            return type(one).forward(one, words, offsets, per_sample_weights)
        rows = torch.nn.functional.embedding(words, one.weight, one.padding_idx)
        return rows.sum(dim=1) if one.mode == "sum" else rows.mean(dim=1)

    return forward
