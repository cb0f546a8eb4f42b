"""TOML from a user, with bounds on what it costs to read."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from xlbackprop.errors import XlbackpropError, one_line

# A text longer than this is a mistake, or an attack: arrays belong into .npy files.
MAX_BYTES = 8_000_000

# Reading such a key takes time with the square of its length.
_ENDLESS_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){50}")


def read_toml(text: str, what: str, error: type[XlbackpropError]) -> dict[str, Any]:
    """Return the tables of a TOML text; `what` it is ("the spec") begins each message.

    Raises the error given for a text that is too long or no TOML.
    """
    if len(text) > MAX_BYTES:
        raise error(f"{what} has {len(text):,} characters, more than {MAX_BYTES:,}")
    if _ENDLESS_KEY.search(text):
        raise error(f"{what} is not valid TOML: a key of more than 50 parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as reason:  # TOMLDecodeError is a ValueError
        raise error(f"{what} is not valid TOML: {one_line(reason)}") from None
