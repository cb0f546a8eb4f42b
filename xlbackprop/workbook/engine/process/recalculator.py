"""Recalculates a workbook: a program of its own, started for one file and killed when it is late.

It opens no file: the cells come on its standard input, in messages (see `messages`), answers
leave on what was its standard output, and what anything prints goes nowhere. It imports nothing
but the standard library and the engine, so that it is at work after some milliseconds.
"""

from __future__ import annotations

import os
import sys
import threading
from array import array
from collections.abc import Iterator
from typing import BinaryIO

from xlbackprop.workbook.engine.process.limits import allow_processes, end_with, limit
from xlbackprop.workbook.engine.process.messages import Header, Unpacking, receive, send
from xlbackprop.workbook.engine.process.model import Columns, Model
from xlbackprop.workbook.engine.process.shares import shared

_LONGEST_REASON = 255
# A chain of formulas is followed by recursion: the usual eight megabytes end at some ten thousand.
_STACK_MEGABYTES = 256


def main() -> None:
    """Serve requests until there are none."""
    folder, seconds, megabytes, parent = sys.argv[1:]
    requests, answers = _private_streams()
    if int(parent) >= 0:
        end_with(int(parent))
    limit(float(seconds), int(megabytes))
    sys.path.append(folder)
    threading.stack_size(min(_STACK_MEGABYTES, int(megabytes) // 4) << 20)
    thread = threading.Thread(target=_serve, args=(requests, answers))
    thread.start()
    allow_processes(0)
    thread.join()
    os._exit(0)  # nothing that the engine left behind gets a word


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams to and from the parent, and leave none that anything could print on."""
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    return streams


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    try:
        model = Model()
        while message := receive(requests):
            if "draws" not in message[0]:
                model.take(*message)
                continue
            for answer in _answers(model, *message):
                send(answers, *answer)
    except BaseException as error:
        send(answers, {"failed": f"{type(error).__name__}: {error}"[:_LONGEST_REASON]})


def _answers(model: Model, request: Header, body: bytes) -> Iterator[tuple[Header, bytes]]:
    columns = Unpacking(body)
    inputs, cells = _places(columns, request["inputs"]), _places(columns, request["cells"])
    rows: array[float] = columns.column("d", request["inputs"] * request["draws"])
    if not request["draws"]:
        model.evaluate()
        yield model.read(cells, with_texts=True)
        return

    def draw(number: int) -> tuple[Header, bytes]:
        first = number * request["inputs"]
        model.put_numbers(inputs, rows[first : first + request["inputs"]])
        model.evaluate()
        return model.read(cells, with_texts=False)

    yield from shared(draw, request["draws"], request["cells"])


def _places(columns: Unpacking, count: int) -> Columns:
    return columns.column("i", count), columns.column("i", count), columns.column("i", count)
