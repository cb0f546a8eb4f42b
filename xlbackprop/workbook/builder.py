"""Spec to workbook: the builder, as a function."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import SpecError, one_line, suggestion
from xlbackprop.layout import lay_out
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import choose_values
from xlbackprop.progress import tell
from xlbackprop.saving import check_output, save
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec
from xlbackprop.workbook.description import Handout
from xlbackprop.workbook.write.contents import Contents
from xlbackprop.workbook.write.write import write_workbook


def build(
    spec: Spec | str | Path,
    path: str | Path | None = None,
    *,
    blank: Iterable[str] = (),
    practice: bool = False,
    seed: int | None = None,
    plain: bool = False,
    gradcheck: bool = False,
    walk: bool = False,
    ladder: bool = False,
    force: bool = False,
) -> Path:
    """Write the workbook of a network and return its path.

    `spec` is a Spec, a template's name or a path; `path` is output/<name>.xlsx by default.
    `blank` names tensors to leave empty, in full (`conv1.dL_dw`) or by their last part
    (`dL_dw`, in every layer), or is "all" for every computed tensor. With `practice`, these
    cells turn green or red as one types, and the answers are in the file, on a hidden sheet;
    in a `ladder` of practice the next is asked for when one is right. `seed` overrides the
    spec's, and draws the numbers that the spec gives anew, too, each tensor's in its own manner:
    whole numbers of that size, or as many decimals. `plain` leaves out what shows numbers as
    pictures: colour scales, winners of windows and active units in bold. A page for practice is
    plain. `gradcheck` adds a sheet on which one nudges an entry; `walk` a cell that counts the
    equations, and blocks show their numbers up to that one.

    Raises SpecError where the network cannot be built, and OutputError where the file cannot be
    written; an existing file is replaced only with `force`.
    """
    spec = spec if isinstance(spec, Spec) else load_spec(spec)
    path = Path("output", f"{spec.name}.xlsx") if path is None else Path(path)
    check_output(path, force=force)
    with _no_looking_for_garbage():
        contents = _chosen(spec, blank, seed, practice=practice or ladder, plain=plain)
        contents = replace(contents, gradcheck=gradcheck, walk=walk, ladder=ladder)
        content = write_workbook(contents)
        del contents  # so that it is not looked through when this ends
    save(path, content, force=force)
    return path


def _chosen(
    spec: Spec, blank: Iterable[str], seed: int | None, *, practice: bool, plain: bool
) -> Contents:
    tell("setting up the network")
    network = build_network(spec)
    blank_names = resolve_blank(network, blank)
    tell("computing all numbers")
    values = choose_values(network, seed)
    return contents_of(network, values, blank_names, practice=practice, plain=plain)


@contextmanager
def _no_looking_for_garbage() -> Iterator[None]:
    """Keep Python from searching all that is built, again and again, for what nobody needs."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def contents_of(
    network: Network,
    values: Mapping[str, Array],
    blank: frozenset[str],
    *,
    practice: bool = False,
    plain: bool = False,
    handout: Handout | None = None,
) -> Contents:
    """Return what goes into a workbook with those numbers, and with the `blank` tensors empty.

    Raises SpecError where a number overflows, or nothing is empty that one could practise.
    """
    if practice and not blank:
        raise SpecError("practice: no tensor is blank: name those to fill in, as in --blank dL_dw")
    layout = lay_out(network)
    arrays = network.evaluate(values)
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise SpecError(f"{name} overflows: its numbers are too large for a spreadsheet")
    answers = arrays if practice else None
    if blank:
        # What follows from empty cells must not tell what belongs into them.
        zeros = {name: np.zeros(network.tensors[name].shape) for name in blank}
        arrays = network.evaluate(values, zeros)
    # In practice, colours say what is right, and nothing else.
    return Contents(network, layout, arrays, blank, answers, handout, plain or practice)


def resolve_blank(network: Network, names: Iterable[str]) -> frozenset[str]:
    """Return the full names of the computed tensors that the given names mean.

    Raises SpecError for a name that means none, or one that is given rather than computed.
    """
    computed = [tensor for tensor in network.tensors.values() if tensor.kind.is_computed]
    resolved: set[str] = set()
    for name in names:
        meant = [t.name for t in computed if name in (t.name, t.short, "all")]
        if not meant and any(name in (t.name, t.short) for t in network.inputs):
            raise SpecError(f"blank: {name} is given, not computed: there is nothing to fill in")
        if not meant:
            near = suggestion(name, [tensor.name for tensor in computed])
            raise SpecError(f"blank: there is no tensor {one_line(name, 60)!r}{near}")
        resolved.update(meant)
    return frozenset(resolved)
