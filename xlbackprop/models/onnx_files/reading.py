"""An ONNX file to its graph, within limits of size."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xlbackprop.errors import SpecError
from xlbackprop.models.onnx_files.messages import check_messages

MAX_BYTES = 32_000_000
MAX_NODES = 5_000


def read_model(path: Path) -> Any:
    """Return the onnx.ModelProto of a file; numbers in other files are not read.

    Raises SpecError where it is too large, is none, or the package onnx is not installed.
    """
    if find_spec("onnx") is None:
        raise SpecError("an .onnx file needs the package onnx: pip install 'xlbackprop[onnx]'")
    content = _content(path)
    onnx: Any = import_module("onnx")
    try:
        check_messages(content, onnx.ModelProto.DESCRIPTOR)
        model = onnx.ModelProto.FromString(content)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    except Exception:  # protobuf's own error, which is of no public type
        raise SpecError(f"{path}: it is truncated, or no ONNX file") from None
    if len(model.graph.node) > MAX_NODES:
        raise SpecError(f"{path}: it has {len(model.graph.node):,} nodes, more than {MAX_NODES:,}")
    if not model.graph.node:
        raise SpecError(f"{path}: there is no graph in it: expected an ONNX model")
    return model


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SpecError(
                f"{path}: it has {size / 1e6:,.0f} MB, and may have {MAX_BYTES / 1e6:.0f}: every"
                " number becomes a cell"
            )
        return path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from None
