"""Losses of PyTorch as those of specs: by the one operation that they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xlbackprop.errors import SpecError
from xlbackprop.models.graph.program import ITEM, Operation, Program, Use
from xlbackprop.spec import LossSpec

_IDLE = ("broadcast_tensors", ITEM)
_REDUCTIONS = {1: "mean", 2: "sum"}


def loss_of(program: Program) -> LossSpec:
    """Return the loss that a program of an output and a target computes.

    Raises SpecError where it is none that a spec has.
    """
    steps = [one for one in program.operations if one.type not in _IDLE]
    if len(steps) != 1 or steps[0].type not in _LOSSES:
        found = ", ".join(one.type for one in steps) or "nothing"
        raise SpecError(f"loss: {found} is no loss here: expected one of {', '.join(_LOSSES)}")
    (step,) = steps
    if _origin(step.arguments["input"], program) != next(iter(program.inputs)):
        raise SpecError(f"loss: {step.type} takes the output first, and then the target")
    _refuse_options(step)
    options: dict[str, Any] = _LOSSES[step.type](step.arguments)
    name = options.pop("type")
    return LossSpec(name, options | {"reduction": _REDUCTIONS[step.arguments["reduction"]]})


def _origin(value: object, program: Program) -> str:
    """Return the name of the input that a value is, repeated to a common shape or not."""
    steps = {one.name: one for one in program.operations}
    place = 0
    while isinstance(value, Use) and value.name in steps:
        arguments = steps[value.name].arguments
        if "index" in arguments:
            place, value = arguments["index"], arguments["input"]
        else:
            value = arguments["input"][place]
    return value.name if isinstance(value, Use) else ""


def _refuse_options(step: Operation) -> None:
    for name in ("weight", "pos_weight"):
        if step.arguments.get(name) is not None:
            raise SpecError(f"loss: {step.type} with {name}: here each class counts as much")
    if step.arguments["reduction"] not in _REDUCTIONS:
        raise SpecError(f"loss: {step.type} without a reduction: expected mean or sum")
    if step.arguments.get("log_target"):
        raise SpecError(f"loss: {step.type} with log_target: here the target is probabilities")
    if step.arguments.get("ignore_index", -1) >= 0:
        raise SpecError(f"loss: {step.type} with ignore_index: here every target counts")


def _plain(name: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda _: {"type": name}


def _smooth_l1(arguments: Mapping[str, Any]) -> dict[str, Any]:
    if arguments["beta"] != 1:
        raise SpecError("loss: smooth_l1_loss with a beta other than 1; huber_loss has a delta")
    return {"type": "huber"}


_LOSSES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "mse_loss": _plain("mse"),
    "l1_loss": _plain("l1"),
    "huber_loss": lambda arguments: {"type": "huber", "delta": float(arguments["delta"])},
    "smooth_l1_loss": _smooth_l1,
    "binary_cross_entropy": _plain("bce"),
    "binary_cross_entropy_with_logits": _plain("bce_with_logits"),
    "cross_entropy_loss": lambda arguments: {
        "type": "cross_entropy", "label_smoothing": float(arguments["label_smoothing"])
    },
    "nll_loss_nd": _plain("nll"),
    "nll_loss": _plain("nll"),
    "kl_div": _plain("kl_div"),
}  # fmt: skip
