"""A host of static files, as the world has them: it knows files, types and a list of headers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar


@dataclass
class Hosted:
    """A host that runs: its address, and the paths that it was asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def hosted(folder: Path, *, with_headers: bool = True) -> Iterator[Hosted]:
    """Serve a folder, with the headers that its file `_headers` asks for."""
    lines = (folder / "_headers").read_text().splitlines()[1:] if with_headers else []
    headers = [tuple(line.strip().split(": ", 1)) for line in lines]
    asked: list[str] = []

    class Handler(SimpleHTTPRequestHandler):
        extensions_map: ClassVar = {
            **SimpleHTTPRequestHandler.extensions_map,
            ".mjs": "text/javascript",
        }

        def end_headers(self) -> None:
            for name, value in headers:
                self.send_header(name, value)
            super().end_headers()

        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Hosted(f"http://127.0.0.1:{server.server_address[1]}/", asked)
        finally:
            server.shutdown()
            thread.join()
