"""The server that carries the page: where it listens, and what it takes at most."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from xlbackprop.errors import OutputError, one_line
from xlbackprop.web.server.crew import Crew, Program
from xlbackprop.workbook.engine.settings import Limits

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from xlbackprop.web.server.feedback import Feedback

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104  (what they mean is to be known)
# Connections beyond these get no answer but 503, without a look at what they want.
_MOST_CONNECTIONS = 400
_IDLE_SECONDS = 10
_SECONDS_TO_END = 5


@dataclass(frozen=True)
class Serving:
    """Where a server listens, and what those who come may take.

    `names` are the host names that it is reached by, beside its own address; `megabytes` and
    `seconds` are those of each task, `waiting` says how many tasks may wait for a worker. With
    `feedback` an assignment is served, and each student has so many `tries` an hour.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    workers: int = 2
    waiting: int = 40
    seconds: float = 30.0
    megabytes: int = 1_000
    feedback: Feedback | None = None
    tries: int = 6

    @property
    def known_hosts(self) -> tuple[str, ...]:
        """The names by which it may be reached; none where any will do."""
        if self.host in _EVERY_ADDRESS and not self.names:
            return ()
        return (self.host, *_LOOPBACK, *self.names)

    def address(self, port: int) -> str:
        """Return the address that it is opened at, from this machine or through its proxy."""
        if self.names:
            return f"https://{self.names[0]}/"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{port}/"

    def crew(self) -> Crew:
        """Return the workers that it needs."""
        limits = Limits(self.seconds, self.megabytes)
        program = Program("xlbackprop.web.server.worker", asdict(limits), self.seconds)
        if self.feedback is not None:
            setup = asdict(self.feedback.setup(limits))
            program = Program("xlbackprop.classroom.marking.worker", setup, self.seconds)
        return Crew(self.workers, self.waiting, program)

    def app(self) -> ASGIApp:
        """Return the application. Raises ImportError where the extra is not installed."""
        from xlbackprop.web.server.app import make_app
        from xlbackprop.web.server.assignment_app import make_assignment_app
        from xlbackprop.web.server.bodies import Bodies
        from xlbackprop.web.server.tries import Tries

        if self.feedback is None:
            return make_app(self.crew(), Bodies(), self.known_hosts)
        tries = Tries(self.tries)
        return make_assignment_app(self.feedback, tries, self.crew(), Bodies(), self.known_hosts)


def serve(serving: Serving, tell: Callable[[str], None]) -> None:
    """Serve the page until interrupted; its address is told once it can be opened.

    Raises OutputError where it cannot listen there, or the extra is not installed.
    """
    try:
        import uvicorn

        import xlbackprop.web.server.app  # noqa: F401
    except ImportError:
        raise OutputError(
            "the server needs Starlette and uvicorn: python -m pip install 'xlbackprop[serve]'"
        ) from None
    with _listening(serving) as listening:
        tell(serving.address(listening.getsockname()[1]))
        config = uvicorn.Config(
            serving.app(),
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_SECONDS_TO_END,
            server_header=False,
            access_log=False,
            log_level="warning",
            ws="none",
            proxy_headers=False,
        )
        uvicorn.Server(config).run(sockets=[listening])


def _listening(serving: Serving) -> socket.socket:
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    try:
        return socket.create_server((serving.host, serving.port), family=family, backlog=512)
    except OSError as error:
        where = f"{one_line(serving.host, 80)}, port {serving.port}"
        raise OutputError(f"cannot listen at {where}: {error.strerror or error}") from None
