"""The calls of a model's layers, in an order in which each follows what it takes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlbackprop.errors import SpecError, one_line

_MOST_LAYERS = 1_000
_DEEPEST = 20

Place = tuple[str, int]  # a layer's name, and which of its calls


@dataclass(frozen=True)
class Call:
    """A layer that is called: what it takes, and where its weights are."""

    place: Place
    type: str  # "Conv2D"
    options: Mapping[str, Any]
    sources: tuple[Place, ...]
    weights: str  # "conv2d_1"
    told: tuple[int | None, ...]  # the shape that it gives, as far as the file says


@dataclass(frozen=True)
class Model:
    """A model's inputs in their order, its calls, and what it gives."""

    inputs: tuple[Place, ...]
    calls: tuple[Call, ...]
    outputs: tuple[Place, ...]


def read_calls(described: Mapping[str, Any]) -> Model:
    """Return the calls that a config.json describes. Raises SpecError where it makes no sense."""
    kind = described.get("class_name")
    if kind not in ("Sequential", "Functional", "Model"):
        raise SpecError(
            f"it is a {one_line(kind, 40)}: expected a Sequential or functional model, whose layers"
            " the file describes; of others it holds no more than a name"
        )
    try:
        config = described["config"]
        layers = config["layers"]
        if len(layers) > _MOST_LAYERS:
            raise SpecError(f"it has {len(layers):,} layers, more than {_MOST_LAYERS:,}")
        return _sequential(layers) if kind == "Sequential" else _functional(config, layers)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise SpecError(f"its config.json makes no sense: {one_line(repr(error), 80)}") from None


def _sequential(layers: Sequence[Mapping[str, Any]]) -> Model:
    places = [(_name(layer), 0) for layer in layers]
    if len(set(places)) < len(places) or not places:
        raise SpecError("two of its layers have one name, or it has none")
    told = [_sizes((layer.get("build_config") or {}).get("input_shape")) for layer in layers]
    calls = []
    for number, (layer, weights) in enumerate(zip(layers, _weights(layers), strict=True)):
        sources = (places[number - 1],) if number else ()
        after = told[number + 1] if number + 1 < len(told) else ()
        calls.append(
            Call(places[number], layer["class_name"], layer["config"], sources, weights, after)
        )
    if calls[0].type != "InputLayer":
        raise SpecError("its first layer is no input: build the model before it is saved")
    return Model((places[0],), tuple(calls), (places[-1],))


def _functional(config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> Model:
    shapes: dict[Place, tuple[int | None, ...]] = {}
    calls = []
    for layer, weights in zip(layers, _weights(layers), strict=True):
        nodes = layer.get("inbound_nodes") or ([{}] if layer["class_name"] == "InputLayer" else [])
        for number, node in enumerate(nodes):
            sources = []
            for history, shape in _tensors([node.get("args"), node.get("kwargs")], 0):
                sources.append((str(history[0]), int(history[1])))
                shapes[sources[-1]] = _sizes(shape)
            place = (_name(layer), number)
            calls.append(
                Call(place, layer["class_name"], layer["config"], tuple(sources), weights, ())
            )
    told = [Call(**{**vars(call), "told": shapes.get(call.place, ())}) for call in calls]
    inputs, outputs = (_places(config[key]) for key in ("input_layers", "output_layers"))
    return Model(inputs, tuple(_ordered(told)), outputs)


def _ordered(calls: Sequence[Call]) -> Iterator[Call]:
    """Yield the calls, each after what it takes. Raises SpecError where they are in a circle."""
    done: set[Place] = set()
    waiting = list(calls)
    while waiting:
        ready = [call for call in waiting if done.issuperset(call.sources)]
        if not ready:
            raise SpecError(
                f"{one_line(waiting[0].place[0], 60)} takes what no layer before it gives: a cycle,"
                " or a part that is missing"
            )
        yield from ready
        done.update(call.place for call in ready)
        waiting = [call for call in waiting if call.place not in done]


def _tensors(value: Any, depth: int) -> Iterator[tuple[Sequence[Any], Any]]:
    """Yield what a call takes: its history, and its shape, wherever it stands in the arguments."""
    if depth > _DEEPEST:
        raise SpecError(f"its arguments are nested more than {_DEEPEST} deep")
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield value["config"]["keras_history"], value["config"].get("shape")
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tensors(one, depth + 1)


def _places(value: Any) -> tuple[Place, ...]:
    many = value if value and isinstance(value[0], list) else [value]
    return tuple((str(one[0]), int(one[1])) for one in many)


def _sizes(shape: Any) -> tuple[int | None, ...]:
    if not isinstance(shape, list) or not all(type(one) in (int, type(None)) for one in shape):
        return ()
    return tuple(shape)


def _name(layer: Mapping[str, Any]) -> str:
    return str(layer["config"]["name"])


def _weights(layers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where each layer's weights are: under its class, numbered from the second on."""
    seen: Counter[str] = Counter()
    for layer in layers:
        name = re.sub(r"\W+", "", layer["class_name"])
        name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
        yield f"{name}_{seen[name]}" if seen[name] else name
        seen[name] += 1
