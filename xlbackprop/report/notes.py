"""Notes on a workbook as a whole, put into sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xlbackprop.errors import one_line
from xlbackprop.judge.review import NotJudged
from xlbackprop.report.in_steps import named_by_steps
from xlbackprop.workbook.notes import Note, NoteKind

_MOST_NAMED = 6


def sentence(note: Note) -> str:
    """Return what a report says for a note."""
    return _SENTENCES[note.kind](note)


def on_not_judged(tensors: Iterable[NotJudged]) -> list[str]:
    """Return a sentence for each reason, with all tensors that were not judged for it.

    What was not judged in step after step is named once.
    """
    names: dict[str, list[str]] = {}
    for one in tensors:
        names.setdefault(one.reason, []).append(one.tensor)
    return [f"not judged: {named_by_steps(own)}: {reason}" for reason, own in names.items()]


def _named(note: Note) -> str:
    more = len(note.names) - _MOST_NAMED
    return ", ".join(note.names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _counted(note: Note, one: str, more: str) -> str:
    """Return the note's count with what was counted, in the number that it is."""
    return f"{note.count:,} {one if note.count == 1 else more}"


def _on_stop(note: Note) -> str:
    what = f"only {note.draws} of {note.among} draws were" if note.draws else "nothing was"
    return f"{what} tried: {note.reason}"


_SENTENCES: Mapping[NoteKind, Callable[[Note], str]] = {
    NoteKind.NOT_RECALCULATED: lambda note: (
        f"not recalculated: {note.reason}; the saved values are judged"
    ),
    NoteKind.GIVENS_CHANGED: lambda note: (
        f"{_counted(note, 'given', 'givens')} changed: {_named(note)}"
    ),
    NoteKind.STALE: lambda note: (
        f"{_counted(note, 'saved value was', 'saved values were')} stale: what the formulas"
        " give now is judged"
    ),
    NoteKind.UNCOMPUTED: lambda _: (
        "no formula has a saved value, and nothing has computed them: open the workbook, let it"
        " calculate, save it"
    ),
    NoteKind.UNABLE: lambda note: (
        f"{_counted(note, 'cell was', 'cells were')} not recalculated: what was saved there"
        " is judged"
    ),
    NoteKind.DATES: lambda note: (
        f"a date stands in {', '.join(note.cells)} ({_named(note)}): your program may have made it"
        " of a number that was typed"
    ),
    NoteKind.ELSEWHERE: lambda note: (
        f"{_counted(note, 'cell was', 'cells were')} recalculated by LibreOffice, for want of the"
        " engine"
    ),
    NoteKind.FAILED: lambda note: (
        f"the program's own evaluator has failed ({note.reason}), and the engine took its place:"
        " please report that"
    ),
    NoteKind.TAKEN_FROM_MAP: lambda note: (
        f"not in the map, and taken from the spec: {', '.join(note.names)}"
    ),
    NoteKind.TAKEN_NOT_FOUND: lambda note: f"not found, and taken from the spec: {_named(note)}",
    NoteKind.NAMELESS: lambda note: (
        f"the {'name' if note.count == 1 else 'names'} of"
        f" {_counted(note, 'block is', 'blocks are')} gone: found where"
        f" {'it was' if note.count == 1 else 'they were'} built"
    ),
    NoteKind.LOCATED: lambda note: (
        f"the tensors were located: {note.count} surely, {note.among - note.count} likely;"
        f" `xlbackprop locate WORKBOOK --spec {one_line(note.reason, 60)} -o map.toml` writes the"
        " map to look at and mend"
    ),
    NoteKind.CLAIMED: lambda note: (
        f"{_named(note)} is judged at {', '.join(note.cells)}, though few of its numbers fit there:"
        f" {note.reason}"
    ),
    NoteKind.HOLDS: lambda note: (
        f"tried on {note.draws} other draws of all inputs: {note.count:,} cells hold"
    ),
    NoteKind.UNTRIED: lambda note: (
        f"{_counted(note, 'cell', 'cells')} could not be tried: the engine cannot compute"
        f" {'it' if note.count == 1 else 'them'}"
    ),
    NoteKind.UNEVALUATED: lambda note: (
        f"{_counted(note, 'formula', 'formulas')} could not be tried: not recalculated"
    ),
    NoteKind.UNFOLLOWED: lambda note: (
        f"of {_counted(note, 'formula', 'formulas')} it was not found out where"
        f" {'its number is' if note.count == 1 else 'their numbers are'} from: there are too many"
        " formulas beside what is judged"
    ),
    NoteKind.ROUNDED_GIVENS: lambda note: (
        f"{_counted(note, 'number is', 'numbers are')} right within the rounding of the givens"
        f" ({_named(note)}), and not for the givens as they are typed: `--rounded-givens` accepts"
        f" {'it' if note.count == 1 else 'them'}"
    ),
    NoteKind.ROUNDED_ACCEPTED: lambda note: (
        f"{_counted(note, 'number is', 'numbers are')} right within the rounding of the givens"
        f" ({_named(note)})"
    ),
    NoteKind.DIFFERENTIATED: lambda note: note.reason,
    NoteKind.DELTAS: lambda note: (
        f"-dL/dx, as deltas are, which the updated weights bear out: {_named(note)}"
    ),
    NoteKind.LAID_OUT: lambda note: (
        f"laid out input by output, rows and columns swapped, as all gradients of weights here are:"
        f" {', '.join(note.names)}"
    ),
    NoteKind.STOPPED: _on_stop,
}
