"""What PyTorch exports as ONNX: the workbook's output is that of ONNX's reference evaluator."""

import warnings

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import xlbackprop
from tests.support.oracles.pytorch import require_pytorch
from tests.support.recalculating import recalculated, shown_inputs
from tests.support.torch_models import MODELS, made

pytestmark = pytest.mark.pytorch
# The exporter that traces is the faster one; of the other, what it makes otherwise.
NEW = ("lstm",)
# What becomes dozens of operations with the batch between the others, or a loop.
REFUSED = {"multihead_attention", "transformer_encoder", "transformer_decoder", "embedding_bag"}
CASES = [
    *((name, False) for name in MODELS if name not in REFUSED),
    *((name, True) for name in NEW),
]


@pytest.fixture(autouse=True)
def _pytorch():
    require_pytorch()


def exported(name, path, **options):
    """Export a teaching model, and return the ONNX model in the file."""
    import torch

    module, examples, *_ = made(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of its older exporter
        torch.onnx.export(module.eval(), examples, path, verbose=False, **options)
    return onnx.load(path)


@pytest.mark.parametrize(("name", "dynamo"), CASES)
def test_workbook_equals_the_reference_evaluator(name, dynamo, tmp_path):
    model = exported(name, tmp_path / "m.onnx", dynamo=dynamo)
    loss = "nll" if name == "mlp" else ""
    spec = xlbackprop.import_model(tmp_path / "m.onnx", loss=loss).spec
    network, arrays = recalculated(spec, tmp_path / "mine.xlsx")
    shown = shown_inputs(network, arrays)
    feeds = {}
    for value, array in zip(model.graph.input, shown.values(), strict=False):
        kind = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        feeds[value.name] = array.astype(kind)
    (expected,) = ReferenceEvaluator(model).run(None, feeds)
    if name == "mlp":  # whose log_softmax is in the loss
        scores = arrays["head.out"]
        found = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    else:
        found = arrays[f"{network.layers[-1].name}.out"]
    np.testing.assert_allclose(found, expected, 1e-6, 1e-6)


def test_batch_norm_is_kept_as_the_note_says(tmp_path):
    exported("batch_norm_eval", tmp_path / "folded.onnx", dynamo=True)
    folded = xlbackprop.import_model(tmp_path / "folded.onnx")
    assert "batch_norm" not in [layer.type for layer in folded.spec.layers]
    assert "is folded into" in folded.notes[0]
    assert "optimize=False" in folded.notes[0]
    exported("batch_norm_eval", tmp_path / "kept.onnx", dynamo=True, optimize=False)
    kept = xlbackprop.import_model(tmp_path / "kept.onnx")
    assert "batch_norm" in [layer.type for layer in kept.spec.layers]
    assert not kept.notes


def test_loop_is_refused_in_one_line(tmp_path):
    exported("embedding_bag", tmp_path / "m.onnx", dynamo=False)
    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.import_model(tmp_path / "m.onnx")
    assert "\n" not in str(caught.value)


def test_attention_of_torch_nn_is_refused_in_a_line_each(tmp_path):
    exported("multihead_attention", tmp_path / "m.onnx", dynamo=False)
    with pytest.raises(xlbackprop.ModelError) as caught:
        xlbackprop.import_model(tmp_path / "m.onnx")
    assert all("in own" in line or "in other" in line for line in caught.value.lines)
