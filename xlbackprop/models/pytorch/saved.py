"""A .pt2 file, as torch.export.save writes it, to a Spec: its JSON is read, and nothing is run.

PyTorch's own loader unpickles, and evaluates texts of a file. Here PyTorch is only asked for what
the arguments of an operation are by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xlbackprop.equation import Array, Shape
from xlbackprop.errors import SpecError, one_line
from xlbackprop.models.graph.convert import spec_of_file
from xlbackprop.models.graph.imported import Imported, Wanted
from xlbackprop.models.graph.program import ITEM, Operation, Program, Stored, Use
from xlbackprop.models.pytorch.saved_numbers import read_numbers, sizes_of
from xlbackprop.models.zipped import opened, parsed

_MAX_MODEL = 8_000_000
_MOST_NODES = 5_000
_TARGET = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)")
_PLAIN = ("as_int", "as_bool", "as_string", "as_ints", "as_floats", "as_bools")


def from_saved(path: Path, wanted: Wanted) -> Imported:
    """Return the Spec of a .pt2 file. Raises SpecError as the other sources do."""
    if find_spec("torch") is None:
        raise SpecError("a .pt2 file needs PyTorch, which is not installed: pip install torch")
    try:
        with opened(path, ".pt2 file of torch.export.save") as (names, read):
            start = names[0].partition("/")[0] if names else ""
            described = parsed(read(f"{start}/models/model.json", _MAX_MODEL), "model.json")
            arrays = read_numbers(names, read, start)
        program = _program(described, arrays)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        why = one_line(repr(error), 80)
        raise SpecError(f"{path}: its model.json makes no sense: {why}") from None
    shapes = wanted.shapes(program.inputs)
    if shapes != program.inputs:
        sizes = " and ".join("×".join(map(str, one)) for one in program.inputs.values())
        raise SpecError(f"{path}: it was exported for {sizes}, the batch in front, and no other")
    return Imported(spec_of_file(program, path, wanted, wanted.batch_of(program.inputs)))


def _program(described: Mapping[str, Any], arrays: Mapping[str, Array]) -> Program:
    module = described["graph_module"]
    graph, signature = module["graph"], module["signature"]
    shapes = graph["tensor_values"]
    inputs: dict[str, Shape] = {}
    stored: dict[str, Stored] = {}
    for one in signature["input_specs"]:
        ((kind, entry),) = one.items()
        if kind == "user_input":
            name = entry["arg"]["as_tensor"]["name"]
            inputs[name] = sizes_of(shapes[name], name)
        else:
            name, known = entry["arg"]["name"], _name(kind, entry)
            if known not in arrays:
                raise SpecError(f"{one_line(known, 60)} is not among the numbers in it")
            is_parameter = kind == "parameter" and shapes[name].get("requires_grad", True)
            own = known if kind in ("parameter", "buffer") else ""
            stored[name] = Stored(own, arrays[known], bool(is_parameter))
    if len(graph["nodes"]) > _MOST_NODES:
        raise SpecError(f"it has {len(graph['nodes']):,} nodes, more than {_MOST_NODES:,}")
    operations = [one for node in graph["nodes"] for one in _operations(node, shapes)]
    outputs = [one["user_output"]["arg"]["as_tensor"]["name"]
               for one in signature["output_specs"] if "user_output" in one]  # fmt: skip
    return Program(inputs, stored, tuple(operations), tuple(outputs))


def _name(kind: str, entry: Mapping[str, Any]) -> str:
    return str(entry[{"tensor_constant": "tensor_constant_name"}.get(kind, f"{kind}_name")])


def _operations(node: Mapping[str, Any], shapes: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield a node's operation, and one for each of several results."""
    (first, *more) = [name for one in node["outputs"] for name in _results(one)]
    stack = node.get("metadata", {}).get("nn_module_stack", "").split(";")[-1].split(",")
    path, cls = (stack[1], stack[2]) if len(stack) == 3 else ("", "")
    whole = f"{first}#all" if more else first
    shape = () if more else sizes_of(shapes[first], first)
    type_name, arguments, refused = _called(node)
    yield Operation(
        whole, type_name, arguments, shape, path, "several tensors", cls.startswith("torch.nn."),
        refused=refused,
    )  # fmt: skip
    for place, name in enumerate([first, *more] if more else []):
        own = sizes_of(shapes[name], name)
        yield Operation(name, ITEM, {"input": Use(whole), "index": place}, own, path)


def _results(one: Mapping[str, Any]) -> list[str]:
    ((kind, value),) = one.items()
    return [entry["name"] for entry in (value if kind == "as_tensors" else [value])]


def _called(node: Mapping[str, Any]) -> tuple[str, dict[str, Any], str]:
    """Return an operation's name and arguments, and why it is none that is known, if so."""
    given = {one["name"]: _value(one["arg"]) for one in node["inputs"]}
    found = _TARGET.fullmatch(node["target"])
    if found is None:
        return one_line(node["target"], 60), given, "it is none of PyTorch's own operations"
    torch: Any = import_module("torch")
    overload = getattr(getattr(torch.ops.aten, found[1], None), found[2], None)
    if overload is None:
        return found[1], given, "this PyTorch does not know it"
    schema = overload._schema.arguments
    arguments = {one.name: one.default_value for one in schema if one.has_default_value()} | given
    first = schema[0].name if schema else ""
    alone = {"input": arguments[first]} if first in arguments else {}
    return found[1], {**alone, **arguments}, ""


def _value(argument: Mapping[str, Any]) -> Any:
    ((kind, value),) = argument.items()
    if kind == "as_tensor":
        return Use(str(value["name"]))
    if kind in ("as_tensors", "as_optional_tensors"):
        return [_value(one) if "as_tensor" in one else _use(one) for one in value]
    if kind in ("as_sym_int", "as_sym_ints"):
        many = value if isinstance(value, list) else [value]
        sizes = [int(one["as_int"]) for one in many]
        return sizes if isinstance(value, list) else sizes[0]
    if kind == "as_float":  # infinity is a text
        return float(value)
    return value if kind in _PLAIN else None


def _use(one: Mapping[str, Any]) -> Use | None:
    return Use(str(one["name"])) if "name" in one else None
