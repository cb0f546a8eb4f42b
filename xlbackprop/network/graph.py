"""Which layer feeds which: names, sources, and an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from xlbackprop.errors import SpecError, suggestion
from xlbackprop.layers import LAYERS
from xlbackprop.spec import INPUT, LayerSpec


@dataclass(frozen=True)
class Node:
    """A layer with its name, and the names of the layers whose outputs it takes, or "input"."""

    name: str
    spec: LayerSpec
    sources: tuple[str, ...]


def order_layers(layers: tuple[LayerSpec, ...]) -> tuple[Node, ...]:
    """Return the layers so that each comes after its sources; the last listed is the output.

    Raises SpecError for an unknown type, a name twice, an unknown source, a cycle, or a layer
    whose output nothing uses.
    """
    names = _names(layers)
    nodes = [
        Node(name, one, _sources(one, name, number, names))
        for number, (one, name) in enumerate(zip(layers, names, strict=True))
    ]
    _refuse_unused(nodes)
    by_name = {node.name: node for node in nodes}
    return tuple(by_name[name] for name in _sorted(nodes) if name != INPUT)


def _names(layers: tuple[LayerSpec, ...]) -> list[str]:
    names: list[str] = []
    counts: dict[str, int] = {}
    for number, one in enumerate(layers, start=1):
        if one.type not in LAYERS:
            raise SpecError(
                f"layer {number}: unknown type {one.type!r}{suggestion(one.type, LAYERS)}"
            )
        short = LAYERS[one.type].short
        counts[short] = counts.get(short, 0) + 1
        name = one.name or f"{short}{counts[short]}"
        # Sheets' names do not distinguish case.
        if name.lower() in map(str.lower, names):
            raise SpecError(f"layer {number}: name = {name!r}: another layer has this name")
        names.append(name)
    return names


def _sources(one: LayerSpec, name: str, number: int, names: list[str]) -> tuple[str, ...]:
    sources = one.sources or (names[number - 1] if number else INPUT,)
    for source in sources:
        if source not in names and source != INPUT:
            raise SpecError(
                f'layer "{name}": from = {source!r}: there is no such layer'
                f"{suggestion(source, [*names, INPUT])}"
            )
    joins = LAYERS[one.type].joins
    if joins and len(sources) < 2:
        raise SpecError(f'layer "{name}": {one.type} joins two layers or more: from = ["a", "b"]')
    if not joins and len(sources) > 1:
        raise SpecError(
            f'layer "{name}": {one.type} takes one input, and from names {len(sources)}'
        )
    return sources


def _refuse_unused(nodes: list[Node]) -> None:
    used = {source for node in nodes for source in node.sources}
    for node in nodes[:-1]:
        if node.name not in used:
            raise SpecError(
                f'layer "{node.name}": nothing uses its output; let a later layer take it with'
                f' from = "{node.name}"'
            )


def _sorted(nodes: list[Node]) -> Iterable[str]:
    sorter = TopologicalSorter({node.name: node.sources for node in nodes})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise SpecError(f"the layers form a cycle: {' → '.join(error.args[1])}") from None
