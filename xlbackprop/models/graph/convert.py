"""A program into a Spec: what all sources of models have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from xlbackprop.equation import Array
from xlbackprop.errors import SizeError, SpecError
from xlbackprop.models.graph.cut import cut
from xlbackprop.models.graph.draft import Draft
from xlbackprop.models.graph.finish import finished
from xlbackprop.models.graph.imported import Wanted
from xlbackprop.models.graph.program import Program
from xlbackprop.models.graph.translate import translated
from xlbackprop.models.graph.values import LogSoftmax, Output, RefusedError
from xlbackprop.spec import LossSpec, Spec


def drafted(
    program: Program, batch: int | None, arrays: Mapping[str, Array]
) -> tuple[Draft, Output | LogSoftmax]:
    """Return a draft of a program's layers, and what the last gives.

    `arrays` are the inputs' numbers, where they are known. Raises SpecError with a line for each
    operation that cannot be expressed.
    """
    draft, inputs = Draft(batch), {}
    for name, shape in program.inputs.items():
        try:
            inputs[name] = draft.add_input(name, shape, arrays.get(name))
        except RefusedError as error:
            raise SpecError(f"the input {name} of shape {list(shape)}: {error}") from None
    return draft, translated(program, draft, inputs)


def with_loss(
    draft: Draft,
    result: Output | LogSoftmax,
    loss: LossSpec,
    name: str,
    target: Array | None = None,
) -> Spec:
    """Return the Spec of a draft with a loss, which takes a last log_softmax together.

    Raises SpecError where the model's last operation does not end a network, and SizeError where
    the workbook would be too large.
    """
    if isinstance(result, LogSoftmax):
        if loss.type != "nll":
            raise SpecError(
                "the model ends in log_softmax, which has no layer: nearest is nll_loss after it,"
                " or cross_entropy without it"
            )
        loss = LossSpec("cross_entropy", loss.options)
    scores = result.scores if isinstance(result, LogSoftmax) else result
    if not draft.layers or draft.layers[-1].name != scores.source:
        raise SpecError("the model gives an input, or an earlier layer: expected the last layer")
    try:
        return finished(draft, name, loss, target)
    except SizeError as error:
        raise SizeError(f"{error}{_earlier(draft)}") from None


def _earlier(draft: Draft) -> str:
    """Return where a model that is too large can be ended."""
    last = draft.layers[-1].path
    paths = list(dict.fromkeys(one.path for one in draft.layers if one.path not in ("", last)))
    if not paths:
        return ""
    more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return (
        f"; --until NAME (until=) ends earlier, after one of {', '.join(paths[:5])}{more}."
        " Fewer channels cannot be had: their numbers would be others"
    )


def spec_of_file(program: Program, path: Path, wanted: Wanted, batch: int | None) -> Spec:
    """Return the Spec of a program whose inputs' numbers are drawn.

    Where `batch` is None, the program's shapes have one of 1 all the same. Raises SpecError.
    """
    loss, program = wanted.loss_spec, cut(program, wanted.until)
    draft, result = drafted(program, batch or 1, {})
    draft.batch = batch
    return with_loss(draft, result, loss, wanted.name_of(path))
