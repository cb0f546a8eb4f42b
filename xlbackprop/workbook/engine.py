"""The engine that recalculates a stranger's formulas, in a process that can be killed.

The process starts at once and loads the workbook while the caller reads it on another core. It
has limits of its own (see `recalculator.py`) and is ended, with all that it started, when its time
is up; nothing that it prints is seen, and what it answers has the size that was asked for.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.errors import one_line
from xlbackprop.workbook import recalculator

_LENGTHS = struct.Struct("<II")
_LONGEST_HEADER = 64_000_000


@dataclass(frozen=True)
class Limits:
    """What an engine may take: seconds in all, and megabytes of memory for each of its processes."""

    seconds: float = 60.0
    megabytes: int = 2_000


class EngineStopped(Exception):  # noqa: N818  (not an error of the user's: a fact to report)
    """The engine came to no result; the message says why."""


@dataclass(frozen=True)
class Places:
    """Cells of a workbook: for each the number of its sheet, its row and its column, from 0."""

    sheets: Sequence[str]
    cells: NDArray[np.int32]  # (number of cells, 3)


@dataclass(frozen=True)
class Values:
    """What some cells hold; the arrays are of equal length."""

    kinds: NDArray[np.uint8]  # recalculator.BLANK, NUMBER, …
    numbers: Array  # NaN where there is no number
    texts: dict[int, str]  # by position; none in a draw


@contextmanager
def start_engine(path: Path, limits: Limits) -> Iterator[Engine]:
    """Start to load and evaluate a workbook, and go on; the engine is ended in the end."""
    engine = Engine(path, limits)
    try:
        yield engine
    finally:
        engine.stop()


class Engine:
    """A workbook in an engine of its own. Its methods raise EngineStopped."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._is_late = False
        self._process = _process(path, limits)
        self._clock = threading.Timer(limits.seconds, self._end_late)
        self._clock.daemon = True
        self._clock.start()

    def values(self, places: Places) -> Values:
        """Return what the cells hold after all formulas have been evaluated anew."""
        self._request(places, None, np.empty((0, 0)))
        return self._answer(len(places.cells))

    def draws(self, inputs: Places, numbers: Array, cells: NDArray[np.int32]) -> Iterator[Values]:
        """Yield what cells hold after the inputs were given a row of numbers, for each row.

        The engine works ahead, on all cores, while the caller does.
        """
        self._request(Places(inputs.sheets, cells), inputs.cells, numbers)
        for _ in range(len(numbers)):
            yield self._answer(len(cells))

    def stop(self) -> None:
        """End the engine and all that it started."""
        self._clock.cancel()
        self._kill()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what was not sent yet never will be
                assert stream is not None
                stream.close()
        self._process.wait()

    def _request(self, places: Places, inputs: NDArray[np.int32] | None, numbers: Array) -> None:
        inputs = np.empty((0, 3), np.int32) if inputs is None else inputs
        header = json.dumps(
            {
                "sheets": list(places.sheets),
                "inputs": len(inputs),
                "cells": len(places.cells),
                "draws": len(numbers),
            }
        ).encode()
        columns = [_columns(inputs), _columns(places.cells), numbers.astype(np.float64).tobytes()]
        body = b"".join(columns)
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(_LENGTHS.pack(len(header), len(body)) + header + body)
            stream.flush()
        except (OSError, ValueError):
            raise self._stopped() from None

    def _answer(self, count: int) -> Values:
        of_header, of_body = _LENGTHS.unpack(self._read(_LENGTHS.size))
        if of_header > _LONGEST_HEADER or of_body not in (0, 9 * count):
            raise EngineStopped("the engine gave no sensible answer")
        header: dict[str, Any] = json.loads(self._read(of_header))
        if "failed" in header:
            raise EngineStopped(f"the engine failed: {one_line(header['failed'], 120)}")
        body = self._read(of_body)
        kinds = np.frombuffer(body, np.uint8, count).copy()
        numbers = np.frombuffer(body, np.float64, count, offset=count)
        is_number = kinds == recalculator.NUMBER
        kinds[is_number & ~np.isfinite(numbers)] = recalculator.ERROR
        numbers = np.where(kinds == recalculator.NUMBER, numbers, np.nan)
        return Values(kinds, numbers, {int(at): str(text) for at, text in header["texts"]})

    def _read(self, count: int) -> bytes:
        stream = self._process.stdout
        assert stream is not None
        try:
            content = stream.read(count)
        except (OSError, ValueError):
            content = b""
        if len(content) < count:
            raise self._stopped()
        return content

    def _stopped(self) -> EngineStopped:
        if self._is_late:
            return EngineStopped(f"the engine took more than {self._limits.seconds:g} seconds")
        return EngineStopped(
            f"the engine broke off, for want of memory ({self._limits.megabytes:,} MB) or otherwise"
        )

    def _end_late(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()


def _process(path: Path, limits: Limits) -> subprocess.Popen[bytes]:
    spec = find_spec("ironcalc")
    folder = Path(spec.origin).parent.parent if spec and spec.origin else Path()
    command = [sys.executable, "-I", "-S", recalculator.__file__, folder, path.absolute()]
    return subprocess.Popen(  # noqa: S603  (the file is data: nothing of it is a command)
        [*map(str, command), str(limits.seconds), str(limits.megabytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _columns(cells: NDArray[np.int32]) -> bytes:
    """Return sheets, rows and columns, one after the other; rows and columns from 1."""
    return (cells.T + np.array([[0], [1], [1]])).astype(np.int32).tobytes()
