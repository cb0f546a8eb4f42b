"""The workers that carry out tasks for strangers, each with a folder that is emptied after it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from xlbackprop.classroom.processes.process import WorkerProcess
from xlbackprop.errors import EngineError
from xlbackprop.web.tasks import Answer, refused

# What a task may take beyond the engine's own time: reading, judging, writing.
_MORE_SECONDS = 10.0
# A worker is replaced after so many tasks, so that no leak of any library's grows for ever.
_MOST_TASKS = 500


@dataclass(frozen=True)
class Program:
    """What a worker runs: a module with `main`, its setup, and the seconds that a task has."""

    module: str
    setup: Mapping[str, Any]
    seconds: float


class BusyError(Exception):
    """So many wait already that one more would wait too long."""


class Crew:
    """Workers that carry out tasks, and those who wait for one: at most so many."""

    def __init__(self, workers: int, waiting: int, program: Program) -> None:
        """Make a folder for the workers' files; the workers start when they are first needed."""
        self._folder = Path(mkdtemp(prefix="xlbackprop-serve-"))
        self._most = workers + waiting
        self._there = 0
        self._free: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        self._workers = [_Worker(self._folder / str(n), program) for n in range(workers)]
        for worker in self._workers:
            self._free.put_nowait(worker)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Keep a place among those who wait. Raises BusyError where there is none."""
        if self._there >= self._most:
            raise BusyError
        self._there += 1
        try:
            yield
        finally:
            self._there -= 1

    async def ask(
        self, header: Mapping[str, Any], first: bytes = b"", second: bytes = b""
    ) -> Answer:
        """Return what the next worker that is free answers. Raises BusyError."""
        with self.place():
            worker = await self._free.get()
            # Whoever asked may be gone, but the worker is not free before it has ended.
            done = asyncio.ensure_future(asyncio.to_thread(worker.ask, header, first, second))
            done.add_done_callback(lambda _: self._free.put_nowait(worker))
            return await asyncio.shield(done)

    def stop(self) -> None:
        """End all workers, and leave none of their files."""
        for worker in self._workers:
            worker.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Worker:
    """A process that is replaced where a task was its end; one task at a time."""

    def __init__(self, folder: Path, program: Program) -> None:
        self._folder, self._program = folder, program
        self._process: WorkerProcess | None = None
        self._tasks = 0

    def ask(self, header: Mapping[str, Any], first: bytes, second: bytes) -> Answer:
        """Return the answer; that of a task that was the worker's end says so."""
        try:
            return self._asked(header, first, second)
        except (EngineError, OSError, RuntimeError):
            return refused("no worker can be started: try again later")
        finally:
            self._empty_folder()

    def _asked(self, header: Mapping[str, Any], first: bytes, second: bytes) -> Answer:
        process = self._process = self._process or self._started()
        seconds = self._program.seconds + _MORE_SECONDS
        answer = process.asked(dict(header), first, second, seconds=seconds)
        self._tasks += 1
        if answer is None or self._tasks >= _MOST_TASKS:
            self.stop()
        if answer is not None:
            return Answer(*answer)
        if process.is_late:
            return refused(f"it takes more than the {seconds:g} seconds that one request may have")
        return refused("the program that reads it broke off, for want of memory or otherwise")

    def _started(self) -> WorkerProcess:
        self._folder.mkdir(parents=True, exist_ok=True)
        program = self._program
        return WorkerProcess(program.module, program.setup, {"TMPDIR": str(self._folder)})

    def _empty_folder(self) -> None:
        for left in self._folder.glob("*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)

    def stop(self) -> None:
        """End the process; the next task starts another."""
        process, self._process, self._tasks = self._process, None, 0
        if process is not None:
            process.end()
