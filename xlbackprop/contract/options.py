"""The options a layer or a loss takes from its spec, each with the reader that checks it.

A layer is a frozen dataclass whose fields are made by the functions here:

    filters: int = count()
    kernel: tuple[int, int] = pair(minimum=1)
    bias: bool = flag(default=True)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from math import isfinite
from typing import Any, TypeVar

from xlbackprop.errors import SpecError, shown, suggestion

T = TypeVar("T")

# Anything larger is refused by name here, before it becomes an array's dimension.
LARGEST = 1_000_000
MOST_AXES = 8


def count(*, minimum: int = 1, default: int | None = None, optional: bool = False) -> Any:
    """Declare a whole number; an `optional` one may be left out, and is None then."""

    def read(value: object) -> int:
        if not _is_whole(value, minimum):
            raise ValueError(f"a whole number from {minimum}")
        return int(value)  # type: ignore[call-overload, no-any-return]

    if optional:
        return field(default=None, metadata={"read": read})
    return _option(read, default)


def pair(*, minimum: int, default: int | None = None, optional: bool = False) -> Any:
    """Declare a whole number for both axes, or a list of two: rows, then columns.

    An `optional` one may be left out without a default, and is None then.
    """

    def read(value: object) -> tuple[int, int]:
        both: list[Any] = value if isinstance(value, list) else [value, value]
        if len(both) != 2 or not all(_is_whole(one, minimum) for one in both):
            raise ValueError(f"a whole number from {minimum}, or a list of two of them")
        return int(both[0]), int(both[1])

    if optional:
        return field(default=None, metadata={"read": read})
    return _option(read, None if default is None else (default, default))


def sizes(*, minimum: int) -> Any:
    """Declare a list of whole numbers, one for each axis."""

    def read(value: object) -> tuple[int, ...]:
        is_list = isinstance(value, list) and 0 < len(value) <= MOST_AXES
        if not is_list or not all(_is_whole(one, minimum) for one in value):  # type: ignore[attr-defined]
            raise ValueError(f"a list of whole numbers from {minimum}, one for each axis")
        return tuple(value)  # type: ignore[arg-type]

    return _option(read, None)


def sides() -> Any:
    """Declare a padding: for both axes, for each, for each of the four sides, or "same"."""

    def read(value: object) -> object:
        if value == "same":
            return value
        both: list[Any] = value if isinstance(value, list) else [value, value]
        if len(both) == 2 and all(_is_whole(one, 0) for one in both):
            return int(both[0]), int(both[1])
        if len(both) == 2 and all(map(_is_two_sides, both)):
            return tuple((int(before), int(after)) for before, after in both)
        raise ValueError(
            "a whole number from 0, a list of two of them, [[top, bottom], [left, right]], or"
            ' "same"'
        )

    return _option(read, (0, 0))


def ends() -> Any:
    """Declare the padding of a row: at both ends, at each of them, or "same"."""

    def read(value: object) -> object:
        if value == "same":
            return value
        both: list[Any] = value if isinstance(value, list) else [value, value]
        if not _is_two_sides(both):
            raise ValueError('a whole number from 0, a list [left, right] of two, or "same"')
        return int(both[0]), int(both[1])

    return _option(read, (0, 0))


def number(
    *,
    minimum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    default: float | None = None,
    optional: bool = False,
) -> Any:
    """Declare a finite number, from `minimum` on, more than `above` and less than `below`.

    An `optional` one may be left out without a default, and is None then.
    """
    expected = "a number" if minimum is None else f"a number from {minimum:g}"
    expected += "" if above is None else f" above {above:g}"
    expected += "" if below is None else f", below {below:g}"

    def read(value: object) -> float:
        if type(value) not in (int, float) or not isfinite(value):  # type: ignore[arg-type]
            raise ValueError(expected)
        number = float(value)  # type: ignore[arg-type]
        if (minimum is not None and number < minimum) or (below is not None and number >= below):
            raise ValueError(expected)
        if above is not None and number <= above:
            raise ValueError(expected)
        return number

    if optional:
        return field(default=None, metadata={"read": read})
    return _option(read, default)


def flag(*, default: bool) -> Any:
    """Declare a true or false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value

    return _option(read, default)


def choice(*words: str) -> Any:
    """Declare one of a few words, the first of which is the default."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(" or ".join(f'"{word}"' for word in words))
        return str(value)

    return _option(read, words[0])


def read_options(cls: type[T], raw: Mapping[str, object], where: str) -> T:
    """Return an instance of the dataclass `cls` from a spec's keys.

    Raises SpecError for an unknown, missing or unusable key; `where` names the layer.
    """
    known = {option.name: option for option in fields(cls)}  # type: ignore[arg-type]
    for key in raw:
        if key not in known:
            raise SpecError(f"{where}: unknown key {shown(key)}{suggestion(key, known)}")
    values = {}
    for name, option in known.items():
        if name in raw:
            try:
                values[name] = option.metadata["read"](raw[name])
            except ValueError as error:
                raise SpecError(f"{where}: {name} = {shown(raw[name])}: expected {error}") from None
        elif option.default is MISSING:
            raise SpecError(f"{where}: the key {name!r} is missing")
    return cls(**values)


def _option(read: Callable[[object], object], default: object) -> Any:
    if default is None:
        return field(metadata={"read": read})
    return field(default=default, metadata={"read": read})


def _is_two_sides(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_whole(one, 0) for one in value)


def _is_whole(value: object, minimum: int) -> bool:
    # bool is an int in Python, but `filters = true` is a mistake.
    return type(value) is int and minimum <= value <= LARGEST
