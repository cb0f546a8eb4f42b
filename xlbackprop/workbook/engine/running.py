"""A process in which an engine works: what goes in and out, and that it ends."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import IO, cast

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from xlbackprop.workbook.engine.process.recalculator import main; main()"
)


class EngineProcess:
    """A process that is killed when its time is up, when it is no longer wanted, or with us.

    Raises OSError or RuntimeError where no process, or no thread, can be started.
    """

    def __init__(self, seconds: float, megabytes: int) -> None:
        self.is_late = False
        self._messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        ours, its = os.pipe()[::-1] if hasattr(os, "fork") else (-1, -1)
        self._life = ours
        try:
            self._process = _started(seconds, megabytes, its)
        except BaseException:
            _close(ours)
            raise
        finally:
            _close(its)
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._clock = threading.Timer(seconds, self._end_late)
        self._sender = threading.Thread(target=self._send)
        self._clock.daemon = self._sender.daemon = True
        try:
            self._clock.start()
            self._sender.start()
        except RuntimeError:
            self.end()
            raise

    def put(self, message: bytes) -> None:
        """Have a message sent, as soon as the process takes it."""
        self._messages.put(message)

    def read(self, count: int) -> bytes:
        """Return so many bytes of what the process answers, fewer where it has ended."""
        try:
            return self._answers.read(count)
        except (OSError, ValueError):
            return b""

    def end(self) -> None:
        """End the process and all that it started."""
        self._clock.cancel()
        self._messages.put(None)
        self.kill()
        _close(self._life)
        if self._sender.ident is not None:
            self._sender.join()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError):  # what was not sent yet never will be
                stream.close()
        self._process.wait()

    def kill(self) -> None:
        """Kill the process and all that it started, and let it lie."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _send(self) -> None:
        # In a thread of its own: while the process is at work, what it is given has to wait.
        with contextlib.suppress(OSError, ValueError):
            while message := self._messages.get():
                self._requests.write(message)
                self._requests.flush()

    def _end_late(self) -> None:
        self.is_late = True
        self.kill()


def _started(seconds: float, megabytes: int, life: int) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    spec = find_spec("ironcalc")
    folder = Path(spec.origin).parents[1] if spec and spec.origin else Path()
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, root, folder, seconds, megabytes, life]
    return subprocess.Popen(  # noqa: S603  (all of it is ours)
        list(map(str, command)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=(life,) if life >= 0 else (),
    )


def _close(end: int) -> None:
    if end >= 0:
        os.close(end)
