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
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import one_line
from xlbackprop.workbook.engine import recalculator
from xlbackprop.workbook.engine.cell_list import CellList, Values
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.read.cells import State

_LENGTHS = struct.Struct("<II")
_LONGEST_HEADER = 64_000_000


class EngineStopped(Exception):  # noqa: N818  (not an error of the user's: a fact to report)
    """The engine came to no result; the message says why."""


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
        self._reason: EngineStopped | None = None
        self._process = _process(path, limits)
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._clock = threading.Timer(limits.seconds, self._end_late)
        self._clock.daemon = True
        self._clock.start()

    def values(self, cells: CellList) -> Values:
        """Return what the cells hold after all formulas have been evaluated anew."""
        self._request(CellList(cells.sheets, cells.cells[:0]), np.empty((0, 0)), cells)
        return self._answer(len(cells))

    def draws(self, inputs: CellList, numbers: Array, cells: CellList) -> Iterator[Values]:
        """Yield what cells hold after the inputs were given a row of numbers, for each row.

        The engine works ahead, on all cores, while the caller does. All must be taken.
        """
        self._request(inputs, numbers, cells)
        for _ in range(len(numbers)):
            yield self._answer(len(cells))

    def stop(self) -> None:
        """End the engine and all that it started."""
        self._clock.cancel()
        self._kill()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):  # what was not sent yet never will be
                stream.close()
        self._process.wait()

    def _request(self, inputs: CellList, numbers: Array, cells: CellList) -> None:
        header = json.dumps(
            {
                "sheets": [*inputs.sheets, *cells.sheets],
                "inputs": len(inputs),
                "cells": len(cells),
                "draws": len(numbers),
            }
        ).encode()
        body = _columns(inputs, 0) + _columns(cells, len(inputs.sheets)) + numbers.tobytes()
        try:
            self._requests.write(_LENGTHS.pack(len(header), len(body)) + header + body)
            self._requests.flush()
        except (OSError, ValueError):
            raise self._stopped() from None

    def _answer(self, count: int) -> Values:
        of_header, of_body = _LENGTHS.unpack(self._read(_LENGTHS.size))
        if of_header > _LONGEST_HEADER or of_body not in (0, 9 * count):
            self._kill()
            raise self._stopped("the engine gave no sensible answer")
        header: dict[str, Any] = json.loads(self._read(of_header))
        if "failed" in header:
            raise self._stopped(f"the engine failed: {one_line(header['failed'], 120)}")
        body = self._read(of_body)
        kinds = np.frombuffer(body, np.int8, count).copy()
        numbers = np.frombuffer(body, np.float64, count, offset=count)
        kinds[(kinds == State.NUMBER) & ~np.isfinite(numbers)] = State.ERROR
        numbers = np.where(kinds == State.NUMBER, numbers, np.nan)
        return Values(kinds, numbers, {int(at): str(text) for at, text in header["texts"]})

    def _read(self, count: int) -> bytes:
        try:
            content = self._answers.read(count)
        except (OSError, ValueError):
            content = b""
        if len(content) < count:
            raise self._stopped()
        return content

    def _stopped(self, reason: str = "") -> EngineStopped:
        """Return why there is no answer: the same for all requests after the first without one."""
        if self._reason is None:
            if self._is_late:
                reason = f"the engine took more than {self._limits.seconds:g} seconds"
            memory = f"{self._limits.megabytes:,} MB"
            default = f"the engine broke off, for want of memory ({memory}) or otherwise"
            self._reason = EngineStopped(reason or default)
        return self._reason

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


def _columns(cells: CellList, first_sheet: int) -> bytes:
    """Return sheets, rows and columns, one after the other; rows and columns from 1."""
    columns = cells.cells.T + np.array([[first_sheet], [1], [1]], dtype=np.int32)
    return bytes(columns.tobytes())
