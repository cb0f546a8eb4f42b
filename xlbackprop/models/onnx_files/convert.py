"""An ONNX file to a Spec."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from xlbackprop.equation import Shape
from xlbackprop.errors import SpecError
from xlbackprop.models.graph.convert import spec_of_file
from xlbackprop.models.graph.imported import Imported, Wanted
from xlbackprop.models.onnx_files.folded import folded_norms
from xlbackprop.models.onnx_files.nodes import Graph, Known, name_of_parameter
from xlbackprop.models.onnx_files.program import program_of
from xlbackprop.models.onnx_files.reading import read_model
from xlbackprop.models.onnx_files.tensors import Tensors


def from_onnx(path: Path, wanted: Wanted) -> Imported:
    """Return the Spec of an ONNX file, with the numbers of its initializers.

    Raises SpecError with a line for each operation that cannot be expressed, or where the file
    cannot be read.
    """
    model = read_model(path)
    try:
        known = dict(_known(model, path.parent))
        inputs = [one for one in model.graph.input if one.name not in known]
        declared = {one.name: _declared(one) for one in inputs}
        shapes = wanted.shapes(declared)
        types = {one.name: _typed(one, shapes[one.name]) for one in inputs}
        nodes = list(Graph(model, known, types).nodes())
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    program = program_of(nodes, shapes, [one.name for one in model.graph.output])
    spec = spec_of_file(program, path, wanted, wanted.batch_of(declared))
    return Imported(spec, tuple(folded_norms(nodes)))


def _known(model: Any, folder: Path) -> Iterator[tuple[str, Known]]:
    if model.graph.sparse_initializer:
        raise SpecError("it has sparse initializers: expected dense ones")
    tensors = Tensors(folder)
    taken: set[str] = set()
    for tensor in model.graph.initializer:
        name = name_of_parameter(tensor.name)
        while name in taken:
            name += "_"
        taken.add(name)
        yield tensor.name, Known(name, tensors.read(tensor))


def _declared(value: Any) -> tuple[int | None, ...]:
    sizes = value.type.tensor_type.shape.dim
    return tuple(one.dim_value if one.HasField("dim_value") else None for one in sizes)


def _typed(value: Any, shape: Shape) -> Any:
    onnx: Any = import_module("onnx")
    return onnx.helper.make_tensor_type_proto(value.type.tensor_type.elem_type, shape)
