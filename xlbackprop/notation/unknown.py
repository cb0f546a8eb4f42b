"""What an equation's notation holds that is not known here."""

from __future__ import annotations

import re

from xlbackprop.equation import Math
from xlbackprop.formula.functions import BY_WORD
from xlbackprop.notation.prose import is_known
from xlbackprop.notation.reader import WORDS

_CALLED = re.compile(r"(?<![\w./’])([^\W\d]\w+)\(")


def unknown_functions(math: Math) -> list[str]:
    """Return what an equation calls like a function, and is none that is known.

    A single letter before a parenthesis is a factor, where it is not known as a function.
    """
    words = _CALLED.findall(f"{math.text}\n{math.full}")
    return [word for word in dict.fromkeys(words) if word not in BY_WORD and word not in WORDS]


def unknown_characters(math: Math) -> list[str]:
    """Return the characters that no document could show."""
    characters = dict.fromkeys(math.text + math.full + math.why)
    return [character for character in characters if not is_known(character)]
