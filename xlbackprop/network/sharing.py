"""Parameters that several layers share: given on the page of the first, links on all others'.

The gradient of a shared parameter is the sum over its uses. It stands on the first layer's page,
under the parameter, beside what each use has a part in it: `dL_dw = dL_dw_0 + dL_dw_1`. The first
part is what the first layer's own equation gives; the others are links to the other pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from xlbackprop.contract.port import Port
from xlbackprop.equation import Equation, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.layers import LayerEquations, Scope
from xlbackprop.network.gather import PARAMETER, Use, gathered, link
from xlbackprop.network.graph import Node
from xlbackprop.network.rewriting import rewritten


def check_shared(node: Node, part: LayerEquations, owner: LayerEquations) -> None:
    """Raise SpecError where a layer cannot share the parameters of their owner."""
    where = f'layer "{node.name}": share = {node.spec.share!r}'
    if not part.parameters:
        raise SpecError(f"{where}: {node.spec.type} has no parameters to share")
    own, theirs = _sizes(part), _sizes(owner)
    if own != theirs:
        raise SpecError(
            f"{where}: it has {_listed(own)}, and {node.owner} has {_listed(theirs)}: layers that"
            " share have parameters of the same names and shapes"
        )


def shared_links(part: LayerEquations, owner: LayerEquations) -> Iterator[Equation]:
    """Yield the links of a layer's parameters to those of their owner."""
    for port in part.parameters:
        yield link(port.tensor, _like(port, owner).tensor)


def borrowed(part: LayerEquations, owner: str) -> LayerEquations:
    """Return the equations of a layer that has an earlier one's parameters; its page says so."""
    return _with_note(part, f"Its parameters are those of {owner}; so is what they learn.")


def with_own_use(
    part: LayerEquations, users: Sequence[tuple[str, LayerEquations]], scope: Scope
) -> LayerEquations:
    """Return an owner's equations, whose gradients of parameters are those of its own use only."""
    own = {port.gradient.name: _own_use(port, scope) for port in part.parameters}
    titles = {port.gradient.title: own[port.gradient.name].title for port in part.parameters}
    backward = tuple(
        replace(equation, math=equation.math.renamed(titles))
        for equation in rewritten(part.backward, own)
    )
    names = ", ".join(name for name, _ in users)
    note = f"It shares its parameters with {names}: their gradients add up here."
    return _with_note(replace(part, backward=backward), note)


def shared_gradients(
    part: LayerEquations, users: Sequence[tuple[str, LayerEquations]], scope: Scope
) -> Iterator[Equation]:
    """Yield the equations of the gradients that an owner's parameters have from all uses."""
    for port in part.parameters:
        uses = [Use(scope.layer, _own_use(port, scope))]
        uses += [Use(name, _like(port, user).gradient) for name, user in users]
        yield from gathered(scope, port.gradient, uses, PARAMETER)


def _with_note(part: LayerEquations, note: str) -> LayerEquations:
    return replace(part, note=" ".join(filter(None, [part.note, note])))


def _own_use(port: Port, scope: Scope) -> Tensor:
    return replace(port.gradient, short=f"{port.gradient.short}_0", about=f"from {scope.layer}")


def _like(port: Port, part: LayerEquations) -> Port:
    return next(one for one in part.parameters if one.tensor.short == port.tensor.short)


def _sizes(part: LayerEquations) -> dict[str, str]:
    return {port.tensor.short: "×".join(map(str, port.tensor.shape)) for port in part.parameters}


def _listed(sizes: dict[str, str]) -> str:
    return ", ".join(f"{short} {size}" for short, size in sizes.items()) or "no parameters"
