"""An equation's line of text as MathML, which browsers set without a script."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape

from xlbackprop.notation.reader import read

# The converter sets a name letter by letter; one element of several letters is upright by itself.
_LETTERS = re.compile(
    r"<mrow>((?:<mi mathvariant=\"normal\">[^<]*</mi>|<mn>\d+</mn>|<mo>&#x0002E;</mo>)+)</mrow>"
)
_TAG = re.compile(r"<[^>]*>")


@lru_cache(maxsize=4096)
def to_mathml(text: str) -> str:
    """Return an equation's line as a `math` element; one that is not understood as escaped text."""
    from latex2mathml.converter import convert  # noqa: PLC0415  (only web pages need it)

    try:
        mathml = convert(read(text), display="block")
    except ValueError:
        return f"<p>{escape(text)}</p>"
    return _LETTERS.sub(_joined, mathml)


def _joined(match: re.Match[str]) -> str:
    name = unescape(_TAG.sub("", match[1]))
    return f"<mi>{escape(name)}</mi>" if re.search(r"[A-Za-z]", name) else match[0]
