"""ONNX files that mean harm: refused in one line, within 5 seconds and 500 megabytes."""

import os
import pickle
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.support.command_line import called
from tests.support.onnx_graphs import drawn, model
from tests.support.watched_program import watch

SECONDS, MEGABYTES = 5, 500


def plain():
    return model(["Gemm x,w -> y"], (2, 3), w=drawn(3, 2))


def external(location, *, dims=(3, 2), offset="0", length=None):
    """Return a model whose weights are in another file."""
    made = plain()
    (tensor,) = made.graph.initializer
    tensor.ClearField("raw_data")
    del tensor.dims[:]
    tensor.dims.extend(dims)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": offset, "length": length}.items():
        if value is not None:
            tensor.external_data.add(key=key, value=value)
    return made


def pickled(path):
    class Harm:
        def __reduce__(self):
            return os.system, (f"touch {path.parent / 'harmed'}",)

    path.write_bytes(pickle.dumps(Harm()))


def upwards(path):
    (path.parent.parent / "secret.bin").write_bytes(bytes(48))
    onnx.save(external("../secret.bin"), path)


def linked(path):
    (path.parent.parent / "secret.bin").write_bytes(bytes(48))
    (path.parent / "w.bin").symlink_to(path.parent.parent / "secret.bin")
    onnx.save(external("w.bin"), path)


def absolute(path):
    onnx.save(external("/etc/passwd"), path)


def sparse_ten_gigabytes(path):
    with (path.parent / "w.bin").open("wb") as file:
        file.truncate(10_000_000_000)
    onnx.save(external("w.bin", dims=(1_250_000, 1_000)), path)


def declared_ten_gigabytes(path):
    made = plain()
    made.graph.initializer[0].dims[:] = [1_250_000, 1_000]
    onnx.save(made, path)


def large_file(path):
    with path.open("wb") as file:
        file.truncate(10_000_000_000)


def short_outside(path):
    (path.parent / "w.bin").write_bytes(bytes(40))
    onnx.save(external("w.bin"), path)


def truncated(path):
    path.write_bytes(plain().SerializeToString()[:-30])


def cycle(path):
    made = model(["Add x,b -> a", "Relu a -> b"], (2, 3))
    onnx.save(made, path)


def computed_ten_gigabytes(path):
    sizes = {"sizes": np.array([1_250_000, 1_000])}
    onnx.save(model(["ConstantOfShape sizes -> c", "Add x,c -> y"], (2, 3), **sizes), path)


def power_of_sizes(path):
    lines = ["Concat c0,c0 -> c1"] + [f"Concat c{n},c{n} -> c{n + 1}" for n in range(1, 40)]
    lines = [(line, {"axis": 0}) for line in lines]
    onnx.save(model([*lines, "Add x,c40 -> y"], (2, 3), c0=drawn(2, 3)), path)


def many_constants(path):
    sizes = {"sizes": np.array([1_900_000])}
    lines = [f"ConstantOfShape sizes -> c{n}" for n in range(1_000)]
    onnx.save(model([*lines, "Add x,c0 -> y"], (2, 3), **sizes), path)


def repeated_over_a_large_input(path):
    onnx.save(model(["Add x,c -> y"], (1_000, 30_000, 30_000), c=drawn(1)), path)


def many_nodes(path):
    onnx.save(model([f"Relu x -> y{n}" for n in range(6_000)], (2, 3)), path)


def empty_nodes(path):
    graph = onnx.GraphProto(name="g").SerializeToString() + b"\x0a\x00" * 5_000_000
    path.write_bytes(b"\x3a" + varint(len(graph)) + graph)


def varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def nested(path):
    """A graph in an attribute of a node of a graph, and so on."""
    content = onnx.GraphProto(name="g").SerializeToString()
    for _ in range(200):
        attribute = b"\x32" + varint(len(content)) + content
        node = b"\x2a" + varint(len(attribute)) + attribute
        content = b"\x0a" + varint(len(node)) + node
    path.write_bytes(b"\x3a" + varint(len(content)) + content)


def negative_size(path):
    made = plain()
    made.graph.initializer[0].dims[:] = [-3, 2]
    onnx.save(made, path)


def texts(path):
    made = plain()
    made.graph.initializer[0].CopyFrom(helper.make_tensor("w", TensorProto.STRING, [1], [b"a"]))
    onnx.save(made, path)


HARM = {
    pickled: "no ONNX file",
    upwards: "not in the model's folder: it is not followed",
    linked: "not in the model's folder: it is not followed",
    absolute: "not in the model's folder: it is not followed",
    sparse_ten_gigabytes: "1,250,000,000 numbers",
    declared_ten_gigabytes: "1,250,000,000 numbers",
    large_file: "10,000 MB, and may have 32",
    short_outside: "too short",
    truncated: "truncated",
    cycle: "without a cycle",
    computed_ten_gigabytes: "more than 2,000,000 numbers",
    power_of_sizes: "more than 2,000,000 numbers",
    many_constants: "more than 2,000,000 numbers",
    repeated_over_a_large_input: "numbers are more than 2,000,000",
    many_nodes: "6,000 nodes, more than 5,000",
    empty_nodes: "more than 300,000 parts",
    nested: "nested more than 20 deep",
    negative_size: "no size is negative",
    texts: "of type STRING",
}
SLOW = [
    large_file,
    many_constants,
    repeated_over_a_large_input,
    empty_nodes,
    sparse_ten_gigabytes,
    computed_ten_gigabytes,
]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "models").mkdir()
    return tmp_path / "models/model.onnx"


@pytest.mark.parametrize("harm", [one for one in HARM if one not in SLOW])
def test_harmful_file_is_refused_in_one_line(harm, path, capsys):
    harm(path)
    status, out, err = called(capsys, "import", path, "-o", path.with_suffix(".toml"))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert HARM[harm] in err
    assert "Traceback" not in err
    assert not path.with_suffix(".toml").exists()
    assert not (path.parent / "harmed").exists()


@pytest.mark.hostile
@pytest.mark.parametrize("harm", SLOW)
def test_large_claim_takes_little_time_and_memory(harm, path):
    harm(path)
    outcome = watch(sys.executable, "-m", "xlbackprop", "import", path)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert HARM[harm] in outcome.err
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES


def test_numbers_beside_the_model_are_read(path, capsys):
    """The honest file of the same kind."""
    (path.parent / "w.bin").write_bytes(bytes(8) + drawn(3, 2).tobytes())
    onnx.save(external("w.bin", offset="8", length="48"), path)
    status, out, err = called(capsys, "import", path, "-o", path.with_suffix(".toml"))
    assert (status, err) == (0, "")
    assert out
