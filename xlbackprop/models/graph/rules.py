"""The table of operations: which layers each becomes; a rule for each stands in `rules_…`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from xlbackprop.models.graph.draft import Call
from xlbackprop.models.graph.rules_of_arithmetic import ARITHMETIC
from xlbackprop.models.graph.rules_of_attention import ATTENTION
from xlbackprop.models.graph.rules_of_constants import CONSTANTS
from xlbackprop.models.graph.rules_of_layers import LAYER_RULES
from xlbackprop.models.graph.rules_of_recurrence import RECURRENCE
from xlbackprop.models.graph.rules_of_shapes import SHAPES
from xlbackprop.models.graph.values import Value

Rule = Callable[[Call], Value]

RULES: Mapping[str, Rule] = MappingProxyType(
    {**LAYER_RULES, **ARITHMETIC, **SHAPES, **RECURRENCE, **ATTENTION, **CONSTANTS}
)

# What is nearest to operations that no layer expresses.
NEAREST: Mapping[str, str] = MappingProxyType(
    {
        "log_softmax": "cross_entropy, a loss that takes it itself",
        "detach": "`trainable = false`, for layers whose parameters stay",
        "bernoulli": "dropout, whose mask is given",
        "rand": "an input that holds the numbers",
        "randn": "an input that holds the numbers",
        "randn_like": "an input that holds the numbers",
        "rand_like": "an input that holds the numbers",
        "embedding_bag": "embedding, then sum or mean over the words",
        "upsample_nearest2d": "conv_transpose2d",
        "upsample_bilinear2d": "conv_transpose2d",
        "conv3d": "conv2d",
        "max_pool3d": "max_pool2d",
        "mish": "silu",
        "selu": "elu",
        "celu": "elu",
        "hardtanh": "relu6",
        "logsigmoid": "bce_with_logits, a loss that takes it itself",
        "erf": "gelu, which ONNX has from opset 20",
        "log": "cross_entropy or bce, losses that take logarithms themselves",
    }
)
