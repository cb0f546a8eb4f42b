"""Ctrl+C that cannot get lost: asked for once more at each step of the work.

Libraries drop an exception that is raised while they look something up: NumPy does where it finds
out what kind of number a member of an enumeration is.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def noticed_interrupts() -> Iterator[Callable[[], None]]:
    """Give a function that raises KeyboardInterrupt if there was one since.

    Where somebody else takes care of interrupts, or nobody is to, it raises nothing.
    """
    seen: list[int] = []

    def notice(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        signal.default_int_handler(number, frame)

    def ask() -> None:
        if seen:
            raise KeyboardInterrupt

    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or current_thread() is not main_thread():
        yield ask
        return
    signal.signal(signal.SIGINT, notice)
    try:
        yield ask
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
