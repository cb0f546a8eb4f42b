"""Texts of a workbook: those that its cells share, and what is written for characters."""

from __future__ import annotations

import re

from xlbackprop.errors import WorkbookError

MAX_STRINGS = 500_000
MAX_STRING_CHARACTERS = 30_000_000

# A character that XML has no way to write, or no safe one: `_x000D_` ends a line.
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def plain_text(text: str) -> str:
    """Return a text as a spreadsheet shows it: `_x0041_` is an A."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class StringReader:
    """Collects a workbook's shared strings: their runs, without reading aids.

    Raises WorkbookError where there are more than it takes.
    """

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._runs: list[str] = []
        self._is_text = self._is_phonetic = False
        self._characters = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002
        """Note whether text that follows counts."""
        if name == "si":
            self._runs = []
            if len(self.strings) >= MAX_STRINGS:
                raise WorkbookError(f"the file holds more than {MAX_STRINGS:,} texts")
        self._is_text = name == "t"
        self._is_phonetic |= name == "rPh"

    def text(self, data: str) -> None:
        """Collect a run."""
        if self._is_text and not self._is_phonetic:
            self._runs.append(data)
            self._characters += len(data)
            if self._characters > MAX_STRING_CHARACTERS:
                raise WorkbookError(
                    f"the file's texts have more than {MAX_STRING_CHARACTERS:,} characters"
                )

    def end(self, name: str) -> None:
        """File the finished string."""
        if name == "si":
            self.strings.append(plain_text("".join(self._runs)))
        elif name == "rPh":
            self._is_phonetic = False
        self._is_text = False
