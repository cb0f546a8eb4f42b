"""Which layer feeds which: names, sources, and an order in which they can be computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from xlbackprop.contract.synonyms import meant
from xlbackprop.errors import SpecError, suggestion
from xlbackprop.layers import LAYERS
from xlbackprop.spec import INPUT, LayerSpec


@dataclass(frozen=True)
class Source:
    """Where a layer takes an input from: another layer's output, or an input of the network."""

    layer: str
    output: str = ""  # the output's name; by default the layer's first

    def __str__(self) -> str:
        return f"{self.layer}.{self.output}" if self.output else self.layer


@dataclass(frozen=True)
class Node:
    """A layer with its name, and where it takes its inputs and parameters from."""

    name: str
    spec: LayerSpec
    sources: tuple[Source, ...]
    owner: str = ""  # the earlier layer whose parameters it shares; by default it has its own


def order_layers(
    layers: tuple[LayerSpec, ...], inputs: tuple[str, ...] = (INPUT,)
) -> tuple[Node, ...]:
    """Return the layers so that each comes after its sources; the last listed is the output.

    `inputs` are the names of the network's own; the first layer takes the first by default. Of the
    layers that share their parameters, the first in this order owns them. Raises SpecError for an
    unknown type, a name twice, an unknown source, a cycle, a layer or an input that nothing
    uses, or a share with no other layer.
    """
    names = _names(layers, inputs)
    nodes = [
        Node(name, one, _sources(one, name, number, (names, inputs)))
        for number, (one, name) in enumerate(zip(layers, names, strict=True))
    ]
    _refuse_unused(nodes, inputs)
    by_name = {node.name: node for node in nodes}
    return _sharing([by_name[name] for name in _sorted(nodes) if name not in inputs])


def _names(layers: tuple[LayerSpec, ...], inputs: tuple[str, ...]) -> list[str]:
    names: list[str] = []
    counts: dict[str, int] = {}
    for number, one in enumerate(layers, start=1):
        if one.type not in LAYERS:
            raise SpecError(f"layer {number}: unknown type {one.type!r}{meant(one.type, LAYERS)}")
        short = LAYERS[one.type].short
        counts[short] = counts.get(short, 0) + 1
        name = one.name or f"{short}{counts[short]}"
        # Sheets' names do not distinguish case.
        if name.lower() in map(str.lower, names):
            raise SpecError(f"layer {number}: name = {name!r}: another layer has this name")
        if name.lower() in map(str.lower, inputs):
            raise SpecError(f"layer {number}: name = {name!r}: an input has this name")
        names.append(name)
    return names


Known = tuple[list[str], tuple[str, ...]]  # the names of all layers, and of the inputs


def _sources(one: LayerSpec, name: str, number: int, known: Known) -> tuple[Source, ...]:
    names, inputs = known
    sources = one.sources or (names[number - 1] if number else inputs[0],)
    _check_number(one, name, len(sources))
    return tuple(_source(source, name, known) for source in sources)


def _source(text: str, name: str, known: Known) -> Source:
    """Return the source that `name` or `name.output` means."""
    names, inputs = known
    layer, dot, output = text.partition(".")
    if layer not in names and layer not in inputs:
        raise SpecError(
            f'layer "{name}": from = {text!r}: there is no such layer'
            f"{suggestion(layer, [*names, *inputs])}"
        )
    if dot and (layer in inputs or not output):
        raise SpecError(
            f'layer "{name}": from = {text!r}: expected "{inputs[0]}", the name of a'
            ' layer, or that with one of its outputs, as in "lstm1.out"'
        )
    return Source(layer, output)


def _check_number(one: LayerSpec, name: str, number: int) -> None:
    least, most = LAYERS[one.type].least, LAYERS[one.type].most
    if number < least:
        expected = {1: "an input", 2: "two layers"}.get(least, f"{least} layers")
        more = "" if most == least else " or more"
        raise SpecError(f'layer "{name}": {one.type} joins {expected}{more}: from = ["a", "b"]')
    if most is not None and number > most:
        takes = "one input" if most == 1 else f"at most {most} inputs"
        raise SpecError(f'layer "{name}": {one.type} takes {takes}, and from names {number}')


def _refuse_unused(nodes: list[Node], inputs: tuple[str, ...]) -> None:
    used = {source.layer for node in nodes for source in node.sources}
    for name in inputs:
        if name not in used and len(inputs) > 1:
            raise SpecError(f'[inputs]: nothing takes {name}; let a layer take it: from = "{name}"')
    for node in nodes[:-1]:
        if node.name not in used:
            raise SpecError(
                f'layer "{node.name}": nothing uses its output; let a later layer take it with'
                f' from = "{node.name}"'
            )


def _sorted(nodes: list[Node]) -> Iterable[str]:
    sorter = TopologicalSorter(
        {node.name: [source.layer for source in node.sources] for node in nodes}
    )
    try:
        return list(sorter.static_order())
    except CycleError as error:
        raise SpecError(f"the layers form a cycle: {' → '.join(error.args[1])}") from None


def _sharing(nodes: list[Node]) -> tuple[Node, ...]:
    """Return the nodes with the owners of shared parameters."""
    groups: dict[str, list[str]] = {}
    for node in nodes:
        if node.spec.share:
            groups.setdefault(node.spec.share, []).append(node.name)
    for share, names in groups.items():
        if len(names) < 2:
            raise SpecError(
                f'layer "{names[0]}": share = {share!r}: no other layer shares its parameters'
                f" under this name{suggestion(share, [one for one in groups if one != share])}"
            )
    owners = {name: names[0] for names in groups.values() for name in names[1:]}
    return tuple(replace(node, owner=owners.get(node.name, "")) for node in nodes)
