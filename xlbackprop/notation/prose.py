"""Sentences in LaTeX, with all that is special there made plain."""

from __future__ import annotations

import re

_PLAIN = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%",
    "_": r"\_\allowbreak{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": "$<$", ">": "$>$", '"': "''", "`": r"\textasciigrave{}", "'": "'", "|": "$|$",
    "Σ": r"$\sum$", "√": r"$\surd$", "π": r"$\pi$", "½": r"$\frac{1}{2}$", "²": "$^2$", "³": "$^3$",
    "°": r"$^\circ$", "×": r"$\times$", "·": r"$\cdot$", "≤": r"$\le$", "≥": r"$\ge$",
    "→": r"$\to$",
    "…": r"\ldots{}", "’": "'", "‘": "`", "“": "``", "”": "''", "–": "--", "—": "---", "₀": "$_0$",
    "−": "$-$",
}  # fmt: skip


def prose(text: str) -> str:
    """Return a sentence in LaTeX; a character that fonts may lack becomes a question mark."""
    return "".join(_PLAIN.get(c) or _known(c) for c in re.sub(r"\s+", " ", text))


def _known(character: str) -> str:
    is_letter = character.isalpha() and ord(character) < 0x180  # Latin, with accents
    return character if is_letter or (character.isascii() and character.isprintable()) else "?"
