"""Files marked by an existing Dask cluster: workbooks go out as bytes, records come back.

Each worker of the cluster keeps a process that marks, with limits of its own, as one machine does:
a file that is its end costs no worker. What a worker had in hand when it died is marked by another.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any

from xlbackprop.classroom.marking.marking import Marked, Setup
from xlbackprop.classroom.marking.pool import Bench, Task, content_of
from xlbackprop.classroom.marking.store import program_version
from xlbackprop.errors import EngineError, one_line

_PATIENCE_SECONDS = 10
# Files under way for each thread of the cluster: none waits, and few are in memory.
_AHEAD = 3
# By the thread that marks and by what is marked.
_BENCHES: dict[tuple[int, str], Bench] = {}


def mark_on_cluster(
    setup: Setup, tasks: Iterable[Task], address: str
) -> Iterator[tuple[Task, Marked]]:
    """Yield each task with what came of it, as they are done, by the workers of a Dask scheduler.

    Raises EngineError where there is no such scheduler, or its workers lack this program.
    """
    with _connected(address) as (distributed, client):
        threads = sum(client.nthreads().values()) or 1
        waiting, todo = dict[Any, Task](), iter(tasks)
        done = distributed.as_completed(loop=client.loop)
        for task in todo:
            content = content_of(task)
            if isinstance(content, Marked):
                yield task, content
                continue
            future = client.submit(
                mark_there, asdict(setup), program_version(), content, task.suffix, pure=False,
                retries=2,
            )  # fmt: skip
            waiting[future] = task
            done.add(future)
            if len(waiting) >= _AHEAD * threads:
                yield _next(done, waiting)
        while waiting:
            yield _next(done, waiting)
        client.run(end_there, asdict(setup), on_error="ignore")


def mark_there(
    setup: Mapping[str, Any], version: str, content: bytes, suffix: str
) -> tuple[dict[str, Any], bytes, bytes]:
    """Return what comes of a file; this runs on the cluster's workers.

    Raises EngineError where they have another version of the program.
    """
    if version != program_version():
        raise EngineError(f"version {program_version()} of xlbackprop, and {version} is needed")
    key = (threading.get_ident(), repr(setup))
    if key not in _BENCHES:
        _BENCHES[key] = Bench(Setup(**{**setup, "blank": tuple(setup["blank"])}))
    marked = _BENCHES[key].mark(content, suffix)
    return marked.record, marked.page, marked.copy


def end_there(setup: Mapping[str, Any]) -> None:
    """End what was started for a class; this runs on the cluster's workers."""
    for key in [key for key in _BENCHES if key[1] == repr(setup)]:
        _BENCHES.pop(key).stop()


def _next(done: Any, waiting: dict[Any, Task]) -> tuple[Task, Marked]:
    """Return the next file that is marked, and let go of what was held for it."""
    future = next(done)
    task = waiting.pop(future)
    try:
        return task, Marked(*future.result())
    except Exception as error:
        reason = one_line(f"{type(error).__name__}: {error}", 200)
        raise EngineError(f"the cluster cannot mark: {reason}") from None
    finally:
        future.release()


@contextmanager
def _connected(address: str) -> Iterator[tuple[Any, Any]]:
    try:
        distributed: Any = import_module("distributed")  # of an extra
    except ImportError:
        raise EngineError(
            "--cluster needs Dask: python -m pip install 'xlbackprop[cluster]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_PATIENCE_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError):
        raise EngineError(
            f"there is no Dask scheduler at {one_line(address, 80)}, as in tcp://192.0.2.1:8786"
        ) from None
    try:
        yield distributed, client
    finally:
        with suppress(OSError, TimeoutError):
            client.close(timeout=_PATIENCE_SECONDS)
