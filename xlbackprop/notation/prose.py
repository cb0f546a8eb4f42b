"""Sentences in LaTeX, with all that is special there made plain."""

from __future__ import annotations

import re
from functools import lru_cache

from xlbackprop.notation.symbols import GREEK, LONE, PRODUCTS, RELATIONS

_PLAIN = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%",
    "_": r"\_\allowbreak{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": "$<$", ">": "$>$", '"': "''", "`": r"\textasciigrave{}", "'": "'", "|": "$|$",
    "Σ": r"$\sum$", "√": r"$\surd$", "½": r"$\frac{1}{2}$", "²": "$^2$", "³": "$^3$",
    "°": r"$^\circ$",
    "…": r"\ldots{}", "’": "'", "′": "'", "‘": "`", "“": "``", "”": "''",
    "–": "--", "—": "---", "₀": "$_0$",
    "−": "$-$",
}  # fmt: skip
_SIGNS = {
    sign: f"${latex}$"
    for sign, latex in (GREEK | LONE | PRODUCTS | RELATIONS).items()
    if not sign.isascii()
}


def prose(text: str) -> str:
    """Return a sentence in LaTeX; a character that fonts may lack becomes a question mark."""
    return "".join(_plain(character) or "?" for character in re.sub(r"\s+", " ", text))


@lru_cache(maxsize=1024)
def is_known(character: str) -> bool:
    """Return whether a character is shown as what it is."""
    return character.isspace() or bool(_plain(character))


def _plain(character: str) -> str:
    if character in _PLAIN or character in _SIGNS:
        return _PLAIN.get(character) or _SIGNS[character]
    is_letter = character.isalpha() and ord(character) < 0x180  # Latin, with accents
    return character if is_letter or (character.isascii() and character.isprintable()) else ""
