"""Notes on a workbook and on single values, put into sentences."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Index
from xlbackprop.errors import one_line
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.found import Found, Origin

_MOST_NAMED = 6


def sentence(note: Note) -> str:
    """Return what a report says for a note."""
    match note.kind:
        case NoteKind.NOT_RECALCULATED:
            return f"not recalculated: {note.reason}; the saved values are judged"
        case NoteKind.STALE:
            values = "value was" if note.count == 1 else "values were"
            return f"{note.count:,} saved {values} stale: what the formulas give now is judged"
        case NoteKind.UNABLE:
            cells = "cell was" if note.count == 1 else "cells were"
            return f"{note.count:,} {cells} not recalculated: what was saved there is judged"
        case NoteKind.TAKEN_FROM_MAP | NoteKind.TAKEN_NOT_FOUND | NoteKind.LOCATED:
            return _on_places(note)
        case NoteKind.GUESSED:
            return f"the place of {_named(note)} is a guess: few of the numbers there are right"
        case NoteKind.HOLDS | NoteKind.UNTRIED | NoteKind.STOPPED:
            return _on_proof(note)


def _on_places(note: Note) -> str:
    if note.kind is NoteKind.TAKEN_FROM_MAP:
        return f"not in the map, and taken from the spec: {', '.join(note.names)}"
    if note.kind is NoteKind.TAKEN_NOT_FOUND:
        return f"not found, and taken from the spec: {_named(note)}"
    return (
        f"the tensors were located: {note.count} surely, {note.among - note.count} likely;"
        f" `xlbackprop locate WORKBOOK --spec {one_line(note.reason, 60)} -o map.toml` writes the"
        " map to look at and mend"
    )


def _on_proof(note: Note) -> str:
    if note.kind is NoteKind.HOLDS:
        return f"tried on {note.draws} other draws of all inputs: {note.count:,} cells hold"
    if note.kind is NoteKind.UNTRIED:
        cells, them = ("cell", "it") if note.count == 1 else ("cells", "them")
        return f"{note.count:,} {cells} could not be tried: the engine cannot compute {them}"
    what = f"only {note.draws} of {note.among} draws were" if note.draws else "nothing was"
    return f"{what} tried: {note.reason}"


def _named(note: Note) -> str:
    return ", ".join(note.names[:_MOST_NAMED])


def note_on_origin(found: Found, index: Index) -> str:
    """Return what there is to say of a recalculated value, or nothing."""
    again = found.recalculated
    match found.origin(index) if again else Origin.STORED:
        case Origin.STALE if again and np.isfinite(again.saved[index]):
            return f"stale: the saved value was {again.saved[index]:.6g}"
        case Origin.UNABLE if again:
            return f"not recalculated: it has, or rests on, {again.texts[index]}"
    return ""
