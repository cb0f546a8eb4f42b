"""ONNX graphs made by hand become workbooks whose outputs are those of ONNX's own evaluator."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import xlbackprop
from tests.support.command_line import called
from tests.support.onnx_graphs import GRAPHS, drawn, model
from tests.support.recalculating import recalculated, shown_inputs

TOLERANCE = 1e-9
COARSE = {"hard sigmoid": 1e-7, "hard swish": 1e-7, "gelu": 1e-6}  # in 32 bits in ONNX's own
QUICK = [
    "conv, padded unevenly",
    "conv of rows",
    "product and sum",
    "shapes that are computed",
    "lstm",
]


def saved(path, *parts, **weights):
    made = model(*parts, **weights)
    onnx.save(made, path)
    return made


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("name", GRAPHS)
def test_workbook_equals_the_reference_evaluator(name, tmp_path):
    lines, shape, weights = GRAPHS[name]
    made = saved(tmp_path / "made.onnx", lines, shape, **weights)
    imported = xlbackprop.import_model(tmp_path / "made.onnx")
    network, arrays = recalculated(imported.spec, tmp_path / "made.xlsx")
    inputs = shown_inputs(network, arrays)
    x = inputs["x"] if len(inputs) > 1 else inputs["input"]
    (expected,) = ReferenceEvaluator(made).run(None, {"x": x.reshape(shape)})
    found = arrays[f"{network.layers[-1].name}.out"]
    tolerance = COARSE.get(name, TOLERANCE)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, tolerance, tolerance)


def test_words_of_rows_are_looked_up(tmp_path):
    lines = [
        ("Cast x -> i", {"to": onnx.TensorProto.INT64}),
        "Gather table,i -> e",
        ("ReduceMean e,one -> m", {"keepdims": 0}),
    ]
    weights = {"table": drawn(5, 2), "one": np.array([1])}
    made = model(lines, ("N", 3), kind=onnx.TensorProto.INT32, **weights)
    made.graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    onnx.save(made, tmp_path / "made.onnx")
    spec = xlbackprop.import_model(tmp_path / "made.onnx", batch=2).spec
    network, arrays = recalculated(spec, tmp_path / "made.xlsx")
    (x,) = shown_inputs(network, arrays).values()
    (expected,) = ReferenceEvaluator(made).run(None, {"x": x.astype(np.int32)})
    np.testing.assert_allclose(arrays["mean.out"], expected, TOLERANCE)


def test_what_cannot_be_expressed_is_told_in_a_line_each(tmp_path, capsys):
    weights = {"w": drawn(2, 1, 2, 2), "b": drawn(2)}
    lines = ["Conv x,w,b -> c", "Mish c -> m", "Flatten m -> f", "Erf f -> y"]
    saved(tmp_path / "made.onnx", lines, ("N", 1, "H", "W"), **weights)
    words = "import", tmp_path / "made.onnx"
    status, out, err = called(capsys, *words, "--input", "1,4,4", "-o", tmp_path / "net.toml")
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "xlbackprop: Mish, which gives 1×2×3×3: no layer does that; nearest is silu",
        "xlbackprop: Erf, which gives 1×18: no layer does that; nearest is gelu, which ONNX has"
        " from opset 20",
    ]
    assert not (tmp_path / "net.toml").exists()
    status, _, err = called(capsys, *words)
    assert (status, err.count("\n")) == (2, 1)
    assert "the input 'x' may be of any size, 1,?,?: say which" in err


def test_too_large_says_how_large_and_offers_to_end_earlier(tmp_path, capsys):
    weights = {"w": np.zeros((30, 30)), "v": np.zeros((30, 40_000))}
    lines = ["Gemm x,w -> h", "Relu h -> r", "Gemm r,v -> y"]
    made = model(lines, ("N", 30), **weights)
    for node, name in zip(made.graph.node, ("fc", "act", "wide"), strict=True):
        node.name = name
    onnx.save(made, tmp_path / "made.onnx")
    words = "import", tmp_path / "made.onnx", "-o", tmp_path / "net.toml"
    status, out, err = called(capsys, *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert 'layer "wide": the tensor wide.w would have 1,200,000 cells, more than' in err
    assert "ends earlier, after one of fc, act. Fewer channels cannot be had" in err
    assert called(capsys, *words, "--until", "act")[0] == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--input", "2,4,4"], "--input 2,4,4: the model takes 1,?,?"),
        (["--input", "1,4"], "--input 1,4: the model takes 1,?,?"),
        (["--input", "1,a"], "is no list of sizes"),
        (["--input", "1,4,4", "--until", "shap"], "no module 'shap' in it (did you mean shape?)"),
        (["--input", "1,4,4", "--loss", "mean"], "there is no 'mean': expected one of bce"),
    ],
)
def test_option_that_does_not_fit_is_told(options, words, tmp_path, capsys):
    made = model(["Relu x -> y", "Mish y -> z"], ("N", 1, "H", "W"))
    made.graph.node[0].name = "shape"
    onnx.save(made, tmp_path / "made.onnx")
    status, out, err = called(capsys, "import", tmp_path / "made.onnx", *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_command_writes_a_spec_that_builds(tmp_path, capsys):
    """Up to a module, with a loss, a batch, and a file beside it that holds the numbers."""
    made = model(["Gemm x,w -> h", "Relu h -> y", "Mish y -> z"], ("N", 3), w=np.eye(3))
    for node, name in zip(made.graph.node, ("fc", "act", "last"), strict=True):
        node.name = name
    onnx.save(made, tmp_path / "made.onnx")
    options = ["--until", "act", "--loss", "mse", "--batch", "2", "-o", tmp_path / "net.toml"]
    status, out, err = called(capsys, "import", tmp_path / "made.onnx", *options)
    assert (status, out, err) == (0, f"{tmp_path / 'net.toml'}\n", "")
    spec = xlbackprop.load_spec(tmp_path / "net.toml")
    assert [layer.name for layer in spec.layers] == ["fc", "act"]
    assert (spec.batch, spec.loss.type, spec.names) == (2, "mse", {"w": "fc.w"})
    path = xlbackprop.build(spec, tmp_path / "net.xlsx")
    assert xlbackprop.check(path).verdict == "right"
    np.testing.assert_array_equal(xlbackprop.weights(path)["w"], np.eye(3))


def test_batch_norm_that_may_be_folded_is_told(tmp_path, capsys):
    weights = {"w": drawn(2, 1, 2, 2), "b": drawn(2)}
    norm = {"g": drawn(2), "s": drawn(2), "m": drawn(2), "v": drawn(2) ** 2 + 1}
    for lines, more, notes in (
        (["Conv x,w,b -> y"], {}, 1),
        (["Conv x,w,b -> c", "BatchNormalization c,g,s,m,v -> y"], norm, 0),
        (["Conv x,w -> y"], {}, 0),
    ):
        saved(tmp_path / "made.onnx", lines, (2, 1, 4, 4), **weights, **more)
        output = "-o", tmp_path / "net.toml", "--force"
        status, _, err = called(capsys, "import", tmp_path / "made.onnx", *output)
        assert (status, err.count("\n")) == (0, notes)
        assert ("optimize=False" in err) == bool(notes)


def test_training_mode_of_batch_norm_is_refused(tmp_path):
    norm = {"g": drawn(2), "b": drawn(2), "m": drawn(2), "v": drawn(2) ** 2 + 1}
    lines = [("BatchNormalization x,g,b,m,v -> y,p,q", {"training_mode": 1})]
    saved(tmp_path / "made.onnx", lines, (3, 2), **norm)
    with pytest.raises(xlbackprop.ModelError, match="that of evaluation") as caught:
        xlbackprop.import_model(tmp_path / "made.onnx")
    assert len(caught.value.lines) == 1


@pytest.mark.parametrize(
    ("line", "shape", "weights", "words"),
    [
        (("Gemm x,w -> y", {"alpha": 2.0}), (2, 3), {"w": (3, 2)}, "expected alpha and beta 1"),
        (("LSTM x,w,r -> y", {"hidden_size": 2, "direction": "reverse"}), (3, 2, 4),
         {"w": (1, 8, 4), "r": (1, 8, 2)}, "does not go forward"),
        (("GRU x,w,r -> y", {"hidden_size": 2}), (3, 2, 4), {"w": (1, 6, 4), "r": (1, 6, 2)},
         "linear_before_reset is 0"),
        (("Softmax x -> y", {"axis": 1}), (2, 3, 4), {}, "not over the last axis"),
        (("Transpose x -> y", {"perm": [1, 0]}), (2, 3), {}, "batch"),
        (("Slice x,at,end,at,step -> y", {}), (2, 9),
         {"at": np.array([1]), "end": np.array([9]), "step": np.array([2])}, "every 2th entry"),
        (("Gather x,at -> y", {"axis": 1}), (2, 9), {"at": np.array([3, 1])}, "order of its own"),
        ("NoSuchThing x -> y", (2, 9), {}, "no layer does that"),
    ],
)  # fmt: skip
def test_option_that_no_layer_has_is_refused(line, shape, weights, words, tmp_path):
    weights = {
        name: drawn(*one) if isinstance(one, tuple) else one for name, one in weights.items()
    }
    saved(tmp_path / "made.onnx", [line], shape, **weights)
    with pytest.raises(xlbackprop.SpecError, match=words) as caught:
        xlbackprop.import_model(tmp_path / "made.onnx")
    assert "\n" not in str(caught.value)
