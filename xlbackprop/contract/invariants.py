"""What must hold of every port and equation; whoever writes a layer is told where it does not.

A layer that breaks the contract would not fail by itself: it would be built, and a right workbook
judged to be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from inspect import CO_VARKEYWORDS, signature
from typing import Any

from xlbackprop.contract.layer import LayerEquations
from xlbackprop.contract.loss import LossEquations
from xlbackprop.contract.optimizer import Update
from xlbackprop.contract.port import Port
from xlbackprop.equation import Equation, Shape, Tensor
from xlbackprop.errors import ContractError


def check_layer(where: str, part: LayerEquations, inputs: int) -> None:
    """Raise ContractError where a layer's ports do not fit its equations, or its inputs' number.

    `where` names the layer, as in `layer "conv1"`.
    """
    _check_count(where, part, inputs)
    for port in (*part.inputs, *part.parameters, *part.outputs):
        _check_port(where, port)
    forward, backward = _targets(part.forward), _targets(part.backward)
    for port in (*part.inputs, *part.parameters):
        if port.flows and port.gradient.name not in forward | backward:
            raise ContractError(
                f"{where}: no equation defines {port.gradient.short}, the gradient of"
                f" {port.tensor.short}: add it to backward, or say flows=False"
            )
    for port in part.outputs:
        if port.tensor.name not in forward:
            raise ContractError(
                f"{where}: no equation in forward defines the output {port.tensor.short}"
            )
    outer = {port.gradient.name for port in part.outputs}
    outer |= {port.tensor.name for port in (*part.inputs, *part.parameters)}
    outer |= {tensor.name for tensor in part.givens}
    for name in sorted(outer & (forward | backward)):
        raise ContractError(f"{where}: {name} comes from outside: no equation may define it")


def check_loss(where: str, loss: LossEquations, out: Port) -> None:
    """Raise ContractError where a loss does not fit the network's output, a port of a layer."""
    if not loss.forward or loss.L.shape:
        raise ContractError(f"{where}: the last equation in forward must define L, a single cell")
    if not out.flows:
        raise ContractError(
            f"{where}: no gradient flows through {out.tensor.name}, the network's output"
        )
    if loss.backward and out.gradient.name not in _targets(loss.backward):
        raise ContractError(
            f"{where}: no equation in backward defines {out.gradient.name}, the gradient of the"
            " network's output"
        )


def check_update(where: str, update: Update, w: Tensor) -> None:
    """Raise ContractError where a parameter's new value, or its state, has another shape."""
    for tensor in (update.new, *update.state.values()):
        if tensor.shape != w.shape:
            raise ContractError(
                f"{where}: {tensor.name} has the shape {_size(tensor.shape)}, and the parameter"
                f" {w.short} {_size(w.shape)}"
            )


def check_equation(where: str, equation: Equation, defined: Collection[str]) -> None:
    """Raise ContractError where an equation cannot stand after the tensors that are `defined`."""
    target = equation.target
    if not target.kind.is_computed:
        raise ContractError(
            f"{where}: {target.name} has an equation, and its kind is {target.kind}: a computed"
            " tensor is forward, backward, helper, link or update"
        )
    if target.name in defined:
        raise ContractError(f"{where}: {target.name} is defined twice")
    if len(target.axes) != len(target.shape):
        raise ContractError(
            f"{where}: {target.name} has the axes {_list(target.axes)} for the shape"
            f" {_size(target.shape)}: each dimension has a letter"
        )
    for source in equation.sources.values():
        if source.name not in defined:
            raise ContractError(
                f"{where}: the equation of {target.name} uses {source.name}, which nothing before"
                " it defines: order the equations, or list it among inputs, parameters or givens"
            )


def _check_count(where: str, part: LayerEquations, inputs: int) -> None:
    if len(part.inputs) != inputs:
        raise ContractError(
            f"{where}: its equations have {len(part.inputs)} inputs, and it is given {inputs}"
        )
    if not part.outputs:
        raise ContractError(f"{where}: it has no output")


def _check_port(where: str, port: Port) -> None:
    if port.gradient.shape != port.tensor.shape:
        raise ContractError(
            f"{where}: {port.gradient.short} has the shape {_size(port.gradient.shape)}, and"
            f" {port.tensor.short} {_size(port.tensor.shape)}: a gradient has the shape of what it"
            " is the gradient of"
        )


def check_letters(where: str, equation: Equation) -> None:
    """Raise ContractError where a function of the equation takes other letters than its sources."""
    letters, name = tuple(equation.sources), equation.target.name
    _check_call(f"{where}: compute of {name}", equation.compute, letters)
    for slip in equation.slips:
        taken = (*letters, *slip.sources)
        _check_call(f'{where}: the slip "{slip.name}" of {name}', slip.compute, taken)
    if equation.accepts is not None:
        taken = ("found", "tolerance", *letters)
        _check_call(f"{where}: accepts of {name}", equation.accepts, taken)


def _check_call(what: str, function: Callable[..., Any], letters: tuple[str, ...]) -> None:
    if _takes_all(function, letters):
        return
    try:
        taken = signature(function)
    except ValueError:  # built in, and silent about what it takes
        return
    try:
        taken.bind(**dict.fromkeys(letters))
    except TypeError:
        raise ContractError(
            f"{what} takes {_list(taken.parameters)}; the letters of its sources are"
            f" {_list(letters)}"
        ) from None


def _takes_all(function: Callable[..., Any], letters: tuple[str, ...]) -> bool:
    """Return whether all parameters are among the letters, and take all of them.

    That is so of nearly every function, and `signature` takes its time.
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_posonlyargcount:
        return False
    parameters = {*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]}
    others = parameters.symmetric_difference(letters)
    return not others or (bool(code.co_flags & CO_VARKEYWORDS) and parameters.issubset(letters))


def _targets(equations: Iterable[Equation]) -> set[str]:
    return {equation.target.name for equation in equations}


def _list(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"


def _size(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "of a single cell"
