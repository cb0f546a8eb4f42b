"""from_torch: a module and an example to a Spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import SpecError
from xlbackprop.models.graph.convert import drafted, with_loss
from xlbackprop.models.graph.cut import cut
from xlbackprop.models.graph.program import Program
from xlbackprop.models.graph.values import LogSoftmax, Output
from xlbackprop.models.pytorch.exporting import exported
from xlbackprop.models.pytorch.losses import loss_of
from xlbackprop.spec import LossSpec, Spec


def from_torch(
    model: Any,
    example: Any,
    *,
    loss: Any = None,
    target: Any = None,
    batch: bool | None = None,
    until: str = "",
    name: str = "",
) -> Spec:
    """Return the Spec of a torch.nn.Module, with its numbers and those of the example.

    `example` is a tensor, or a tuple of them, as the model takes them: the first axis is the
    batch, unless `batch` is False or the example has one axis only. `loss` is a function of output
    and target, such as torch.nn.MSELoss(), and `target` the numbers it compares with; without a
    loss, dL/dout is given. The model's mode is kept: train() or eval(). `until` is the path of a
    module after which to end, as "features.3". `name` is the spec's, by default the class's.

    Raises SpecError with a line for each operation that cannot be expressed, or where torch is not
    installed, or torch.export cannot follow the model.
    """
    _require_torch()
    examples = example if isinstance(example, tuple) else (example,)
    program = exported(model, examples)
    if not program.inputs or len(program.inputs) != len(examples):
        raise SpecError("example: expected a tensor, or a tuple of them, as the model takes them")
    arrays = dict(zip(program.inputs, map(_numbers, examples), strict=True))
    program = cut(program, until)
    draft, result = drafted(program, _batch(program, batch), arrays)
    scores = result.scores if isinstance(result, LogSoftmax) else result
    spec = with_loss(draft, result, _loss(loss, scores, target), _name(name, model), _array(target))
    return replace(spec, names=_with_all_names(spec.names, model))


def _batch(program: Program, has_batch: bool | None) -> int | None:
    shape = next(iter(program.inputs.values()))
    return shape[0] if (len(shape) > 1 if has_batch is None else has_batch) else None


def _with_all_names(names: Mapping[str, str], model: Any) -> dict[str, str]:
    """Return the tensors by all names of parameters, where the model has several for one."""
    parameters = dict(model.named_parameters(remove_duplicate=False))
    tensors = {id(parameters[name]): names[name] for name in names if name in parameters}
    known = {name: tensors[id(one)] for name, one in parameters.items() if id(one) in tensors}
    return {**known, **{name: one for name, one in names.items() if name not in known}}


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise SpecError("from_torch needs PyTorch, which is not installed: pip install torch")


def _loss(loss: Any, output: Output, target: Any) -> LossSpec:
    if loss is None or isinstance(loss, str):
        return LossSpec(loss or "given", {})
    if target is None:
        raise SpecError("loss: add the target that it compares with: target=…")
    torch: Any = import_module("torch")

    class Compared(torch.nn.Module):  # type: ignore[misc]
        """A loss as a module, which is what is exported."""

        def __init__(self) -> None:
            super().__init__()
            self.model = loss if isinstance(loss, torch.nn.Module) else None

        def forward(self, output: Any, target: Any) -> Any:
            return loss(output, target)

    return loss_of(exported(Compared(), (torch.zeros(output.shape), target)))


def _array(target: Any) -> Array | None:
    return None if target is None else _numbers(target)


def _numbers(tensor: Any) -> Array:
    array = tensor.detach().cpu().double().numpy() if hasattr(tensor, "detach") else tensor
    return np.array(array, dtype=np.float64)


def _name(name: str, model: Any) -> str:
    return name or re.sub(r"\W", "", type(model).__name__) or "model"
