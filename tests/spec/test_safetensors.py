"""Arrays from .safetensors files: taken by name, and refused in one line where they cannot be."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.support.spec_texts import complaint, values_of, with_array


def write(folder, **arrays):
    save_file({"features.0.bias": np.array([1.0, 2.0, 3.0]), **arrays}, folder / "m.safetensors")


def spec(key="features.0.bias", file="m.safetensors"):
    return with_array("conv1.b", f'"{file}:{key}"')


@pytest.mark.parametrize("kind", ["f8", "f4", "f2", "i8", "u1"])
def test_array_is_taken_by_its_name(kind, tmp_path):
    write(tmp_path, b=np.array([3, 1, 2], kind))
    values = values_of(spec("b"), tmp_path)
    np.testing.assert_array_equal(values["conv1.b"], [3, 1, 2])
    assert values["conv1.b"].dtype == np.float64


def header(text, after=b""):
    return len(text).to_bytes(8, "little") + text + after


TERABYTE = {"b": {"dtype": "F64", "shape": [10**11], "data_offsets": [0, 8 * 10**11]}}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK\x03\x04" + b"x" * 100, id="another-format"),
        pytest.param((2**62).to_bytes(8, "little") + b"{}", id="endless-header"),
        pytest.param(header(b"{" * 5000), id="nested"),
        pytest.param(header(json.dumps(TERABYTE).encode(), b"\0" * 64), id="claims-a-terabyte"),
        pytest.param(
            header(b'{"b":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}}', b"12"), id="cut"
        ),
        pytest.param(
            header(b'{"b":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}', b"123456"), id="bf16"
        ),
    ],
)
def test_damaged_file_is_refused_in_one_line(content, tmp_path):
    (tmp_path / "m.safetensors").write_bytes(content)
    line = complaint(spec("b"), tmp_path)
    assert "conv1.b" in line
    assert "m.safetensors:b" in line


def test_array_that_is_too_large_is_not_read(tmp_path):
    write(tmp_path, b=np.zeros(5_000_000, "u1"))
    line = complaint(spec("b"), tmp_path)
    assert "more than 32,000,000 bytes" in line


def test_wrong_shape_is_refused_with_both(tmp_path):
    write(tmp_path, b=np.zeros((2, 2)))
    line = complaint(spec("b"), tmp_path)
    assert "[2, 2]" in line
    assert "[3]" in line


def test_wrong_name_is_refused_with_those_that_there_are(tmp_path):
    write(tmp_path)
    assert "features.0.bias" in complaint(spec("features.1.bias"), tmp_path)


@pytest.mark.parametrize("make", [Path.mkdir, Path.absolute])
def test_missing_file_is_refused(make, tmp_path):
    make(tmp_path / "m.safetensors")
    assert "m.safetensors" in complaint(spec(), tmp_path)


def test_missing_package_is_named(tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    assert "pip install 'xlbackprop[safetensors]'" in complaint(spec(), tmp_path)
