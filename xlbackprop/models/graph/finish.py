"""A draft made into a Spec: names, shared and frozen parameters, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import prod
from typing import Any

from xlbackprop.equation import Array, Kind, Role
from xlbackprop.errors import SpecError
from xlbackprop.models.graph.draft import Draft, DraftLayer, renamed
from xlbackprop.network import Network, build_network
from xlbackprop.spec import INPUT, LayerSpec, LossSpec, Spec, ValuesSpec

_LAST_STEP = ("rnn", "gru", "lstm")


def finished(draft: Draft, name: str, loss: LossSpec, target: Array | None) -> Spec:
    """Return the Spec of a draft, with the numbers of the model, of its inputs and the target.

    Raises SpecError where parameters are shared or frozen in part, or the network cannot be built.
    """
    layers = with_last_steps(draft.layers)
    alone = next(iter(draft.inputs)) if len(draft.inputs) == 1 else ""
    if alone:
        layers = [renamed(layer, {alone: INPUT}) for layer in layers]
    owners = _groups(layers)
    spec = Spec(
        name=name,
        about="",
        input=next(iter(draft.inputs.values())),
        batch=draft.batch,
        layers=tuple(_layer_spec(layer, owners) for layer in layers),
        loss=loss,
        values=ValuesSpec("normal"),
        inputs={} if alone else dict(draft.inputs),
    )
    network = build_network(spec)
    arrays = _inputs(network, draft, alone) | _parameters(layers, network)
    if target is not None:
        arrays["loss.target"] = target
    return replace(spec, values=replace(spec.values, arrays=arrays), names=_names(layers, network))


def with_last_steps(layers: Iterable[DraftLayer]) -> list[DraftLayer]:
    """Return the layers, recurrent ones that only give their last step on saying so themselves."""
    layers = list(layers)
    users: dict[str, list[DraftLayer]] = {}
    for layer in layers:
        for source in layer.sources:
            users.setdefault(source, []).append(layer)
    gone: set[str] = set()
    instead: dict[str, str] = {}
    result = []
    for layer in layers:
        part = _only(users.get(layer.name, []), "slice")
        shaped = _only(users.get(part.name, []), "reshape", "flatten") if part else None
        if layer.type in _LAST_STEP and part and shaped and _is_last_step(layer, part, shaped):
            gone |= {part.name, shaped.name}
            instead[shaped.name] = layer.name
            result.append(replace(layer, options={**layer.options, "last": True}))
        elif layer.name not in gone:
            result.append(layer)
    return [renamed(layer, instead) for layer in result]


def _only(users: list[DraftLayer], *types: str) -> DraftLayer | None:
    return users[0] if len(users) == 1 and users[0].type in types else None


def _is_last_step(layer: DraftLayer, part: DraftLayer, shaped: DraftLayer) -> bool:
    options = part.options
    is_last = options["is_end"] and options["axis"] == 0
    sizes = shaped.options.get("sizes", [layer.options["units"]])
    return bool(is_last and prod(sizes) == layer.options["units"])


# Parameters.


def _groups(layers: list[DraftLayer]) -> dict[str, str]:
    """Return the name under which layers share their parameters, by layer."""
    users: dict[str, list[DraftLayer]] = {}
    for layer in layers:
        for stored in layer.parameters.values():
            users.setdefault(stored.name, []).append(layer)
    groups: dict[str, str] = {}
    for stored_name, sharers in users.items():
        if len(sharers) > 1 and stored_name:
            first = sharers[0]
            if any(_named(one) != _named(first) for one in sharers):
                raise SpecError(
                    f"{stored_name} is a parameter of {' and '.join(one.name for one in sharers)},"
                    " which do not have all parameters in common: layers share all, or none"
                )
            groups |= dict.fromkeys((one.name for one in sharers), first.name)
    return groups


def _named(layer: DraftLayer) -> dict[str, str]:
    return {short: one.name for short, one in layer.parameters.items()}


def _layer_spec(layer: DraftLayer, groups: Mapping[str, str]) -> LayerSpec:
    trainable = {one.trainable for one in layer.parameters.values()}
    if len(trainable) > 1:
        raise SpecError(f"{layer.name}: some of its parameters require gradients, and some do not")
    return LayerSpec(
        layer.type,
        layer.name,
        options_of(layer),
        layer.sources,
        groups.get(layer.name, ""),
        trainable != {False},
    )


def options_of(layer: DraftLayer) -> dict[str, Any]:
    """Return a layer's options as a spec has them."""
    words = {"sizes": "shape"}  # what `shape` means elsewhere in a draft is the result's
    return {words.get(key, key): one for key, one in layer.options.items() if key != "is_end"}


def _parameters(layers: list[DraftLayer], network: Network) -> dict[str, Array]:
    wanted = {tensor.name for tensor in network.inputs}
    found: dict[str, Array] = {}
    for layer in layers:
        own = {short: one.array for short, one in layer.parameters.items()} | dict(layer.givens)
        found |= {f"{layer.name}.{short}": array for short, array in own.items()}
    return {name: array for name, array in found.items() if name in wanted}


def _names(layers: list[DraftLayer], network: Network) -> dict[str, str]:
    """Return the tensors of the module's parameters, by its names for them."""
    wanted = {tensor.name for tensor in network.inputs}
    return {
        stored.name: f"{layer.name}.{short}"
        for layer in layers
        for short, stored in layer.parameters.items()
        if stored.name and f"{layer.name}.{short}" in wanted
    }


def _inputs(network: Network, draft: Draft, alone: str) -> dict[str, Array]:
    """Return the inputs' numbers by the tensors that show them."""
    found: dict[str, Array] = {}
    for layer in network.layers:
        for source, port in zip(layer.sources, layer.equations.inputs, strict=True):
            tensor = network.tensors[port.tensor.name]
            if tensor.kind is Kind.GIVEN and tensor.role is Role.INPUT:
                name = alone if source.layer == INPUT else source.layer
                if name in draft.arrays:
                    found[tensor.name] = draft.arrays[name]
    return found
