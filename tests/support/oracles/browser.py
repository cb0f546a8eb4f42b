"""Chromium, without a screen: pages as a reader meets them, and axe's opinion of them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.support.oracles.needs import require

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_OFFLINE = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desktop": (1400, 900), "phone": (390, 844)}


@dataclass
class Opened:
    """A page that a browser has loaded, and what happened on it that should not have."""

    page: Any
    complaints: list[str] = field(default_factory=list)  # of the console; errors; dialogs

    def violations(self, but: str | None = None) -> list[str]:
        """Return what axe finds wrong with the page by all its rules but one, a line for each."""
        script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(script)
        options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
        options["rules"] = {but: {"enabled": False}} if but else {}
        found = self.page.evaluate("(options) => axe.run(document, options)", options)
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]} (and"
            f" {len(one['nodes']) - 1} more)"
            for one in found["violations"]
        ]


@contextmanager
def browser() -> Iterator[Any]:
    """Start a browser with a profile of its own; skip (or fail) where there is none."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    require("browser", path is not None, "Chromium")
    require("browser", find_spec("playwright") is not None, "playwright")
    require(
        "browser", find_spec("axe_playwright_python") is not None, "axe (axe-playwright-python)"
    )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_OFFLINE)
        try:
            yield started
        finally:
            started.close()


@contextmanager
def opened(
    started: Any, path: Path | str, *, size: str = "desktop", scheme: str = "light"
) -> Iterator[Opened]:
    """Load a file, or an address, as a reader with such a screen does, in light or dark."""
    width, height = SIZES[size]
    context = started.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        has_touch=size == "phone",
        is_mobile=size == "phone",
        reduced_motion="reduce",
    )
    page = context.new_page()
    result = Opened(page)
    page.on("console", lambda message: result.complaints.append(message.text))
    page.on("pageerror", lambda error: result.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (result.complaints.append(dialog.message), dialog.dismiss()))
    try:
        page.goto(path if isinstance(path, str) else path.resolve().as_uri())
        yield result
    finally:
        context.close()


def text_of_pdf(path: Path) -> str:
    """Return what a printed page says, its spaces and line ends as single spaces."""
    require("browser", shutil.which("pdftotext") is not None, "poppler (pdftotext)")
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())
