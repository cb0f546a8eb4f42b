"""How long the page without a server takes until it is ready, and until a first report is shown.

    python -m tests.bench.start_up --rounds 3

Each round is a browser that has never been there, and its next visits. The processor time is of all
of the browser's processes, and hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.support.dropped_workbooks import made
from tests.support.oracles.browser import browser
from tests.support.oracles.pyodide import written_site
from tests.support.selection import carry
from tests.support.static_host import hosted

_READY = "body[data-ready=yes], #alert:not(:empty)"
_MILLISECONDS = 240_000  # on a machine that is busy with other things


@dataclass(frozen=True)
class Start:
    """A visit: seconds until the page is ready, processor seconds for it."""

    seconds: float
    processor: float


def visited(context: Any, address: str) -> tuple[Any, Start]:
    """Return a page, ready or with what it complains of, and how long it took."""
    page = context.new_page()
    page.set_default_timeout(_MILLISECONDS)
    used, began = _processor_time(), time.perf_counter()
    page.goto(address)
    page.wait_for_selector(_READY)
    took = time.perf_counter() - began
    return page, Start(took, _processor_time() - used)


def reported(page: Any, path: Path) -> float:
    """Return the seconds from dropping a workbook until its report is shown."""
    began = time.perf_counter()
    page.locator("#file").set_input_files(path)
    page.wait_for_selector("#result:not([hidden])")
    return time.perf_counter() - began


def _processor_time() -> float:
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            used = process.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        total += used.user + used.system
    return total


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of some rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--sources", action="store_true", help="a page that is not compiled")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds until a file is dropped")
    options = parser.parse_args(arguments)
    carry("browser")
    with TemporaryDirectory() as folder:
        site = written_site(Path(folder, "site"), is_compiled=not options.sources)
        path = made("wrong.xlsx", Path(folder))
        with browser() as chromium, hosted(site) as host:
            for _ in range(options.rounds):
                context = chromium.new_context()
                for number in range(1, options.visits + 1):
                    page, start = visited(context, host.address)
                    time.sleep(options.pause)
                    first = reported(page, path)
                    print(
                        f"visit {number}: ready in {start.seconds:.2f} s"
                        f" (processor {start.processor:.2f} s), first report in {first:.2f} s",
                        flush=True,
                    )
                    page.close()
                context.close()


if __name__ == "__main__":
    main()
