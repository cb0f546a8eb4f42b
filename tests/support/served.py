"""The server as a process of its own, and what a browser's page or an attacker sends to it."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.program import environment

_SECONDS = 60


@dataclass
class Answered:
    """An answer: status, headers, and the parts of a frame where it is one."""

    status: int
    headers: Any
    body: bytes
    said: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    file: bytes = b""


@dataclass
class Served:
    """A server that runs: its address, its process, and the folder that its files are in."""

    address: str
    pid: int
    temporary: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.address).port or 0

    def asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Answered:
        """Send a request, and return the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, headers or {}, **options)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return _read(Answered(answer.status, answer.headers, content))

    def task(self, name: str, content: bytes = b"", spec: str = "", **parameters: str) -> Answered:
        """Have a task carried out, as the page does."""
        text = spec.encode()
        query = urlencode({**parameters, "spec_bytes": len(text)})
        return self.asked("PUT", f"/api/{name}?{query}", text + content)

    def raw(self) -> socket.socket:
        """Return a connection to which anything may be sent."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=_SECONDS)


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    """Run `xlbackprop serve` on a free port; nothing of it must be left afterwards."""
    with TemporaryDirectory() as temporary:
        process = subprocess.Popen(
            [sys.executable, "-m", "xlbackprop", "serve", "--port", "0", *arguments],
            env=environment(TMPDIR=temporary),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            line = process.stdout.readline()
            assert line.startswith("http://"), process.stderr.read()
            yield Served(line.split()[0], process.pid, Path(temporary))
        finally:
            process.terminate()
            said = process.communicate(timeout=20)
        assert process.returncode in (0, -15), said
        assert "Traceback" not in "".join(said)
        assert list(Path(temporary).iterdir()) == []


def _read(answer: Answered) -> Answered:
    if answer.headers.get("content-type") == "application/octet-stream":
        lengths = struct.unpack_from("<QQQ", answer.body)
        ends = [24 + sum(lengths[:n]) for n in range(4)]
        parts = [answer.body[a:b] for a, b in pairwise(ends)]
        answer.said, answer.page, answer.file = json.loads(parts[0]), parts[1].decode(), parts[2]
    elif answer.headers.get("content-type") == "application/json":
        answer.said = json.loads(answer.body)
    return answer
