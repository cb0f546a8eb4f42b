"""What an engine's process may take, and that it ends with the program that started it."""

from __future__ import annotations

import os
import select
import signal


def limit(seconds: float, megabytes: int) -> None:
    """Limit this process: time of the processor, memory, no files, no traces."""
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


def allow_processes(number: int | None) -> None:
    """Allow this user no new process (where the system counts them), or as many as before."""
    try:
        import resource  # noqa: PLC0415

        _, most = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (most if number is None else number, most))
    except (ImportError, ValueError, OSError):
        return


def end_with(parent: int) -> None:
    """End this process, and all that it starts, when a pipe's other end is closed.

    `parent` is the end that the program holds the other one of: it closes however the program
    ends. A process of its own waits for that, since this one may be deep in a formula.
    """
    group = os.getpgrp()
    try:
        is_waiting = hasattr(os, "fork") and not os.fork()
    except OSError:  # no more processes
        _end_by_signal(parent)
        return
    if not is_waiting:
        return
    try:
        os.closerange(0, parent)
        os.closerange(parent + 1, 64)
        os.read(parent, 1)
        os.killpg(group, signal.SIGKILL)
    finally:
        os._exit(0)


def _end_by_signal(parent: int) -> None:
    """Have the system send a signal that ends this process when a pipe's other end is closed."""
    try:
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(parent, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(parent, fcntl.F_GETFL) | os.O_ASYNC
        fcntl.fcntl(parent, fcntl.F_SETFL, flags)
    except (ImportError, AttributeError, OSError):  # then the parent alone ends it
        return
    if select.select([parent], [], [], 0)[0]:  # it is closed already
        os._exit(1)
