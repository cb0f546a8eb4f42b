"""Numbers that people typed as text."""

from __future__ import annotations

import re

_NUMERAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?")


def read_numeral(text: str) -> float | None:
    """Return the number that a text means, with a comma or a point for decimals, or None."""
    plain = (
        text.strip().lstrip("'").replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "")
    )
    if len(plain) > 40 or not _NUMERAL.fullmatch(plain) or not plain.isascii():
        return None
    return float(plain.replace(",", "."))
