"""An ONNX graph as a program: every node in the words of operations, all that has none at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from types import MappingProxyType

from xlbackprop.equation import Shape
from xlbackprop.models.graph.program import Operation, Program, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.onnx_files.nodes import Known, Node
from xlbackprop.models.onnx_files.step import Steps, Words
from xlbackprop.models.onnx_files.words_of_layers import LAYERS
from xlbackprop.models.onnx_files.words_of_recurrence import RECURRENCE
from xlbackprop.models.onnx_files.words_of_shapes import SHAPES

WORDS: Mapping[str, Callable[[Words], Steps]] = MappingProxyType({**LAYERS, **SHAPES, **RECURRENCE})


def program_of(
    nodes: Sequence[Node], inputs: Mapping[str, Shape], outputs: Sequence[str]
) -> Program:
    """Return nodes as a program. What cannot be said becomes an operation that is refused."""
    nodes = with_turned_matrices(with_biases(nodes, outputs), outputs)
    paths = [path_of(node) for node in nodes]
    number = Counter(paths)
    operations = [
        operation
        for node, path in zip(nodes, paths, strict=True)
        for operation in _operations(node, path, frozenset(inputs), is_leaf=number[path] == 1)
    ]
    return Program(inputs, {}, tuple(operations), tuple(outputs))


def _operations(
    node: Node, path: str, inputs: frozenset[str], *, is_leaf: bool
) -> Iterator[Operation]:
    plain = Operation("", "", {}, (), path, is_leaf=is_leaf, called=node.type)
    try:
        words = WORDS.get(node.type)
        if words is None:
            raise RefusedError("no layer does that")
        steps = list(words(Words(node, inputs)))
    except RefusedError as error:
        yield from _refused(node, plain, str(error))
        return
    except (ValueError, IndexError, KeyError, TypeError, AttributeError):  # a stranger's attributes
        yield from _refused(node, plain, "its attributes do not fit what it takes")
        return
    for step in steps:
        shape = node.shapes[node.outputs[0]] if step.shape is None else step.shape
        result = step.result or node.outputs[0]
        yield replace(plain, name=result, type=step.type, arguments=step.arguments, shape=shape)


def _refused(node: Node, plain: Operation, why: str) -> Iterator[Operation]:
    """Yield an operation that says why, and one for each further result that rests on it."""
    taken = {str(place): Use(one) for place, one in enumerate(node.inputs) if isinstance(one, str)}
    for name in filter(None, node.outputs):
        shape = node.shapes.get(name, ())
        plain = replace(plain, name=name, type=_snake(node.type), shape=shape)
        yield replace(plain, arguments=taken, refused=why)
        taken, why = {"input": Use(name)}, ""
        plain = replace(plain, type="clone")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def path_of(node: Node) -> str:
    """Return the module that a node is of, or the name that its author gave it."""
    scopes = re.findall(r"'([^']*)'", node.scopes)
    if scopes:
        return scopes[-2] if len(scopes) > 1 else ""
    parts = node.name.split("/")
    if len(parts) > 1:
        return parts[-2]
    weights = [one.name for one in node.inputs[1:2] if isinstance(one, Known)]
    named = weights and "." in weights[0] and "::" not in weights[0]
    return weights[0].rpartition(".")[0] if named else node.name


# A product with weights, and then a sum with a bias.


def with_biases(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """Return the nodes, a bias that is added to a product with weights being part of it."""
    users = Counter(one for node in nodes for one in node.inputs if isinstance(one, str))
    products = {node.outputs[0]: node for node in nodes if _is_product(node)}
    joined: dict[str, Node] = {}
    gone = set()
    for node in nodes:
        if node.type != "Add" or len(node.inputs) != 2:
            continue
        for source, bias in (node.inputs, node.inputs[::-1]):
            product = products.get(source) if isinstance(source, str) else None
            if product is None or not isinstance(bias, Known) or not bias.name:
                continue
            is_alone = users[product.outputs[0]] == 1 and product.outputs[0] not in outputs
            if is_alone and bias.numbers.shape == node.shapes[node.outputs[0]][-1:]:
                joined[node.outputs[0]] = _with_bias(product, node, bias)
                gone.add(product.outputs[0])
    return [joined.get(node.outputs[0], node) for node in nodes if node.outputs[0] not in gone]


def _is_product(node: Node) -> bool:
    weight = node.numbers(1)
    return node.type == "MatMul" and weight is not None and weight.ndim == 2


def _with_bias(product: Node, total: Node, bias: Known) -> Node:
    shapes = {**product.shapes, **total.shapes}
    inputs = (*product.inputs[:2], bias)
    return replace(product, inputs=inputs, outputs=total.outputs, shapes=shapes)


# Matrices that are turned after the batch was joined with their number.


def with_turned_matrices(nodes: Sequence[Node], outputs: Sequence[str]) -> list[Node]:
    """Return the nodes, a Transpose between two Reshapes being one of the last two axes."""
    users = Counter(one for node in nodes for one in node.inputs if isinstance(one, str))
    makers = {node.outputs[0]: node for node in nodes}
    changed: dict[str, Node] = {}
    gone: set[str] = set()
    for node in nodes:
        turn = makers.get(str(node.inputs[0])) if node.type == "Reshape" else None
        first = makers.get(str(turn.inputs[0])) if turn and turn.type == "Transpose" else None
        if turn is None or first is None or not _is_turned_between(first, turn, node):
            continue
        between = {turn.outputs[0], first.outputs[0]}
        if all(users[name] == 1 and name not in outputs for name in between):
            changed[node.outputs[0]] = _turned(first, turn, node)
            gone |= between
    return [changed.get(node.outputs[0], node) for node in nodes if node.outputs[0] not in gone]


def _is_turned_between(first: Node, turn: Node, last: Node) -> bool:
    if first.type != "Reshape" or list(turn.attributes.get("perm", ())) != [0, 2, 1]:
        return False
    before, after = first.shapes[str(first.inputs[0])], last.shapes[last.outputs[0]]
    joined = (prod(before[:-2]), *before[-2:])
    return first.shapes[first.outputs[0]] == joined and after == (*before[:-2], *before[:-3:-1])


def _turned(first: Node, turn: Node, last: Node) -> Node:
    rank = len(last.shapes[last.outputs[0]])
    return replace(
        turn,
        inputs=first.inputs[:1],
        attributes={"perm": [*range(rank - 2), rank - 1, rank - 2]},
        outputs=last.outputs,
        shapes={**first.shapes, **last.shapes},
    )
