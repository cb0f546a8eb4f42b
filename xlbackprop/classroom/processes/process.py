"""A process that answers requests one after the other, and is ended when it takes too long."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

from xlbackprop.classroom.processes.frames import receive, send
from xlbackprop.errors import EngineError

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from importlib import import_module; import_module(sys.argv.pop(1)).main()"
)
_SECONDS_TO_START = 60.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Answer = tuple[dict[str, Any], bytes, bytes]


class WorkerProcess:
    """A process that runs `main` of a module of ours, and speaks in frames.

    Its first frame is the setup. Raises EngineError or OSError where it cannot be started.
    """

    def __init__(
        self, module: str, setup: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        self.is_late = False
        root = Path(__file__).parents[3]
        self._process = subprocess.Popen(  # noqa: S603  (all of it is ours)
            [sys.executable, "-c", _PROGRAM, str(root), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD, **(environment or {})},
            start_new_session=True,
        )
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        if self.asked(dict(setup), seconds=_SECONDS_TO_START) is None:
            self.end()
            raise EngineError("it ends at once")

    def asked(
        self, header: dict[str, Any], first: bytes = b"", second: bytes = b"", *, seconds: float
    ) -> Answer | None:
        """Return what the process answers, or None where it has ended; `is_late` may say why."""
        clock = threading.Timer(seconds, self._end_late)
        clock.daemon = True
        clock.start()
        try:
            send(self._requests, header, first, second)
            return receive(self._answers)
        except (OSError, ValueError):
            return None
        finally:
            clock.cancel()

    def _end_late(self) -> None:
        self.is_late = True
        self._process.kill()

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        for stream in (self._requests, self._answers):
            with contextlib.suppress(OSError, ValueError):
                stream.close()
        self._process.wait()
