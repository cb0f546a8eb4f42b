"""Draws shared among all cores: copies of the process, each with some of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from xlbackprop.workbook.engine.process.limits import allow_processes
from xlbackprop.workbook.engine.process.messages import Header, receive, send

# To copy this process takes as long as to compute and read so many cells.
_CELLS_WORTH_A_WORKER = 30_000

Draw = Callable[[int], tuple[Header, bytes]]


def shared(draw: Draw, draws: int, cells: int) -> Iterator[tuple[Header, bytes]]:
    """Yield the answers of all draws of so many cells in order, as many cores at it as is worth."""
    most = 1 + draws * cells // _CELLS_WORTH_A_WORKER
    workers = min(draws, most, _cores()) if hasattr(os, "fork") else 1
    if workers <= 1:
        yield from map(draw, range(draws))
        return
    allow_processes(None)
    streams: list[BinaryIO] = []
    with contextlib.suppress(OSError):  # no more processes: then this one does what is left
        streams.extend(_worker(draw, range(first, draws, workers)) for first in range(workers))
    allow_processes(0)
    for number in range(draws):
        if number % workers >= len(streams):
            yield draw(number)
            continue
        answer = receive(streams[number % workers])
        if answer is None:  # a worker broke off, and so does the whole
            os._exit(1)
        yield answer
    for stream in streams:
        stream.close()
        os.wait()


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _worker(draw: Draw, numbers: range) -> BinaryIO:
    """Start a copy of this process for some of the draws; return the stream of its answers.

    The copy has the workbook for nothing: the system copies what is written to.
    """
    receiving, sending = os.pipe()
    try:
        is_worker = not os.fork()
    except OSError:
        os.close(receiving)
        os.close(sending)
        raise
    if not is_worker:
        os.close(sending)
        return os.fdopen(receiving, "rb")
    try:
        # The parent has to notice when the process before this one is gone.
        os.closerange(3, sending)
        allow_processes(0)
        with os.fdopen(sending, "wb") as stream:
            for number in numbers:
                send(stream, *draw(number))
    finally:
        os._exit(0)  # an answer that is missing says enough
