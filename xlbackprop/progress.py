"""What is being done, told to whoever shows it: nobody, unless somebody listens.

with listening(show):
    check("mine.xlsx")     # calls show(Step("judging", 3, 17)), …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Step(NamedTuple):
    """What is being done, and how far it is; a `total` of 0 is not known."""

    what: str
    done: int = 0
    total: int = 0


Listener = Callable[[Step], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def tell(what: str, done: int = 0, total: int = 0) -> None:
    """Say what is being done now, and that so much of it is done."""
    listener = _listener.get()
    if listener is not None:
        listener(Step(what, done, total))


def each(what: str, items: Sequence[T]) -> Iterator[T]:
    """Yield the items, saying before each that so many of all are done."""
    for done, item in enumerate(items):
        tell(what, done, len(items))
        yield item


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call the listener with each step that is told in the meantime, by this thread."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
