"""The parameters of a workbook, trained in its sheets, by name; and files of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np

from xlbackprop.equation import Array, Tensor
from xlbackprop.errors import OutputError, WorkbookError, one_line, suggestion
from xlbackprop.find.subject import find_subject
from xlbackprop.network import Network
from xlbackprop.saving import check_output, save
from xlbackprop.spec.npz import npz_bytes
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, read_tensors
from xlbackprop.workbook.read.workbook import open_workbook

_SUFFIXES = (".npz", ".safetensors")


def weights(workbook: str | Path, *, step: int | None = None) -> dict[str, Array]:
    """Return the parameters of a workbook after so many training steps, by default after all.

    Their names are those of the model that the workbook was made from, or of its tensors:
    `conv1.w`. The numbers are those that the file was saved with; step 0 is before training.
    Raises WorkbookError where the workbook cannot be used, has no such step, or lacks a number.
    """
    path = Path(workbook)
    with as_xlsx(path, DEFAULT_LIMITS) as file, open_workbook(file, path) as opened:
        subject = find_subject(opened)
        after = _after(subject.network, step)
        tensors = {tensor.name: tensor for tensor in after.values()}
        places = {name: subject.places[name] for name in tensors}
        found = read_tensors(opened, tensors, places)
    arrays = {name: _numbers(found[tensor.name]) for name, tensor in after.items()}
    return _by_their_names(arrays, subject.network.spec.names)


def export(
    workbook: str | Path, path: str | Path, *, step: int | None = None, force: bool = False
) -> Path:
    """Write the parameters of a workbook into an .npz or a .safetensors file; return its path.

    See `weights`. Raises OutputError where the file cannot be written, or is of another kind.
    """
    path = Path(path)
    if path.suffix not in _SUFFIXES:
        raise OutputError(f"{path}: expected a file that ends in {' or '.join(_SUFFIXES)}")
    check_output(path, force=force)
    library = _safetensors() if path.suffix == ".safetensors" else None
    arrays = weights(workbook, step=step)
    content = npz_bytes(arrays) if library is None else library.save(arrays)
    save(path, content, force=force)
    return path


def _safetensors() -> ModuleType:
    try:
        import safetensors.numpy  # noqa: PLC0415  (an extra)
    except ImportError:
        raise OutputError(
            "a .safetensors file needs the package safetensors: pip install"
            " 'xlbackprop[safetensors]'"
        ) from None
    return safetensors.numpy


def _after(network: Network, step: int | None) -> dict[str, Tensor]:
    """Return the tensors that hold the parameters after a step, by those in the first."""
    steps = network.steps if network.training else ()
    if step is None:
        step = len(steps)
    if not 0 <= step <= len(steps):
        trained = f"it has {len(steps)} training steps" if steps else "it has no training steps"
        raise WorkbookError(f"there is no step {step} in it: {trained}")
    own = {port.tensor.name: port.tensor for layer in network.layers for port in layer.parameters}
    if step:
        own = {name: steps[step - 1].updates[name].new for name in own}
    return {**_frozen(network, own), **{name: network.tensors[t.name] for name, t in own.items()}}


def _frozen(network: Network, trained: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors that a model calls parameters, and no step changes."""
    names = network.spec.names
    for name, tensor in names.items():
        if tensor not in network.tensors:
            near = suggestion(tensor, trained)
            raise WorkbookError(
                f"[names]: {name}: there is no tensor {one_line(tensor, 60)!r}{near}"
            )
    return {name: network.tensors[name] for name in names.values() if name not in trained}


def _numbers(found: Found) -> Array:
    missing = np.argwhere(~np.isfinite(found.numbers) | (found.states != State.NUMBER))
    if missing.size:
        sheet, cell = found.places.at(tuple(map(int, missing[0])))
        raise WorkbookError(
            f"{sheet}!{cell} ({found.tensor.name}) holds no number: fill it in, or open the"
            " workbook in a spreadsheet program and save it there"
        )
    return np.ascontiguousarray(found.numbers)


def _by_their_names(arrays: Mapping[str, Array], names: Mapping[str, str]) -> dict[str, Array]:
    named = {name: arrays[tensor] for name, tensor in names.items()}
    others = {name: array for name, array in arrays.items() if name not in names.values()}
    return {**others, **named}
