"""Workers that stay: each marks many files, and is replaced when one of them is its end."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

from xlbackprop.classroom.marking.marking import Marked, Setup, unreadable
from xlbackprop.classroom.processes.process import WorkerProcess
from xlbackprop.errors import EngineError

_MODULE = "xlbackprop.classroom.marking.worker"
_TRIES = 2
# What a worker may take beyond the engine's own time: reading, judging, writing.
_MORE_SECONDS = 15.0


@dataclass(frozen=True)
class Task:
    """A file to be marked; `read` returns its bytes, and may raise OSError or ValueError."""

    key: str
    suffix: str
    read: Callable[[], bytes]


def mark_all(setup: Setup, tasks: Iterable[Task], jobs: int) -> Iterator[tuple[Task, Marked]]:
    """Yield each task with what came of it, as they are done, by so many workers at a time.

    A file that takes too long, or ends its worker twice, is unreadable. Raises EngineError where
    no worker can be started.
    """
    todo: queue.Queue[Task | None] = queue.Queue()
    done: queue.Queue[tuple[Task, Marked] | EngineError] = queue.Queue(2 * jobs)
    count = 0
    for task in tasks:
        todo.put(task)
        count += 1
    is_over = threading.Event()
    hands = [_Hand(setup, todo, done, is_over) for _ in range(min(jobs, count))]
    try:
        for hand in hands:
            hand.start()
        for _ in range(count):
            result = done.get()
            if isinstance(result, EngineError):
                raise result
            yield result
    finally:
        is_over.set()
        for hand in hands:
            hand.stop()


class Bench:
    """Marks files by a worker of its own, and replaces it where a file was its end."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._worker: _Worker | None = None

    def mark(self, content: bytes, suffix: str) -> Marked:
        """Return what comes of a file; EngineError or OSError where no worker can be started."""
        for _ in range(_TRIES):
            worker = self._worker = self._worker or _Worker(self._setup)
            marked = worker.mark(content, suffix)
            if marked is not None:
                return marked
            self.stop()
            if worker.is_late:
                return unreadable(f"marking it took more than {worker.seconds:g} seconds")
        return unreadable("the program that reads it broke off twice")

    def stop(self) -> None:
        """End the worker."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


def content_of(task: Task) -> bytes | Marked:
    """Return a task's bytes, or what is said of it where it cannot be read."""
    try:
        return task.read()
    except (OSError, ValueError) as error:
        return unreadable(f"it cannot be read: {getattr(error, 'strerror', None) or error}")


class _Hand(threading.Thread):
    """Gives tasks to a worker."""

    def __init__(
        self,
        setup: Setup,
        todo: queue.Queue[Task | None],
        done: queue.Queue[tuple[Task, Marked] | EngineError],
        is_over: threading.Event,
    ) -> None:
        super().__init__(daemon=True)
        self._bench, self._todo, self._done, self._is_over = Bench(setup), todo, done, is_over

    def run(self) -> None:
        """Work until there is nothing left to do."""
        while not self._is_over.is_set():
            try:
                task = self._todo.get_nowait()
            except queue.Empty:
                break
            if task is not None:
                try:
                    self._put((task, self._marked(task)))
                except (EngineError, OSError, RuntimeError) as error:
                    self._put(EngineError(f"no worker can be started: {error}"))
                    break
        self.stop()

    def stop(self) -> None:
        """End the worker."""
        self._bench.stop()

    def _put(self, result: tuple[Task, Marked] | EngineError) -> None:
        while not self._is_over.is_set():
            with contextlib.suppress(queue.Full):
                self._done.put(result, timeout=0.2)
                return

    def _marked(self, task: Task) -> Marked:
        content = content_of(task)
        return content if isinstance(content, Marked) else self._bench.mark(content, task.suffix)


class _Worker:
    """A process that marks files."""

    def __init__(self, setup: Setup) -> None:
        self.seconds = setup.seconds + _MORE_SECONDS
        self._process = WorkerProcess(_MODULE, asdict(setup))

    @property
    def is_late(self) -> bool:
        """Whether it was ended since it took too long."""
        return self._process.is_late

    def mark(self, content: bytes, suffix: str) -> Marked | None:
        """Return what comes of a file, or None where the worker has ended."""
        answer = self._process.asked({"suffix": suffix}, content, seconds=self.seconds)
        return Marked(*answer) if answer is not None else None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.end()
