"""A .keras file to a Spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from xlbackprop.equation import Shape
from xlbackprop.errors import SpecError
from xlbackprop.models.graph.convert import spec_of_file
from xlbackprop.models.graph.imported import Declared, Imported, Wanted
from xlbackprop.models.graph.program import Operation, Program, Use
from xlbackprop.models.graph.values import RefusedError
from xlbackprop.models.keras_files.activations import ACTIVATIONS
from xlbackprop.models.keras_files.archive import read_archive
from xlbackprop.models.keras_files.calls import Model, Place, read_calls
from xlbackprop.models.keras_files.others import OF_SEVERAL, OTHERS
from xlbackprop.models.keras_files.weights import Weights
from xlbackprop.models.keras_files.windows import WINDOWS
from xlbackprop.models.keras_files.writer import Seen, Writer

LAYERS: Mapping[str, Callable[[Writer, Seen], Seen]] = MappingProxyType(
    {**WINDOWS, **ACTIVATIONS, **OTHERS}
)
_CELLS = ("LSTM", "GRU", "SimpleRNN")


def from_keras(path: Path, wanted: Wanted) -> Imported:
    """Return the Spec of a .keras file, with its numbers, its images having their channels first.

    Raises SpecError with a line for each layer that cannot be expressed, or where the file cannot
    be read.
    """
    try:
        described, file = read_archive(path)
        model = read_calls(described)
        declared = _declared(model)
        shapes = wanted.shapes(declared)
        program = _program(model, Weights(file), shapes)
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    return Imported(spec_of_file(program, path, wanted, wanted.batch_of(declared)))


def _declared(model: Model) -> Declared:
    found: dict[str, tuple[int | None, ...]] = {}
    for call in model.calls:
        if call.type == "InputLayer":
            shape = call.options.get("batch_shape") or call.options.get("batch_input_shape")
            if not isinstance(shape, list) or not all(
                one is None or type(one) is int for one in shape
            ):
                raise SpecError(f"the input {call.place[0]} has no batch_shape")
            found[call.place[0]] = tuple(shape)
    return {place[0]: found[place[0]] for place in model.inputs if place[0] in found}


def _program(model: Model, weights: Weights, shapes: Mapping[str, Shape]) -> Program:
    """Return the operations; a layer that has none is one that is refused."""
    seen: dict[Place, Seen | str] = {
        (name, 0): Seen(name, shape, moved=_is_moved(model, name, shape))
        for name, shape in shapes.items()
    }
    inputs = {one.name: one.own for one in seen.values() if isinstance(one, Seen)}
    operations: list[Operation] = []
    for call in model.calls:
        if call.type != "InputLayer":
            end = f"{call.weights}/cell" if call.type in _CELLS else call.weights
            sources = [seen[place] for place in call.sources]
            made, seen[call.place] = _made(Writer(call, weights.of(end)), sources)
            operations += made
    outputs = tuple(_named(seen[place]) for place in model.outputs if place in seen)
    return Program(inputs, {}, tuple(operations), outputs)


def _named(one: Seen | str) -> str:
    """Return the name of a result; of what is not known, there is nothing else."""
    return one if isinstance(one, str) else one.name


def _made(writer: Writer, sources: Sequence[Seen | str]) -> tuple[list[Operation], Seen | str]:
    """Return a call's operations and its result: a name alone where it, or a source, is refused."""
    why = ""
    try:
        result = _written(writer, sources)
        if result is not None:
            return writer.operations, result
    except RefusedError as error:
        why = str(error)
    call = writer.call
    name = "#".join(map(str, call.place))
    taken = {str(place): Use(_named(one)) for place, one in enumerate(sources)}
    shape = tuple(size or 1 for size in call.told)
    type_name = call.type.lower() if why else "clone"
    unknown = Operation(name, type_name, taken, shape, call.place[0], called=call.type, refused=why)
    return [replace(unknown, no_shape="what the file does not say")], name


def _written(writer: Writer, sources: Sequence[Seen | str]) -> Seen | None:
    """Return what a call gives, or None where that rests on what is refused."""
    kind = writer.call.type
    if kind not in LAYERS and kind not in OF_SEVERAL:
        raise RefusedError("no layer does that")
    known = [one for one in sources if isinstance(one, Seen)]
    if len(known) != len(sources):
        return None
    try:
        if kind in OF_SEVERAL:
            return OF_SEVERAL[kind](writer, known)
        if len(known) == 1:
            return LAYERS[kind](writer, known[0])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):  # a stranger's options
        raise RefusedError("its options or weights do not fit what it takes") from None
    raise RefusedError(f"it takes {len(known)} tensors: expected one")


def _is_moved(model: Model, name: str, shape: Shape) -> bool:
    """Return whether an input has its channels first here: as what takes it wants them."""
    users = {call.type for call in model.calls if (name, 0) in call.sources}
    return len(shape) == 4 or (len(shape) == 3 and any("1D" in user for user in users))
