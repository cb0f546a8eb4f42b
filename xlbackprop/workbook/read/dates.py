"""Which formats of cells show a number as a date: what a program makes of `12.05`, or of `1/2`."""

from __future__ import annotations

import re
from datetime import date, timedelta

# Formats that need not be described in the file.
_BUILT_IN = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
# What a format shows as it is written, or by which it tells colours, conditions and languages.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_PARTS = re.compile(r"[ymdhs]", re.IGNORECASE)
# A longer list is not worth reading for a hint.
MAX_STYLES_BYTES = 4_000_000


class DateStyleReader:
    """Collects the numbers of the formats that show dates, as cells name them."""

    def __init__(self) -> None:
        self.styles: set[str] = set()
        self._formats = {str(number) for number in _BUILT_IN}
        self._number = -1
        self._is_list = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a format, or which one a cell's style has."""
        if name == "numFmt":
            self._note_format(attributes.get("numFmtId", ""), attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._is_list = True
        elif name == "xf" and self._is_list:
            self._number += 1
            if attributes.get("numFmtId") in self._formats:
                self.styles.add(str(self._number))

    def text(self, data: str) -> None:
        """Take no notice: there is none."""

    def end(self, name: str) -> None:
        """Note where the list of the cells' styles ends."""
        if name == "cellXfs":
            self._is_list = False

    def _note_format(self, number: str, code: str) -> None:
        if shows_date(code):
            self._formats.add(number)
        else:
            self._formats.discard(number)


def shows_date(code: str) -> bool:
    """Return whether a format shows a number as a date or a time: `dd.mm.yyyy`."""
    shown = _LITERAL.sub("", code[:255]).split(";")[0]
    return bool(_PARTS.search(shown)) and "general" not in shown.lower()


def date_of(number: float) -> str:
    """Return the day that a number stands for, or an empty text where it is none of a calendar."""
    try:
        return (date(1899, 12, 30) + timedelta(days=int(number))).isoformat()
    except (OverflowError, ValueError):
        return ""
