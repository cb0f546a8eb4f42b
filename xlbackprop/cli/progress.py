"""Progress on a terminal, where a command takes longer than one waits in silence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from time import monotonic
from typing import TYPE_CHECKING

import click

from xlbackprop.cli.interrupts import noticed_interrupts
from xlbackprop.cli.pace import Pace
from xlbackprop.progress import Step, listening

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# Shorter than this, and a line that comes and goes only disturbs.
PATIENCE_SECONDS = 1.0
# Where nobody looks on: so often a line, for whoever reads it later.
LINE_SECONDS = 60.0


@contextmanager
def shown_progress(*, quiet: bool = False, lines: bool = False) -> Iterator[None]:
    """Show on stderr what is being done, until it is done.

    Where anything is piped, nothing is shown, or with `lines` a line a minute. Each step is a
    place to stop at, after a Ctrl+C that got lost.
    """
    is_shown = not quiet and sys.stdout.isatty() and sys.stderr.isatty()
    with noticed_interrupts() as ask:
        display = _Display() if is_shown else _Lines() if lines and not quiet else None

        def take(step: Step) -> None:
            ask()
            if display is not None:
                display.take(step)

        try:
            with listening(take):
                yield
        finally:
            if display is not None:
                display.end()


class _Lines:
    """A line on stderr every minute."""

    def __init__(self) -> None:
        self._pace, self._last = Pace(), monotonic()

    def take(self, step: Step) -> None:
        """Say how far it is, if the last time was a minute ago."""
        self._pace.take(step)
        now = monotonic()
        if now - self._last >= LINE_SECONDS:
            self._last = now
            click.echo(self._pace.line, err=True)

    def end(self) -> None:
        """Nothing is left to take away."""


class _Display:
    """A line on the terminal that appears after a while and is gone in the end."""

    def __init__(self) -> None:
        self._lock = Lock()  # the line appears in a thread of its own
        self._step, self._pace = Step("starting"), Pace()
        self._line: Progress | None = None
        self._task: TaskID | None = None
        self._is_over = False
        self._timer = Timer(PATIENCE_SECONDS, self._appear)
        self._timer.daemon = True
        with suppress(RuntimeError):  # no thread can be started: then it never appears
            self._timer.start()

    def take(self, step: Step) -> None:
        """Show another step."""
        with self._lock:
            self._step = step
            self._pace.take(step)
            self._refresh()

    def end(self) -> None:
        """Take the line away, or see to it that it does not appear."""
        self._timer.cancel()
        with self._lock:
            self._is_over = True
            if self._line is not None:
                self._line.stop()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[pace]}"),
            TimeElapsedColumn(),
        )
        with self._lock:
            if self._is_over:
                return
            self._line = Progress(
                *columns,
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._line.add_task("", pace="")
            self._line.start()
            self._refresh()

    def _refresh(self) -> None:
        if self._line is None or self._task is None:
            return
        what, done, total = self._step
        pace = self._pace.text
        self._line.update(
            self._task, description=what, completed=done, total=total or None, pace=pace
        )
