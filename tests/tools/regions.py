"""Regions of the documentation that are made from the program, between two invisible comments.

<!-- made by python -m tests.tools.reference: layers -->
…
<!-- end of what is made -->
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"

_REGION = re.compile(
    r"(<!-- made by python -m (?P<tool>[a-z_.]+): (?P<name>[a-z-]+) -->\n)"
    r"(?P<body>.*?)"
    r"(<!-- end of what is made -->)",
    re.DOTALL,
)

Makers = Mapping[str, Callable[[], str]]


def names_in(text: str, tool: str) -> list[str]:
    """Return the names of the regions that a tool makes in a page."""
    return [found["name"] for found in _REGION.finditer(text) if found["tool"] == tool]


def made_anew(text: str, tool: str, makers: Makers) -> str:
    """Return a page with each of the tool's regions made anew."""

    def replaced(found: re.Match[str]) -> str:
        if found["tool"] != tool:
            return found[0]
        return f"{found[1]}\n{makers[found['name']]().strip()}\n\n{found[5]}"

    return _REGION.sub(replaced, text)


def outdated(tool: str, makers: Makers, folder: Path = DOCS) -> list[str]:
    """Return the names of the pages in which a region is not what the program says today."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}
    return [path.name for path, text in pages.items() if made_anew(text, tool, makers) != text]


def make(tool: str, makers: Makers) -> None:
    """Rewrite the tool's regions in all pages."""
    for path in sorted(DOCS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        new = made_anew(text, tool, makers)
        if new != text:
            path.write_text(new, encoding="utf-8")
            print(f"changed: {path}")
