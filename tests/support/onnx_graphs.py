"""Small ONNX graphs made by hand: a node or some of each kind, in float64."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

OPSET = 20
Node = tuple[str, dict[str, object]]  # "Conv x,w,b -> y", its attributes


def model(lines, shape, *, opset=OPSET, kind=TensorProto.DOUBLE, **weights) -> ModelProto:
    """Return a model of lines as ("Conv x,w,b -> y", {"pads": [1, 1, 1, 1]}).

    The last line's first result is the output, `shape` the input's; sizes may be texts.
    """
    nodes = []
    for line in lines:
        text, attributes = line if isinstance(line, tuple) else (line, {})
        kind_of_node, names, _, results = text.split(" ")
        nodes.append(
            helper.make_node(kind_of_node, names.split(","), results.split(","), **attributes)
        )
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(nodes[-1].output[0], kind, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def drawn(*shape):
    """Return numbers of a shape, the same at each call."""
    return np.random.default_rng(sum(shape)).normal(size=shape)


def _conv(rank, **attributes):
    w = drawn(2, 2, *(3,) * rank)
    return [("Conv x,w,b -> y", attributes)], (2, 2, *(7, 6)[:rank]), {"w": w, "b": drawn(2)}


def _one(text, shape, attributes=None, **weights):
    return [(text, attributes or {})], shape, weights


def _recurrent(kind, gates, **attributes):
    w, r, b = drawn(1, gates * 3, 2), drawn(1, gates * 3, 3), drawn(1, 2 * gates * 3)
    lines = [
        ("Transpose x -> t", {"perm": [1, 0, 2]}),
        (f"{kind} t,w,r,b -> y", {"hidden_size": 3, **attributes}),
        "Squeeze y,one -> s",
        ("Transpose s -> z", {"perm": [1, 0, 2]}),
    ]
    return lines, (2, 4, 2), {"w": w, "r": r, "b": b, "one": np.array([1])}


_SHAPED = [
    "Shape x -> s",
    "Gather s,zero -> n",
    "Unsqueeze n,axes -> n1",
    ("Concat n1,rest -> sizes", {"axis": 0}),
    "Reshape x,sizes -> y",
    "Gemm y,w -> z",
]

GRAPHS = {
    "conv": _conv(2, pads=[1, 1, 1, 1]),
    "conv, padded unevenly": _conv(2, pads=[1, 0, 2, 1], strides=[2, 1]),
    "conv, SAME_UPPER": _conv(2, auto_pad="SAME_UPPER", strides=[2, 2]),
    "conv, SAME_LOWER": _conv(2, auto_pad="SAME_LOWER", strides=[2, 2]),
    "conv, padded unevenly, rows as columns": _conv(2, pads=[0, 0, 1, 1], strides=[2, 2]),
    "conv, dilated": _conv(2, dilations=[2, 1]),
    "conv of rows": _conv(1, pads=[2, 0], strides=[2]),
    "conv in groups": _one(
        "Conv x,w -> y", (1, 4, 4, 4), {"group": 2, "strides": [2, 2]}, w=drawn(2, 2, 3, 3)
    ),
    "transposed conv": _one(
        "ConvTranspose x,w,b -> y", (2, 2, 3, 3),
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        w=drawn(2, 3, 3, 3), b=drawn(3),
    ),
    "max pool": _one(
        "MaxPool x -> y", (2, 2, 6, 6), {"kernel_shape": [2, 2], "strides": [2, 2]}
    ),
    "mean pool of rows": _one(
        "AveragePool x -> y", (2, 2, 6),
        {"kernel_shape": [2], "pads": [1, 1], "count_include_pad": 1},
    ),
    "global pools": (["GlobalMaxPool x -> p", "Flatten p -> y"], (2, 3, 3, 4), {}),
    "global mean": (["GlobalAveragePool x -> p", "Flatten p -> y"], (2, 3, 3, 4), {}),
    "batch norm": _one(
        "BatchNormalization x,g,b,m,v -> y", (2, 3, 2, 2), {"epsilon": 2.0**-10},
        g=drawn(3), b=drawn(3) + 1, m=drawn(3) / 2, v=drawn(3) ** 2 + 0.5,
    ),
    "instance norm": _one(
        "InstanceNormalization x,g,b -> y", (2, 3, 2, 3), g=drawn(3), b=drawn(3) + 1
    ),
    "layer norm": _one(
        "LayerNormalization x,g,b -> y", (2, 3, 4), g=drawn(4), b=drawn(4) + 1
    ),
    "gemm": _one("Gemm x,w,b -> y", (3, 4), {"transB": 1}, w=drawn(2, 4), b=drawn(2)),
    "gemm, not transposed": _one("Gemm x,w -> y", (3, 4), w=drawn(4, 2)),
    "product and sum": (
        ["MatMul x,w -> p", "Add b,p -> y"], (2, 3, 4), {"w": drawn(4, 2), "b": drawn(2)}
    ),
    "product with a given matrix": _one("MatMul a,x -> y", (2, 3, 2), a=drawn(4, 3)),
    "activations": (
        ["Relu x -> a", "Sigmoid a -> b", "Tanh b -> c", ("LeakyRelu c -> d", {"alpha": 0.25}),
         ("Elu d -> e", {"alpha": 0.5}), "Softplus e -> f", "Exp f -> g", "PRelu g,w -> h",
         "Softmax h -> y"],
        (2, 4), {"w": drawn(4)},
    ),
    "gelu": (["Gelu x -> a", ("Gelu a -> y", {"approximate": "tanh"})], (2, 4), {}),
    "hard sigmoid": _one("HardSigmoid x -> y", (2, 4), {"alpha": 1 / 6}),
    "hard swish": _one("HardSwish x -> y", (2, 4)),
    "clip": _one("Clip x,low,high -> y", (2, 5), low=np.array(0.0), high=np.array(6.0)),
    "sums and products": (
        ["Sum x,x,x -> a", "Mul a,x -> b", "Sub b,c -> d", "Div d,two -> e", "Neg e -> f",
         "Pow f,three -> g", "Add g,c -> y"],
        (2, 3), {"c": np.array(1.5), "two": np.array(2.0), "three": np.array(3.0)},
    ),
    "means and sums": (
        [("ReduceMean x,last -> a", {"keepdims": 1}), ("ReduceSum a,last -> y", {"keepdims": 0})],
        (2, 3, 4), {"last": np.array([-1])},
    ),
    "parts and joins": (
        [("Split x,sizes -> a,b", {"axis": 1}), ("Concat b,a -> c", {"axis": 1}),
         "Slice c,one,end,two,one -> d", ("Gather d,at -> e", {"axis": 1}),
         "Unsqueeze e,one -> f", "Squeeze f,one -> y"],
        (2, 5, 4),
        {"sizes": np.array([2, 3]), "one": np.array([1]), "two": np.array([2]),
         "end": np.array([9]), "at": np.array(1)},
    ),
    "matrices turned between reshapes": (
        ["Reshape x,joined -> a", ("Transpose a -> b", {"perm": [0, 2, 1]}), "Reshape b,back -> c",
         "MatMul x,c -> y"],
        (2, 2, 3, 4), {"joined": np.array([-1, 3, 4]), "back": np.array([2, 2, 4, 3])},
    ),
    "mask": (
        ["Where m,low,x -> s", "Softmax s -> y"],
        (2, 3, 3), {"m": np.triu(np.ones((3, 3)), 1) > 0, "low": np.array(-np.inf)},
    ),
    "positions": _one("Add x,p -> y", (2, 3, 4), p=drawn(3, 4)),
    "shapes that are computed": (
        _SHAPED, (2, 3, 4),
        {"zero": np.array(0), "axes": np.array([0]), "rest": np.array([-1]), "w": drawn(12, 2)},
    ),
    "rnn": _recurrent("RNN", 1),
    "lstm": _recurrent("LSTM", 4),
    "gru": _recurrent("GRU", 3, linear_before_reset=1),
    "last state of a gru": (
        [("Transpose x -> t", {"perm": [1, 0, 2]}),
         ("GRU t,w,r,b -> ,h", {"hidden_size": 3, "linear_before_reset": 1}),
         "Squeeze h,zero -> y"],
        (2, 4, 2),
        {"w": drawn(1, 9, 2), "r": drawn(1, 9, 3), "b": drawn(1, 18), "zero": np.array([0])},
    ),
}  # fmt: skip
