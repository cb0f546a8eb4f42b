"""Batch normalization that an exporter may have folded into the layer before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlbackprop.models.onnx_files.nodes import Known, Node

_KEPT = (
    "torch.onnx.export(..., dynamo=True, optimize=False) keeps it, or with dynamo=False"
    " training=torch.onnx.TrainingMode.PRESERVE"
)


def folded_norms(nodes: Sequence[Node]) -> Iterator[str]:
    """Yield a line where batch normalization is, or may be, hidden in convolutions."""
    normalized = {node.inputs[0] for node in nodes if node.type == "BatchNormalization"}
    products = [
        node
        for node in nodes
        if node.type in ("Conv", "Gemm", "ConvTranspose") and node.outputs[0] not in normalized
    ]
    certain = [node for node in products if "batch_norm" in node.scopes]
    possible = [node for node in products if _is_possible(node)]
    for found, words in ((certain, "is"), (possible, "may be")):
        if found:
            names = ", ".join(node.name or node.outputs[0] for node in found[:3])
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            yield (
                f"batch normalization {words} folded into {names}{more}: the sheet then shows the"
                f" folded weights, and no normalization. {_KEPT}"
            )


def _is_possible(node: Node) -> bool:
    """Return whether nothing tells that a convolution is as its author made it."""
    if node.scopes or node.type == "Gemm" or len(node.inputs) < 3:
        return False
    weight, bias = node.inputs[1:3]
    if not isinstance(weight, Known) or not isinstance(bias, Known):
        return False
    owner, _, last = weight.name.rpartition(".")
    return not (owner and last == "weight" and bias.name == f"{owner}.bias")
