"""What passes between the program and a worker: a header as JSON, then two texts of bytes."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

_LENGTHS = struct.Struct("<QQQ")
_MOST = 1 << 30


def send(
    stream: IO[bytes], header: dict[str, Any], first: bytes = b"", second: bytes = b""
) -> None:
    """Write a frame."""
    text = json.dumps(header, allow_nan=False).encode()
    stream.write(_LENGTHS.pack(len(text), len(first), len(second)))
    for part in (text, first, second):
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes, bytes] | None:
    """Return the next frame, or None where the other side has ended."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    lengths = _LENGTHS.unpack(head)
    if max(lengths) > _MOST:
        return None
    parts = [stream.read(length) for length in lengths]
    if [len(part) for part in parts] != list(lengths):
        return None
    header: dict[str, Any] = json.loads(parts[0])
    return header, parts[1], parts[2]
