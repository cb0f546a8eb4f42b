"""What layers, losses and optimizers are called elsewhere: in PyTorch, in Keras, in lectures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from xlbackprop.errors import suggestion

_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "affine": "dense", "fc": "dense", "fully_connected": "dense", "linear": "dense",
        "conv": "conv2d", "convolution": "conv2d", "deconv": "conv_transpose2d",
        "pool": "max_pool2d", "maxpool": "max_pool2d", "avgpool": "avg_pool2d",
        "gap": "global_avg_pool", "bn": "batch_norm", "ln": "layer_norm", "rmsnorm": "rms_norm",
        "swish": "silu", "logistic": "sigmoid", "lrelu": "leaky_relu",
        "self_attention": "attention", "multi_head_attention": "attention", "mha": "attention",
        "multihead_attention": "attention", "positional_encoding": "position",
        "residual": "add", "skip": "add", "cat": "concat", "dot": "matmul", "hadamard": "multiply",
        "mul": "multiply",
        "mm": "matmul", "bmm": "matmul", "view": "reshape", "permute": "transpose",
        "narrow": "slice", "crop": "slice", "average": "mean",
        "mae": "l1", "l2": "mse", "smooth_l1": "huber", "squared_error": "mse",
        "ce": "cross_entropy", "categorical_crossentropy": "cross_entropy",
        "logloss": "bce", "log_loss": "bce", "binary_crossentropy": "bce", "attn": "attention",
        "softmax_cross_entropy": "cross_entropy", "nllloss": "nll", "kl": "kl_div",
        "logistic_loss": "bce_with_logits", "svm": "hinge",
        "gradient_descent": "sgd", "gd": "sgd", "nag": "nesterov",
    }
)  # fmt: skip


def meant(word: str, known: Iterable[str]) -> str:
    """Return ' (did you mean x?)' for an unknown type, by what it is called elsewhere, too."""
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    names = list(known)
    for name in (plain, plain.removesuffix("loss"), _CALLED.get(plain)):
        if name in names:
            return f" (did you mean {name}?)"
    return suggestion(word, names)
