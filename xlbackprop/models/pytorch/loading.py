"""load_into: what was trained in a workbook, put back into the module that it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from xlbackprop.errors import WorkbookError, suggestion
from xlbackprop.models.weights import weights


def load_into(model: Any, workbook: str | Path, *, step: int | None = None) -> tuple[str, ...]:
    """Put a workbook's parameters into a torch.nn.Module, and return their names.

    The workbook is one of a spec that `from_torch` made; `step` is after how many training steps,
    by default after all. The module's other parameters and its buffers stay as they are. Raises
    WorkbookError, before anything is changed, where the module has no such parameter, or one of
    another shape, or a number is missing in the workbook.
    """
    torch: Any = import_module("torch")
    arrays = weights(workbook, step=step)
    parameters = dict(model.named_parameters(remove_duplicate=False))
    places = {name: _place(name, parameters) for name in arrays}
    for name, array in arrays.items():
        sizes = list(places[name].shape)
        if sizes != list(array.shape):
            raise WorkbookError(
                f"{name} has shape {sizes} in the model, and {list(array.shape)} in the workbook"
            )
    with torch.no_grad():
        for name, array in arrays.items():
            places[name].copy_(torch.from_numpy(array))
    return tuple(arrays)


def _place(name: str, parameters: Mapping[str, Any]) -> Any:
    """Return a parameter, or the third of one that attention keeps for queries, keys and values."""
    whole, _, third = name.rpartition(".")
    if name not in parameters and whole in parameters and third in ("q", "k", "v"):
        return parameters[whole].chunk(3)["qkv".index(third)]
    if name not in parameters:
        near = suggestion(name, parameters)
        raise WorkbookError(f"the model has no parameter {name!r}, and the workbook has{near}")
    return parameters[name]
