"""Layers whose parameters a map places in the same cells: they share them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from xlbackprop.equation import Kind
from xlbackprop.formula.places import Places
from xlbackprop.network import Network
from xlbackprop.spec import Spec


def with_shared_layers(network: Network, places: Mapping[str, Places]) -> Spec | None:
    """Return the spec in which layers share what stands in the same cells, or None if none does.

    One cell is one number, so that its gradient is the sum over all uses. This is so only where
    all parameters of both stand there, the spec does not say so already, and the map places the
    gradients and updates of the first alone: those of each may be meant to be of each use.
    """
    users: dict[tuple[object, ...], list[str]] = defaultdict(list)
    names = [layer.name for layer in network.layers]
    named = list(zip(names, network.spec.layers, strict=True))
    for name, layer in named:
        cells = _cells_of_parameters(network, places, name)
        if cells and not layer.share:
            users[layer.type, *cells].append(name)
    shares = {
        name: names[0]
        for names in users.values()
        if len(names) > 1 and not any(_learns(network, places, name) for name in names[1:])
        for name in names
    }
    if not shares:
        return None
    layers = [replace(one, share=shares.get(name, one.share)) for name, one in named]
    return replace(network.spec, layers=tuple(layers))


def _parameters(network: Network, layer: str) -> list[str]:
    """Return the names of a layer's own parameters, without the layer's."""
    names = [tensor.name for tensor in network.inputs if tensor.kind is Kind.PARAMETER]
    return [name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == layer]


def _learns(network: Network, places: Mapping[str, Places], layer: str) -> bool:
    """Return whether the map places a gradient or an update of a layer's parameters."""
    return any(
        f"{layer}.{tensor}" in places
        for short in _parameters(network, layer)
        for tensor in (f"dL_d{short}", f"{short}_new")
    )


def _cells_of_parameters(
    network: Network, places: Mapping[str, Places], layer: str
) -> tuple[object, ...]:
    """Return where each parameter of a layer stands; nothing where one is not in the map."""
    shorts = _parameters(network, layer)
    if not all(f"{layer}.{short}" in places for short in shorts):
        return ()
    return tuple((short, *_cells(places[f"{layer}.{short}"])) for short in shorts)


def _cells(places: Places) -> tuple[object, ...]:
    sheets = tuple(places.sheets[number] for number in places.sheet.ravel().tolist())
    return (*sheets, places.rows.tobytes(), places.columns.tobytes())
