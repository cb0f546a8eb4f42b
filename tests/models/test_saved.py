"""What torch.export.save wrote becomes the spec that from_torch makes; no pickle is loaded."""

import json
import pickle
import warnings
import zipfile

import numpy as np
import pytest

import xlbackprop
from tests.support.command_line import called
from tests.support.oracles.pytorch import require_pytorch
from tests.support.torch_models import made

pytestmark = pytest.mark.pytorch
NAMES = [
    "batch_norm_train", "lstm", "siamese", "word_vectors", "u_net", "mixture", "mini_gpt",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _pytorch():
    require_pytorch()


def saved(name, path):
    import torch

    module, examples, *_ = made(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, of recurrent layers
        torch.export.save(torch.export.export(module, examples), path)
    return module, examples


@pytest.mark.parametrize("name", NAMES)
def test_spec_is_that_of_from_torch(name, tmp_path):
    module, examples = saved(name, tmp_path / "m.pt2")
    spec = xlbackprop.import_model(tmp_path / "m.pt2").spec
    expected = xlbackprop.from_torch(module, examples)
    assert spec.layers == expected.layers
    assert spec.batch == expected.batch
    assert spec.names.items() <= expected.names.items()
    for tensor, array in spec.values.arrays.items():
        np.testing.assert_array_equal(array, expected.values.arrays[tensor])
    xlbackprop.build(spec, tmp_path / "m.xlsx")


def changed(path, part, change):
    """Change a part of a .pt2 file: its bytes, or what its JSON says."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (name,) = [name for name in parts if name.endswith(part)]
    if name.endswith(".json"):
        content = json.loads(parts[name])
        change(content)
        parts[name] = json.dumps(content).encode()
    else:
        parts[name] = change(parts[name])
    with zipfile.ZipFile(path, "w") as archive:
        for other, content in parts.items():
            archive.writestr(other, content)


def weight(config):
    return config["config"]["weight"]


HARM = {
    "pickle": ("weights_config.json", lambda c: weight(c).update(use_pickle=True), "is a pickle"),
    "shell": (
        "model.json",
        lambda c: c["graph_module"]["graph"]["nodes"][0].update(target="torch.os.system"),
        "torch.os.system, which gives 4×1: it is none of PyTorch's own operations",
    ),
    "text to be evaluated": (
        "model.json",
        lambda c: c["graph_module"]["graph"]["tensor_values"]["linear"].update(
            sizes=[{"as_expr": {"expr_str": "__import__('os').system('true')"}}]
        ),
        "has no fixed shape",
    ),
    "ten gigabytes": (
        "weights_config.json",
        lambda c: weight(c)["tensor_meta"].update(sizes=[{"as_int": 1_250_000_000}]),
        "1,250,000,000 numbers",
    ),
    "path upwards": (
        "weights_config.json", lambda c: weight(c).update(path_name="../../secret"), "there is no"
    ),
    "nonsense": ("model.json", lambda c: c["graph_module"].pop("graph"), "makes no sense"),
    "short": ("weight_0", lambda content: content[:-8], "bytes: expected 24"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_harmful_file_is_refused_in_one_line(harm, tmp_path, capsys):
    saved("linear_regression", tmp_path / "m.pt2")
    part, change, words = HARM[harm]
    changed(tmp_path / "m.pt2", part, change)
    status, out, err = called(capsys, "import", tmp_path / "m.pt2", "-o", tmp_path / "n.toml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_module_in_a_pickle_is_refused(tmp_path, capsys):
    import torch

    torch.save(torch.nn.Linear(2, 1), tmp_path / "m.pt2")
    (tmp_path / "p.pt2").write_bytes(pickle.dumps([1]))
    for name in ("m.pt2", "p.pt2"):
        status, out, err = called(capsys, "import", tmp_path / name)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "expected a .pt2 file" in err or "no .pt2 file" in err


def test_batch_is_that_of_the_export(tmp_path, capsys):
    saved("linear_regression", tmp_path / "m.pt2")
    status, _, err = called(capsys, "import", tmp_path / "m.pt2", "--batch", "2")
    assert status == 2
    assert "it was exported for 4×3, the batch in front, and no other" in err
