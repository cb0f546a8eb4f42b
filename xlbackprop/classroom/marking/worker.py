"""A program of its own that marks one file after the other; what goes wrong in it stays in it."""

from __future__ import annotations

from xlbackprop.classroom.marking.marking import Marker, Setup
from xlbackprop.classroom.processes.confined import end_after, limit_memory, own_streams
from xlbackprop.classroom.processes.frames import receive, send

# For what ends with a file only, and for a program that is stopped while its worker is at work.
_PATIENCE = 5


def main() -> None:
    """Take files from stdin and give what comes of them to stdout, until stdin ends."""
    requests, answers = own_streams()
    first = receive(requests)
    if first is None:
        return
    setup = Setup(**{**first[0], "blank": tuple(first[0]["blank"])})
    marker = Marker(setup)
    limit_memory(setup.megabytes)
    send(answers, {"ready": True})
    while (frame := receive(requests)) is not None:
        header, content, _ = frame
        end_after(2 * setup.seconds + _PATIENCE)
        marked = marker.mark(content, header["suffix"])
        end_after(0)
        send(answers, marked.record, marked.page, marked.copy)
