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
    gradients of the first alone: those of each may be meant to be of each use.
    """
    users: dict[tuple[object, ...], list[str]] = defaultdict(list)
    named = list(zip(_names(network), network.spec.layers, strict=True))
    for name, layer in named:
        cells = _cells_of_parameters(network, places, name)
        if cells and not layer.share:
            users[layer.type, *cells].append(name)
    shares = {
        name: names[0]
        for names in users.values()
        if len(names) > 1 and not any(_has_gradients(places, name) for name in names[1:])
        for name in names
    }
    if not shares:
        return None
    layers = [replace(one, share=shares.get(name, one.share)) for name, one in named]
    return replace(network.spec, layers=tuple(layers))


def _names(network: Network) -> list[str]:
    """Return the names of the layers, in the order of the spec."""
    return [layer.name for layer in network.steps[0].layers]


def _has_gradients(places: Mapping[str, Places], layer: str) -> bool:
    """Return whether the map places a gradient of a layer other than that of its input."""
    gradients = (name for name in places if name.startswith(f"{layer}.dL_d"))
    return any(name.rpartition(".")[2] not in ("dL_dh", "dL_dout") for name in gradients)


def _cells_of_parameters(
    network: Network, places: Mapping[str, Places], layer: str
) -> tuple[object, ...]:
    """Return where each parameter of a layer stands; nothing where one is not in the map."""
    names = [
        tensor.name
        for tensor in network.inputs
        if tensor.kind is Kind.PARAMETER and tensor.name.rpartition(".")[0] == layer
    ]
    if not all(name in places for name in names):
        return ()
    return tuple((name.rpartition(".")[2], *_cells(places[name])) for name in names)


def _cells(places: Places) -> tuple[object, ...]:
    sheets = tuple(places.sheets[number] for number in places.sheet.ravel().tolist())
    return (*sheets, places.rows.tobytes(), places.columns.tobytes())
