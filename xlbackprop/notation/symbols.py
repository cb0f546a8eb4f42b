"""Letters and signs that equations may hold, and what they are in LaTeX's mathematics."""

from __future__ import annotations

from unicodedata import name

# Where a letter or a sign is to be added.
TABLE = "xlbackprop/notation/symbols.py"

# Σ is no letter here, but the sign of a sum.
_LETTERS = "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΦΨΩ"
_NAMED = {"ε": r"\varepsilon", "φ": r"\varphi", "ς": r"\varsigma"}


def _command(letter: str) -> str:
    """Return the command of a Greek letter: alpha and Gamma, each behind a backslash."""
    word = name(letter).rpartition(" ")[2].lower().replace("lamda", "lambda")
    return "\\" + (word.capitalize() if letter.isupper() else word)


GREEK = {letter: _NAMED.get(letter) or _command(letter) for letter in _LETTERS}

# Between two sides, or between two factors.
RELATIONS = {
    "=": "=", "<>": r"\ne", "<=": r"\le", ">=": r"\ge", "<": "<", ">": ">",
    "≠": r"\ne", "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "∈": r"\in", "→": r"\to", "±": r"\pm",
}  # fmt: skip
PRODUCTS = {"·": r"\cdot", "×": r"\times", "⊙": r"\odot", "∘": r"\circ"}
LONE = {"∞": r"\infty", "∂": r"\partial", "∇": r"\nabla"}
