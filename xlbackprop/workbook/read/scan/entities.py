"""Characters that are written as others: `&lt;` for a <, `&#176;` for a degree sign."""

from __future__ import annotations

import re

_NAMED = {b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'", b"amp": b"&"}
_ENTITY = re.compile(rb"&(?:#([0-9]{1,7})|(lt|gt|quot|apos|amp));")
_FIRST_BEYOND_ASCII = 128
_SPACES = (9, 10)


def are_known(text: bytes) -> bool:
    """Return whether each & in a text begins an entity that is known here."""
    found = _ENTITY.findall(text)
    return len(found) == text.count(b"&") and all(map(_is_character, {one for one, _ in found}))


def replaced(text: bytes) -> bytes:
    """Return a text with characters in place of its entities, which are known."""
    return _ENTITY.sub(_character, text) if b"&" in text else text


def _is_character(number: bytes) -> bool:
    if not number:  # it has a name
        return True
    code = int(number)
    if code >> 16 == 0:
        is_surrogate = 0xD800 <= code < 0xE000
        is_plain = _FIRST_BEYOND_ASCII <= code < 0xFFFE and not is_surrogate
        return is_plain or code in _SPACES
    return code <= 0x10FFFF


def _character(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1])).encode() if match[1] else _NAMED[match[2]]
