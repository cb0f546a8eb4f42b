"""A file of protocol buffers looked through before it is parsed: whole, and not too much of it.

An empty message takes two bytes in the file, and a hundred in memory.
"""

from __future__ import annotations

from typing import Any

from xlbackprop.errors import SpecError

MAX_FIELDS = 300_000
_DEEPEST = 20
_LARGEST_NUMBER = 10  # bytes of a varint
_SIZES = {1: 8, 5: 4}  # of fixed numbers, by wire type
_BROKEN = "it is truncated, or no ONNX file"


def check_messages(content: bytes, descriptor: Any) -> None:
    """Raise SpecError where bytes are no message of a kind, or hold too many parts.

    `descriptor` is the kind's, as the package protobuf has it.
    """
    view, fields = memoryview(content), 0
    waiting = [(0, len(content), descriptor, 0)]
    while waiting:
        place, end, kind, depth = waiting.pop()
        if depth > _DEEPEST:
            raise SpecError(f"its parts are nested more than {_DEEPEST} deep")
        while place < end:
            fields += 1
            if fields > MAX_FIELDS:
                raise SpecError(f"it has more than {MAX_FIELDS:,} parts")
            key, place = _number(view, place, end)
            start, place = _field(view, place, end, key & 7)
            field = kind.fields_by_number.get(key >> 3)
            if key & 7 == 2 and field is not None and field.message_type is not None:
                waiting.append((start, place, field.message_type, depth + 1))


def _field(view: memoryview, place: int, end: int, wire_type: int) -> tuple[int, int]:
    """Return where a field's content begins and ends."""
    if wire_type == 0:
        start, (_, place) = place, _number(view, place, end)
    elif wire_type == 2:
        size, start = _number(view, place, end)
        place = start + size
    elif wire_type in _SIZES:
        start, place = place, place + _SIZES[wire_type]
    else:
        raise SpecError(_BROKEN)
    if place > end:
        raise SpecError(_BROKEN)
    return start, place


def _number(view: memoryview, place: int, end: int) -> tuple[int, int]:
    value = 0
    for count in range(_LARGEST_NUMBER):
        if place >= end:
            break
        byte = view[place]
        place += 1
        value |= (byte & 127) << 7 * count
        if byte < 128:
            return value, place
    raise SpecError(_BROKEN)
