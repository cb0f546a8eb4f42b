"""What arithmetic makes of a text that is no plain number: money, a time of day, a date, groups.

Spreadsheet programs turn such a text into a number where it is added or multiplied, so that what
follows from the cell is a number, although the cell holds none.
"""

from __future__ import annotations

import datetime
import re

_SIGN = r"(?P<sign>[+-]?)"
_MONEY = re.compile(rf"{_SIGN}(?:[$€£¥] ?)(?P<amount>\d+(?:\.\d*)?|\.\d+)")
_MONEY_AFTER = re.compile(rf"{_SIGN}(?P<amount>\d+(?:\.\d*)?|\.\d+) ?[$€£¥]")
_TIME = re.compile(
    r"(?P<hours>\d{1,2}):(?P<minutes>[0-5]?\d)(?::(?P<seconds>[0-5]?\d))?(?: ?(?P<half>[AP])M)?",
    re.IGNORECASE,
)
# Where a comma is no decimal one, it may stand before any three digits: 0,018 is 18.
_GROUPS = re.compile(r"[+-]?\d+(?:,\d{3})+(?:\.\d*)?")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_DAY_0 = datetime.date(1899, 12, 30)


def in_arithmetic(text: str) -> tuple[float, ...]:
    """Return the numbers that arithmetic may make of a text: none, one, or two for a date."""
    plain = text.strip()
    if money := _MONEY.fullmatch(plain) or _MONEY_AFTER.fullmatch(plain):
        return (float(money["sign"] + money["amount"]),)
    if _GROUPS.fullmatch(plain):
        return (float(plain.replace(",", "")),)
    if time := _TIME.fullmatch(plain):
        return (_part_of_day(time),)
    if date := _YEAR_FIRST.fullmatch(plain):
        return _days([tuple(map(int, date.groups()))])
    if date := _YEAR_LAST.fullmatch(plain):
        first, second, year = map(int, date.groups())
        return _days([(year, first, second), (year, second, first)])
    return ()


def _part_of_day(time: re.Match[str]) -> float:
    hours, minutes, seconds = (int(time[name] or 0) for name in ("hours", "minutes", "seconds"))
    if time["half"]:
        hours = hours % 12 + 12 * (time["half"] in "pP")
    return (hours * 3600 + minutes * 60 + seconds) / 86_400


def _days(dates: list[tuple[int, ...]]) -> tuple[float, ...]:
    """Return the numbers by which spreadsheets know those dates that there are."""
    found = []
    for year, month, day in dates:
        try:
            found.append(float((datetime.date(year, month, day) - _DAY_0).days))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found))
