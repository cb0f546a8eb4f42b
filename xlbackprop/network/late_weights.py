"""The slips of a training step's order: parameters of the step before, or of the one after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from xlbackprop.equation import Array, Equation, Kind, Slip, Tensor
from xlbackprop.network.steps import NetworkLayer, Step

Path = Callable[[Array], Array]


def with_slips_of_order(
    layer: NetworkLayer, new: Mapping[str, Tensor], before: Step | None
) -> NetworkLayer:
    """Return the layer with the slips of taking its parameters too late or too early.

    `new` has the updated parameters by the names of those they come from.
    """
    part = layer.equations
    known = (*layer.forward_links, *part.forward, *part.backward)
    made = {equation.target.name: equation for equation in known}
    backward = tuple(_with_updated(equation, made, new) for equation in part.backward)
    return replace(
        layer,
        equations=replace(part, backward=backward),
        forward_links=tuple(_with_outdated(link, before) for link in layer.forward_links),
    )


def _with_updated(
    equation: Equation, made: Mapping[str, Equation], new: Mapping[str, Tensor]
) -> Equation:
    """Return the equation of the way back with the slip of weights that are updated already."""
    for letter, source in equation.sources.items():
        origin, path = _origin(source, made, new)
        if origin.name in new:
            slip = Slip(
                "already updated weights",
                f"Take {origin.title} as it was in the forward pass: it is updated only after the"
                " way back is done.",
                _retaken(equation, letter, path),
                {"updated": new[origin.name]},
            )
            return replace(equation, slips=(*equation.slips, slip))
    return equation


def _origin(
    source: Tensor, made: Mapping[str, Equation], new: Mapping[str, Tensor]
) -> tuple[Tensor, Path]:
    """Return what a helper block or a link is made from, back to an updated parameter, and how."""
    equation = made.get(source.name)
    is_rearranged = source.kind in (Kind.HELPER, Kind.LINK) and source.name not in new
    if not is_rearranged or equation is None or len(equation.sources) != 1:
        return source, lambda x: x
    ((letter, before),) = equation.sources.items()
    origin, path = _origin(before, made, new)
    return origin, lambda x: equation.compute(**{letter: path(x)})


def _retaken(equation: Equation, letter: str, path: Path) -> Callable[..., Array]:
    def compute(updated: Array, **arrays: Array) -> Array:
        return equation.compute(**{**arrays, letter: path(updated)})

    return compute


def _with_outdated(link: Equation, before: Step | None) -> Equation:
    """Return the link to an updated parameter with the slip of one that is not updated."""
    (origin,) = link.sources.values()
    for layer in before.layers if before else ():
        for w in (port.tensor for port in layer.parameters):
            if before and before.updates[w.first_name].new.name == origin.name:
                slip = Slip(
                    "parameters of the step before",
                    f"Go on with {origin.name}, the parameter after the step before: you took it as"
                    " it was before that.",
                    lambda outdated, **_: outdated,
                    {"outdated": w},
                )
                return replace(link, slips=(*link.slips, slip))
    return link
