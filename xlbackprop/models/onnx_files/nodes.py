"""The nodes of an ONNX graph in order, each with its shapes; constants are computed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from math import prod
from typing import Any

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.errors import SpecError, one_line
from xlbackprop.spec.array_files import MAX_NUMBERS

Numbers = np.ndarray[Any, Any]

# What is computed where all that it takes is known.
_COMPUTED = (
    "Add", "And", "Cast", "CastLike", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div",
    "Equal", "Expand", "Flatten", "Floor", "Gather", "Greater", "GreaterOrEqual", "Less",
    "LessOrEqual", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal",
    "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "ScatterND", "Slice", "Split",
    "Sqrt", "Squeeze", "Sub", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """Numbers that a graph has from the start: an initializer's, by its name, or computed."""

    name: str
    numbers: Numbers


@dataclass(frozen=True)
class Node:
    """A node that stays: what it takes, by name where it is computed, and its results' shapes."""

    type: str
    inputs: tuple[Known | str | None, ...]
    attributes: Mapping[str, Any]
    outputs: tuple[str, ...]
    shapes: Mapping[str, Shape]  # of inputs and outputs
    name: str
    scopes: str  # what PyTorch's exporter notes of the modules

    def numbers(self, place: int) -> Numbers | None:
        """Return an input's numbers, or None where it is computed or missing."""
        one = self.inputs[place] if place < len(self.inputs) else None
        return one.numbers if isinstance(one, Known) else None


class Graph:
    """A graph whose nodes are gone through once."""

    def __init__(self, model: Any, known: Mapping[str, Known], shapes: Mapping[str, Any]) -> None:
        self._onnx: Any = import_module("onnx")
        self._inference: Any = import_module("onnx.shape_inference")
        self._model = model
        self._known = dict(known)
        self._types = dict(shapes)  # onnx.TypeProto of what is computed, by name
        self._left = MAX_NUMBERS  # so many may be computed of constants
        self._opsets = {one.domain: one.version for one in model.opset_import}

    @property
    def known(self) -> Mapping[str, Known]:
        """What is known: initializers, and what was computed of them."""
        return self._known

    def nodes(self) -> Iterator[Node]:
        """Yield the nodes that take what is not known. Raises SpecError for what is no order."""
        for proto in self._model.graph.node:
            for name in proto.input:
                if name and name not in self._known and name not in self._types:
                    raise SpecError(
                        f"{_title(proto)} takes {one_line(name, 60)!r}, which nothing before it"
                        " gives: nodes stand in order, without a cycle"
                    )
            types = self._result_types(proto)
            if not self._compute(proto, types):
                self._types |= {name: types.get(name) for name in proto.output}
                yield self._node(proto)

    def shape(self, name: str) -> Shape:
        """Return the shape of what is computed; () where it is not told."""
        return _sizes(self._types[name]) or ()

    def _node(self, proto: Any) -> Node:
        helper = self._onnx.helper
        attributes = {
            one.name: helper.get_attribute_value(one) for one in proto.attribute if one.type != 5
        }
        computed = [*(name for name in proto.input if name not in self._known), *proto.output]
        return Node(
            proto.op_type,
            tuple(self._known.get(name, name) or None for name in proto.input),
            attributes,
            tuple(proto.output),
            {name: self.shape(name) for name in computed if name},
            proto.name,
            next((one.value for one in proto.metadata_props if "name_scopes" in one.key), ""),
        )

    def _result_types(self, proto: Any) -> Mapping[str, Any]:
        onnx = self._onnx
        types = {name: self._types[name] for name in proto.input if self._types.get(name)}
        data = {}
        for name in proto.input:
            if name in self._known:
                numbers = self._known[name].numbers
                kind = onnx.helper.np_dtype_to_tensor_dtype(numbers.dtype)
                types[name] = onnx.helper.make_tensor_type_proto(kind, numbers.shape)
                if numbers.size < 1000 and numbers.dtype.kind in "iu":
                    data[name] = onnx.numpy_helper.from_array(numbers)
        try:
            schema = onnx.defs.get_schema(
                proto.op_type, self._opsets.get(proto.domain, 1), proto.domain
            )
            result: Mapping[str, Any] = self._inference.infer_node_outputs(
                schema, proto, types, data, opset_imports=list(self._model.opset_import)
            )
        except Exception:  # of several kinds, none of them public: the rule says what it misses
            return {}
        return result

    def _compute(self, proto: Any, types: Mapping[str, Any]) -> bool:
        """Compute a node's results where they rest on known numbers only; say whether it did."""
        if proto.op_type == "Shape" and not proto.attribute and proto.input[0] in self._types:
            sizes = self._sizes_of(proto.input[0])
            self._known[proto.output[0]] = Known("", np.array(sizes, dtype=np.int64))
            return True
        if not all(name in self._known for name in proto.input if name):
            return False
        if proto.op_type == "Identity":
            # Exporters keep equal numbers once: this is a parameter of its own.
            source, name = self._known[proto.input[0]], name_of_parameter(proto.output[0])
            self._known[proto.output[0]] = Known(source.name and name, source.numbers)
            return True
        shapes = [_sizes(types.get(name)) for name in proto.output]
        if proto.op_type not in _COMPUTED or None in shapes:
            raise SpecError(f"{_title(proto)} takes constants only, and is not computed here")
        self._left -= sum(prod(shape or ()) for shape in shapes)
        if self._left < 0:
            raise SpecError(
                f"{_title(proto)} makes constants of more than {MAX_NUMBERS:,} numbers, with those"
                " before it"
            )
        kept = self._known[proto.input[0]].name if proto.op_type == "Transpose" else ""
        for name, numbers in zip(proto.output, self._evaluated(proto), strict=True):
            self._known[name] = Known(kept, np.asarray(numbers))
        return True

    def _sizes_of(self, name: str) -> Shape:
        sizes = _sizes(self._types[name])
        if sizes is None:
            raise SpecError(f"the shape of {one_line(name, 60)!r} is not known")
        return sizes

    def _evaluated(self, proto: Any) -> list[Any]:
        reference: Any = import_module("onnx.reference")
        given = {name: self._known[name].numbers for name in proto.input if name}
        try:
            evaluator = reference.ReferenceEvaluator(proto, opsets=self._opsets)
            with np.errstate(all="ignore"):
                return list(evaluator.run(None, given))
        except Exception as error:  # whatever a stranger's attributes lead to
            raise SpecError(f"{_title(proto)} cannot be computed: {one_line(error, 100)}") from None


def name_of_parameter(name: str) -> str:
    """Return a name of letters, digits, dots, dashes and underscores."""
    parts = [re.sub(r"[^\w-]", "_", part, flags=re.ASCII) for part in name.split(".")]
    return ".".join(part for part in parts if part)[:150] or "w"


def _sizes(kind: Any) -> Shape | None:
    """Return the sizes that a type tells, or None where it does not tell all."""
    if kind is None or not kind.tensor_type.HasField("shape"):
        return None
    dimensions = kind.tensor_type.shape.dim
    if not all(one.HasField("dim_value") for one in dimensions):
        return None
    return tuple(one.dim_value for one in dimensions)


def _title(proto: Any) -> str:
    name = one_line(proto.name, 60)
    return f"{one_line(proto.op_type, 40)} ({name})" if name else one_line(proto.op_type, 40)
