"""A built workbook against PyTorch: the same names, the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

import xlbackprop
from tests.support.oracles import pytorch, workbook

TOLERANCE = 1e-9


def spec_of(raw: Mapping[str, Any]) -> xlbackprop.Spec:
    """Return the Spec of a spec as plain dictionaries."""
    return xlbackprop.parse_spec(tomli_w.dumps(raw))


def given_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the givens and parameters in their shapes, from arrays by block."""
    return {
        tensor.name: arrays[tensor.name].reshape(tensor.shape)
        for tensor in xlbackprop.inspect(path).tensors
        if tensor.kind in ("given", "parameter")
    }


def assert_pytorch_agrees(
    raw: Mapping[str, Any], path: Path, arrays: Mapping[str, np.ndarray]
) -> None:
    """Compare every tensor that PyTorch knows with what is in the workbook."""
    assert_tensors_agree(pytorch.run(raw, given_arrays(path, arrays)), arrays)


def assert_tensors_agree(
    expected: Mapping[str, np.ndarray], arrays: Mapping[str, np.ndarray]
) -> None:
    """Compare tensors that PyTorch knows, which have L among them, with those of a workbook."""
    assert "loss.L" in expected
    for name, array in expected.items():
        assert name in arrays, f"the workbook has no {name}"
        found = arrays[name]
        assert found.size == array.size, name
        np.testing.assert_allclose(
            found.reshape(array.shape), array, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
        )


def saved(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays by block that are saved in a workbook."""
    return workbook.saved_arrays(path, workbook.places(path))
