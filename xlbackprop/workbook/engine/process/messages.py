"""Messages to and from an engine's process: a header in JSON, and a body of raw numbers.

Each is preceded by its length. To the process, in any order, the first four without an answer:

    {"sheet": name}                          there is one more sheet; they count from 0
    {"cells": how many, "on": sheet}         rows, columns (int32, from 1), kinds (int8), numbers
                                             (float64), where each one's text ends (int32), texts
    {"arrays": [[sheet, row, column, height, width, formula], …]}    array formulas
    {"clear": [[sheet, first row, column, last row, column], …]}     nothing stands there any more
    {"names": [[name, sheet or null, formula], …]}                   names that formulas use
    {"inputs": how many cells get numbers, "cells": how many are read, "draws": how many times}
                                             sheets, rows, columns (int32) of the inputs, then of
                                             the cells; then the numbers of each draw (float64)

The last one is answered with a message for each draw, or one where there are none:

    {"texts": [[position, text], …]}         kinds of the cells (int8), numbers (float64)

or with {"failed": reason}, after which there is nothing more.
"""

from __future__ import annotations

import json
import struct
from array import array
from typing import Any, BinaryIO

Header = dict[str, Any]

BLANK, NUMBER, TEXT, ERROR, BOOLEAN = range(5)
UNABLE = 5  # an answer: what the engine cannot compute, though others may
FORMULA = 6  # given to it

LENGTHS = struct.Struct("<II")


def receive(stream: BinaryIO) -> tuple[Header, bytes] | None:
    """Return the next message, or None where there is no more, or no whole one."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    of_header, of_body = LENGTHS.unpack(lengths)
    header, body = stream.read(of_header), stream.read(of_body)
    return (json.loads(header), body) if len(body) == of_body else None


def send(stream: BinaryIO, header: Header, body: bytes = b"") -> None:
    """Send a message at once."""
    stream.write(packed(header, body))
    stream.flush()


def packed(header: Header, body: bytes = b"") -> bytes:
    """Return a message as it is sent."""
    text = json.dumps(header).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


class Unpacking:
    """Takes columns off a message's body, one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = memoryview(body), 0

    def column(self, code: str, count: int) -> array[Any]:
        """Return the next column, of so many numbers of a type code (`i`, `b`, `d`)."""
        numbers = array(code)
        end = self._at + count * numbers.itemsize
        numbers.frombytes(self._body[self._at : end])
        self._at = end
        return numbers

    def rest(self) -> bytes:
        """Return all that is left."""
        return bytes(self._body[self._at :])
