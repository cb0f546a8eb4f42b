"""A workbook to be judged in which the tensors have to be found first."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from xlbackprop.errors import WorkbookError
from xlbackprop.find.blocks import NamesGone
from xlbackprop.find.gradients.derivatives import Derivatives
from xlbackprop.find.locate.proposal import LIKELY, LocatedTensor, Proposal
from xlbackprop.find.locate.propose import locate_in
from xlbackprop.find.mapping.one_hot import classes_of_one_hot
from xlbackprop.find.subject import Subject, named_subject, network_of
from xlbackprop.network import Network
from xlbackprop.network.values import fixed_values
from xlbackprop.spec import Spec
from xlbackprop.workbook import description
from xlbackprop.workbook.engine.recalculation import Recalculation
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.workbook import Workbook

_MOST_NAMED = 6


def is_laid_out_here(workbook: Workbook, network: Network) -> bool:
    """Return whether a workbook is one of this program's: by its description, or by its names."""
    names = {".".join(name.split(".")[:2]) for name in workbook.names}
    return description.SHEET in workbook.sheets or all(t.name in names for t in network.inputs)


def locate_subject(
    workbook: Workbook,
    running: Recalculation,
    spec: Spec | str | Path | None,
    sheet: str | None = None,
    derivatives: Derivatives | None = None,
) -> Subject:
    """Return what a workbook holds: located, unless the workbook itself says where it is.

    With `sheet` it is looked for on that sheet only, and `derivatives` keep what is differentiated
    for whoever asks next. `spec` is None for the network that the
    workbook describes. Raises WorkbookError where a given or parameter that is needed cannot be
    found.
    """
    network = network_of(workbook, spec)
    if not is_laid_out_here(workbook, network):
        name = network.spec.name if spec is None or isinstance(spec, Spec) else str(spec)
        proposal = locate_in(workbook, running, network, "", name, sheet, derivatives)
        return _located(proposal, name, workbook)
    try:
        return named_subject(workbook, network)
    except NamesGone as gone:
        try:
            return _located(
                locate_in(workbook, running, network, "", network.spec.name, sheet, derivatives),
                network.spec.name,
                workbook,
            )
        except WorkbookError:
            raise gone from None


def _located(proposal: Proposal, name: str, workbook: Workbook) -> Subject:
    network = proposal.network
    _refuse_incomplete(proposal)
    left_open = {one.name: one.unsettled for one in proposal.tensors if one.unsettled}
    places = {name: own for name, own in proposal.places.items() if name not in left_open}
    told = classes_of_one_hot(workbook, network, places)
    known = {**fixed_values(network), **told}
    chosen = {
        tensor.name: known.get(tensor.name, np.zeros(tensor.shape))
        for tensor in network.inputs
        if tensor.name not in places
    }
    return Subject(
        network,
        places,
        chosen=chosen,
        notes=_notes(proposal, name, told),
        absent=proposal.absent | left_open,
        unsettled=frozenset(
            [*left_open, *(one.name for one in proposal.left_out if one.seems_there)]
        ),
    )


def _refuse_incomplete(proposal: Proposal) -> None:
    missing = [one.name for one in proposal.left_out if one.is_needed]
    what = ", ".join(missing[:_MOST_NAMED]) or "nothing that is computed"
    if not proposal.is_complete:
        found = f"could not find {what}" if missing else f"found {what}"
        raise WorkbookError(
            f"{found}: write a map of where the tensors stand, and give it with --map"
        )


def _notes(proposal: Proposal, spec: str, told: Collection[str]) -> tuple[Note, ...]:
    tensors = proposal.network.tensors
    sure = sum(one.certainty != LIKELY for one in proposal.tensors)
    left_out = [one.name for one in proposal.left_out if one.name not in told]
    taken = [name for name in left_out if not tensors[name].kind.is_computed]
    notes = [Note(NoteKind.LOCATED, sure, len(proposal.tensors), reason=spec)]
    if taken:
        notes.append(Note(NoteKind.TAKEN_NOT_FOUND, names=tuple(taken)))
    claimed = [one for one in proposal.tensors if not one.fits]
    notes += [
        Note(NoteKind.CLAIMED, names=(one.name,), cells=_first_cell(one), reason=one.reason)
        for one in claimed
    ]
    return tuple(notes)


def _first_cell(tensor: LocatedTensor) -> tuple[str, ...]:
    return ("!".join(tensor.places.at((0,) * tensor.places.rows.ndim)),)
