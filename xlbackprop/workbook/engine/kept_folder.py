"""A temporary folder that is gone in the end, however the program ends, and what runs in it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from xlbackprop.errors import one_line
from xlbackprop.workbook.engine.stopped import EngineStopped

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from xlbackprop.workbook.engine.process.keeper import main; main()"
)


class KeptFolder:
    """A folder, and a process (see `process.keeper`) that outlives ours to remove it.

    Where no process can be started, only what kills us leaves the folder behind.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.gettempdir(), f"xlbackprop{os.urandom(8).hex()}")
        self._keeper: subprocess.Popen[bytes] | None = None
        self._reason, self._is_used = "what runs it broke off", False
        try:
            self._keeper = _started(self.path)
        except OSError as error:
            self._reason = one_line(error, 80)

    def run(
        self, name: str, command: Sequence[str], seconds: float, leftovers: Sequence[str]
    ) -> None:
        """Run a command and wait for its end; files that it may leave elsewhere are removed.

        It ends with us, and with its time. Raises EngineStopped, with what it is called in front,
        where it takes too long or cannot be started.
        """
        request = {"command": list(command), "seconds": seconds, "leftovers": list(leftovers)}
        answer = self._ask(request)
        if "late" in answer:
            raise EngineStopped(f"{name} took more than {seconds:g} seconds")
        if "ended" not in answer:
            reason = one_line(answer.get("failed", self._reason), 80)
            raise EngineStopped(f"{name} cannot be started: {reason}")

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._keeper is None:
            return {}
        self._is_used = True
        requests, answers = _streams(self._keeper)
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            requests.flush()
            return cast("dict[str, Any]", json.loads(answers.readline() or b"{}"))
        except OSError:
            return {}

    def remove(self) -> None:
        """Remove the folder, and end what still runs in it."""
        if self._keeper is not None and self._is_used:
            self._end_keeper()
        shutil.rmtree(self.path, ignore_errors=True)
        if self._keeper is not None and not self._is_used:
            self._keeper.kill()  # it has nothing to do, and need not even have begun
            self._end_keeper()

    def _end_keeper(self) -> None:
        if self._keeper is not None:
            for stream in _streams(self._keeper):
                with contextlib.suppress(OSError):
                    stream.close()
            self._keeper.wait()


@contextmanager
def kept_folder() -> Iterator[KeptFolder]:
    """Make a temporary folder, and remove it in the end. Raises OSError where it cannot be made."""
    # The process is there before the folder, so that there is no moment between to be killed at.
    folder = KeptFolder()
    try:
        folder.path.mkdir(0o700)
        yield folder
    finally:
        folder.remove()


def _streams(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)


def _started(folder: Path) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[3]
    return subprocess.Popen(  # noqa: S603  (all of it is ours)
        [sys.executable, "-I", "-S", "-c", _PROGRAM, str(root), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what interrupts us at a terminal must not end it
    )
