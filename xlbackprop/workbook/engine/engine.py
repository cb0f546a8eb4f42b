"""The engine that recalculates a stranger's formulas, in a process that can be killed.

It opens no file: it is given the cells that matter. Its process has limits of its own and ends with
its time, or with the program (see `running` and `process`); nothing that it prints is seen, and
what it answers has the size that was asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import one_line
from xlbackprop.workbook.engine.cell_list import CellList, Values
from xlbackprop.workbook.engine.process.messages import LENGTHS, Header, packed
from xlbackprop.workbook.engine.running import EngineProcess
from xlbackprop.workbook.engine.settings import Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.read.cells import State

_LONGEST_HEADER = 64_000_000


@contextmanager
def start_engine(limits: Limits) -> Iterator[Engine]:
    """Start an engine, and go on; it is ended in the end."""
    engine = Engine(limits)
    try:
        yield engine
    finally:
        engine.stop()


class Engine:
    """A workbook in an engine of its own, empty at first.

    Only `values` and `draws` wait for the engine, and raise EngineStopped.
    """

    def __init__(self, limits: Limits, seconds: float | None = None) -> None:
        """Start it; it has so many of its seconds left. Raises OSError or RuntimeError."""
        self._limits = limits
        self._sheets: dict[str, int] = {}
        self._reason: EngineStopped | None = None
        self._process: EngineProcess | None = EngineProcess(
            limits.seconds if seconds is None else seconds, limits.megabytes
        )

    def stop(self) -> None:
        """End the engine and all that it started."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def give(self, header: Header, body: bytes = b"") -> None:
        """Give the engine a part of the workbook (see `process.messages`), without waiting."""
        if self._process is not None:
            self._process.put(packed(header, body))

    def sheet(self, name: str) -> int:
        """Return the number of a sheet, which is new where it has not been named before."""
        if name not in self._sheets:
            self._sheets[name] = len(self._sheets)
            self.give({"sheet": name})
        return self._sheets[name]

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

    def _request(self, inputs: CellList, numbers: Array, cells: CellList) -> None:
        header = {"inputs": len(inputs), "cells": len(cells), "draws": len(numbers)}
        self.give(header, self._columns(inputs) + self._columns(cells) + numbers.tobytes())

    def _columns(self, cells: CellList) -> bytes:
        """Return sheets, rows and columns, one after the other; rows and columns from 1."""
        for name in cells.sheets:
            if name not in self._sheets:
                raise self._stopped(f"the engine failed: it has no sheet {one_line(name, 40)!r}")
        numbers = np.array([self._sheets[name] for name in cells.sheets], dtype=np.int32)
        columns = cells.cells.T + np.array([[0], [1], [1]], dtype=np.int32)
        columns[0] = numbers[columns[0]] if len(cells) else 0
        return bytes(columns.tobytes())

    def _answer(self, count: int) -> Values:
        of_header, of_body = LENGTHS.unpack(self._read(LENGTHS.size))
        if of_header > _LONGEST_HEADER or of_body not in (0, 9 * count):
            if self._process is not None:
                self._process.kill()
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
        content = self._process.read(count) if self._process is not None else b""
        if len(content) < count:
            raise self._stopped()
        return content

    def _stopped(self, reason: str = "") -> EngineStopped:
        """Return why there is no answer: the same for all requests after the first without one."""
        if self._reason is None:
            if self._process is not None and self._process.is_late:
                reason = f"the engine took more than {self._limits.seconds:g} seconds"
            memory = f"{self._limits.megabytes:,} MB"
            default = f"the engine broke off, for want of memory ({memory}) or otherwise"
            self._reason = EngineStopped(reason or default)
        return self._reason
