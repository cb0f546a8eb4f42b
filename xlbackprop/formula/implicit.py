"""Ranges of which a formula means one cell only: the one in its own row or column.

So an older spreadsheet reads a range that stands by itself, and so a file means it. A program that
would fill several cells instead wants a sign before it: `@A1:A3*2`.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.tokens import tokens

_OPENING, _CLOSING, _COLON = b"():"


def may_mean_one_cell(formulas: bytes, ends: NDArray[np.int32]) -> list[int]:
    """Return which of some formulas, one after the other, have a range outside of parentheses."""
    letters = np.frombuffer(formulas, dtype=np.uint8)
    (colons,) = np.nonzero(letters == _COLON)
    if not colons.size:
        return []
    level = np.cumsum((letters == _OPENING).astype(np.int8) - (letters == _CLOSING), dtype=np.int32)
    which = np.searchsorted(ends, colons, side="right")
    before = np.concatenate([[0], level[ends - 1]])[which]
    return sorted(set(which[level[colons] == before].tolist()))


def with_intersections(formula: str, names: Collection[str] = ()) -> str:
    """Return a formula without its equals sign in which such ranges have their sign.

    `names` are those, in small letters, that stand for several cells. A formula that is none is
    left as it is.
    """
    try:
        pieces = list(tokens(formula))
    except ValueError:
        return formula
    parts, end, calls = [], 0, list[bool]()
    for number, token in enumerate(pieces):
        if token.kind == "call":
            calls.append(True)
        elif token.text == "(":
            calls.append(False)
        elif token.text == ")" and calls:
            calls.pop()
        is_range = token.kind == "reference" and ":" in token.text
        is_range |= token.kind == "name" and token.text.lower() in names
        beside = [piece.text for piece in pieces[max(0, number - 1) : number + 2]]
        if is_range and not any(calls) and ":" not in beside:
            parts += [formula[end : token.position], "@"]
            end = token.position
    return "".join([*parts, formula[end:]])
