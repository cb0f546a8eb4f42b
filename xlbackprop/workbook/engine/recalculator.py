"""Recalculates a workbook: a program of its own, started for one file and killed when it is late.

    python -I -S recalculator.py FOLDER-OF-IRONCALC FILE SECONDS MEGABYTES

It imports nothing of the package, so that it is at work after some milliseconds. Requests come
on its standard input, answers leave on what was its standard output; what anything prints goes
nowhere. A message is a header in JSON and a body of raw numbers, each preceded by its length:

    {"sheets": names of the sheets, and what they are called from here on: 0, 1, …
     "inputs": how many cells are to be given numbers, "cells": how many are to be read,
     "draws": how many times; 0 for once as the workbook is, with texts}
    body: sheet, row, column of the inputs, then of the cells (int32), then the draws (float64)

is answered with a message for each draw (or one), in order:

    {"texts": [[position, text], …]}    body: kinds of the cells (bytes), numbers (float64)

or with {"failed": reason}, which is the last one. Rows and columns count from 1.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
from array import array
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Header = dict[str, Any]
    Columns = tuple[array[int], array[int], array[int]]

BLANK, NUMBER, TEXT, ERROR, BOOLEAN, UNABLE = range(6)

# What stands in a cell that the engine cannot compute, where others might.
UNABLE_TEXTS = {"#NAME?", "#N/IMPL!", "#ERROR!", "#CIRC!", "#SPILL!", "#CALC!"}

_LONGEST_TEXT, _MOST_TEXT = 255, 2_000_000
_LENGTHS = struct.Struct("<II")
# To copy this process takes as long as to compute and read so many cells.
_CELLS_WORTH_A_WORKER = 30_000
# A chain of formulas is followed by recursion: the usual eight megabytes end at some ten thousand.
_STACK_MEGABYTES = 256


def main() -> None:
    """Serve requests until there are none."""
    folder, path, seconds, megabytes = sys.argv[1:]
    requests, answers = _private_streams()
    _limit(float(seconds), int(megabytes))
    sys.path.append(folder)
    threading.stack_size(min(_STACK_MEGABYTES, int(megabytes) // 4) << 20)
    thread = threading.Thread(target=_serve, args=(path, requests, answers))
    thread.start()
    _allow_processes(0)
    thread.join()
    os._exit(0)  # nothing that the engine left behind gets a word


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the streams to and from the parent, and leave none that anything could print on."""
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    return streams


def _limit(seconds: float, megabytes: int) -> None:
    try:
        import resource  # noqa: PLC0415  (not on Windows, where the parent's clock has to do)
    except ImportError:
        return
    for name, most in (
        ("RLIMIT_AS", megabytes << 20),
        ("RLIMIT_CPU", int(seconds) + 1),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 256),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (ValueError, OSError):  # a lower limit is set already, or macOS has no such one
            continue


def _allow_processes(number: int | None) -> None:
    """Allow this user no new process (where the system counts them), or as many as before."""
    try:
        import resource  # noqa: PLC0415

        _, most = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (most if number is None else number, most))
    except (ImportError, ValueError, OSError):
        return


def _serve(path: str, requests: BinaryIO, answers: BinaryIO) -> None:
    try:
        model = _load(path)
        while message := _receive(requests):
            for answer in _answers(model, *message):
                _send(answers, *answer)
    except BaseException as error:  # a panic of the engine is no Exception
        _send(answers, {"failed": f"{type(error).__name__}: {error}"[:_LONGEST_TEXT]}, b"")


def _load(path: str) -> Any:
    import ironcalc  # noqa: PLC0415  (its folder is known by now)

    model = ironcalc.load_from_xlsx(path)
    model.evaluate()
    return model


def _answers(model: Any, request: Header, body: bytes) -> Iterator[tuple[Header, bytes]]:
    properties = model.get_worksheets_properties()
    sheets = {sheet["name"]: number for number, sheet in enumerate(properties)}
    known = [sheets.get(name, -1) for name in request["sheets"]]
    inputs, cells, rows = _unpacked(request, body, known)
    if not request["draws"]:
        yield _read(model, cells, with_texts=True)
        return

    def draw(number: int) -> tuple[Header, bytes]:
        _write(model, inputs, rows[number * len(inputs[0]) : (number + 1) * len(inputs[0])])
        model.evaluate()
        return _read(model, cells, with_texts=False)

    most = 1 + request["draws"] * request["cells"] // _CELLS_WORTH_A_WORKER
    yield from _shared(draw, request["draws"], most)


def _unpacked(
    request: Header, body: bytes, known: list[int]
) -> tuple[Columns, Columns, array[float]]:
    """Return the places of the inputs and of the cells, and the numbers of all draws."""
    start, parts = 0, []
    for count in (request["inputs"], request["cells"]):
        columns = []
        for _ in range(3):
            column = array("i")
            column.frombytes(body[start : start + 4 * count])
            columns.append(column)
            start += 4 * count
        columns[0] = array("i", [known[number] for number in columns[0]])
        parts.append((columns[0], columns[1], columns[2]))
    rows = array("d")
    rows.frombytes(body[start:])
    return parts[0], parts[1], rows


def _write(model: Any, inputs: Columns, numbers: array[float]) -> None:
    update = model.update_cell_with_number
    for sheet, row, column, number in zip(*inputs, numbers, strict=True):
        update(sheet, row, column, number)


def _read(model: Any, cells: Columns, *, with_texts: bool) -> tuple[Header, bytes]:
    get = model.get_cell_value
    values = [get(*place) for place in zip(*cells, strict=True)]
    kinds = bytearray([NUMBER]) * len(values)
    numbers = array("d", [value if type(value) is float else 0.0 for value in values])
    texts: list[tuple[int, str]] = []
    left = _MOST_TEXT
    for position, value in enumerate(values):
        if type(value) is float:
            continue
        place = cells[0][position], cells[1][position], cells[2][position]
        kinds[position], text = _kind(model, value, place)
        if with_texts and text is not None:
            texts.append((position, text[: min(left, _LONGEST_TEXT)]))
            left -= len(texts[-1][1])
    return {"texts": texts}, bytes(kinds) + numbers.tobytes()


def _kind(model: Any, value: object, place: tuple[int, int, int]) -> tuple[int, str | None]:
    import ironcalc  # noqa: PLC0415

    if value is None:
        return BLANK, None
    if isinstance(value, bool):
        return BOOLEAN, str(value).upper()
    text = str(value)
    if model.get_cell_type(*place) != ironcalc.CellType.ErrorValue:
        return TEXT, text
    return (UNABLE if text in UNABLE_TEXTS else ERROR), text


def _shared(
    draw: Callable[[int], tuple[Header, bytes]], draws: int, most: int
) -> Iterator[tuple[Header, bytes]]:
    """Yield the answers of all draws in order, at most so many cores sharing the work."""
    workers = min(draws, most, _cores()) if hasattr(os, "fork") else 1
    if workers <= 1:
        yield from map(draw, range(draws))
        return
    _allow_processes(None)
    streams = [_worker(draw, range(first, draws, workers)) for first in range(workers)]
    _allow_processes(0)
    for number in range(draws):
        answer = _receive(streams[number % workers])
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


def _worker(draw: Callable[[int], tuple[Header, bytes]], numbers: range) -> BinaryIO:
    """Start a copy of this process for some of the draws; return the stream of its answers.

    The copy has the loaded workbook for nothing: the system copies what is written to.
    """
    receiving, sending = os.pipe()
    if os.fork():
        os.close(sending)
        return os.fdopen(receiving, "rb")
    try:
        # The parent has to notice when the process before this one is gone.
        os.closerange(3, sending)
        _allow_processes(0)
        with os.fdopen(sending, "wb") as stream:
            for number in numbers:
                _send(stream, *draw(number))
    finally:
        os._exit(0)  # an answer that is missing says enough


def _receive(stream: BinaryIO) -> tuple[Header, bytes] | None:
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    of_header, of_body = _LENGTHS.unpack(lengths)
    header, body = stream.read(of_header), stream.read(of_body)
    return (json.loads(header), body) if len(body) == of_body else None


def _send(stream: BinaryIO, header: Header, body: bytes) -> None:
    text = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(text), len(body)) + text + body)
    stream.flush()


if __name__ == "__main__":
    main()
