"""A module as torch.export sees it, as a program without anything of torch in it."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from xlbackprop.equation import Shape
from xlbackprop.errors import SpecError, one_line
from xlbackprop.models.graph.program import ITEM, Operation, Program, Stored, Use
from xlbackprop.models.pytorch.modules import as_single_operations


def exported(module: Any, examples: tuple[Any, ...]) -> Program:
    """Return a module's operations on examples. Raises SpecError where torch cannot tell them."""
    torch: Any = import_module("torch")  # only where the user has it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with as_single_operations(module):
                program = torch.export.export(module, examples)
        except Exception as error:  # the user's own code runs here, and may raise anything
            raise SpecError(
                f"torch.export cannot follow {type(module).__name__}: {one_line(error, 300)}"
            ) from error
    return _program(program)


def _program(program: Any) -> Program:
    stored, inputs = {}, {}
    nodes = {node.name: node for node in program.graph.nodes}
    tensors = {**program.state_dict, **program.constants}
    for one in program.graph_signature.input_specs:
        if one.kind.name == "USER_INPUT":
            if one.arg.name in nodes and hasattr(nodes[one.arg.name].meta.get("val"), "shape"):
                inputs[one.arg.name] = _shape(nodes[one.arg.name])
        else:
            named = one.kind.name != "CONSTANT_TENSOR"
            stored[one.arg.name] = _stored(tensors[one.target], one.target if named else "")
    (end,) = [node for node in nodes.values() if node.op == "output"]
    needed = _needed(end)
    order = {node: place for place, node in enumerate(nodes.values())}
    operations = [
        _operation(node, order)
        for node in nodes.values()
        if node.op == "call_function" and node in needed
    ]
    return Program(inputs, stored, tuple(operations), tuple(one.name for one in end.args[0]))


def _needed(end: Any) -> set[Any]:
    """Return what the output rests on: what only keeps count, as of batches, is left out."""
    needed, waiting = set(), [end]
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting.extend(node.all_input_nodes)
    return needed


def _operation(node: Any, order: Mapping[Any, int]) -> Operation:
    path, cls = list((node.meta.get("nn_module_stack") or {"": ("", "")}).values())[-1]
    first = next(iter(node.all_input_nodes), None)
    users = first.users if first is not None else ()
    return Operation(
        node.name,
        _type(node.target),
        _arguments(node),
        _shape(node),
        path.removeprefix("model."),
        "a number" if hasattr(node.meta.get("val"), "shape") else "several tensors",
        str(getattr(cls, "__module__", cls)).startswith("torch.nn."),
        all(order[user] <= order[node] for user in users),
    )


def _type(target: Any) -> str:
    if target is operator.getitem:
        return ITEM
    return str(getattr(target, "overloadpacket", target)).rpartition(".")[2]


def _arguments(node: Any) -> dict[str, Any]:
    if node.target is operator.getitem:
        return {"input": _value(node.args[0]), "index": node.args[1]}
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {str(place): _value(one) for place, one in enumerate(node.args)}
    found = {one.name: one.default_value for one in schema.arguments if one.has_default_value()}
    names = [one.name for one in schema.arguments]
    found |= {name: _value(one) for name, one in zip(names, node.args, strict=False)}
    found |= {name: _value(one) for name, one in node.kwargs.items()}
    first = names[0] if names else ""
    return {"input": found[first], **found} if first in found else found


def _value(one: Any) -> Any:
    if isinstance(one, (list, tuple)):
        return [_value(entry) for entry in one]
    return Use(one.name) if hasattr(one, "all_input_nodes") else one


def _shape(node: Any) -> Shape:
    value = node.meta.get("val")
    return tuple(map(int, value.shape)) if hasattr(value, "shape") else ()


def _stored(tensor: Any, name: str) -> Stored:
    array = np.asarray(tensor.detach().cpu().double().numpy(), dtype=np.float64)
    return Stored(name, array.copy(), bool(tensor.requires_grad))
