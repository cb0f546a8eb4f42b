"""Numbers that people typed as text, in all the ways that people, phones and word processors do.

What a spreadsheet does not take for a number may still be one to its reader: with another dash,
a space after it, digits as wide as letters, a percent sign, a fraction, or the commas of another
country. It is told what was read, so that the report can say it and what to type instead.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from xlbackprop.workbook.read.strings import plain_text

_LONGEST = 60

_PLAIN = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
# As texts and pocket calculators have it: 1.5 x 10^-3, with the power raised or after a ^.
_POWER_OF_TEN = re.compile(r"(\d) ?[x*×·⋅] ?10(?:\^\(?([+-]?\d{1,3})\)?|([+-]?[⁰¹²³⁴-⁹]{1,3}))$")
# Groups of three digits, with the same mark between them, and maybe decimals after another one.
_GROUPED = re.compile(r"([+-]?)(\d{1,3})((?P<mark>[.,' ])\d{3}(?:(?P=mark)\d{3})*)(?:([.,])(\d*))?")
_FRACTION = re.compile(r"([+-]?)(?:(\d{1,6}) )?(\d{1,6})/(\d{1,6})")
_MONTH = r"[^\W\d_]{3,9}\.?"
_DATE = re.compile(
    rf"(?:\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}|\d{{1,2}}\.\d{{1,2}}\.|\d{{4}}-\d{{1,2}}"
    rf"|\d{{1,2}}[-. ]{{0,2}}{_MONTH}(?:[-. ]?\d{{2,4}})?"
    rf"|{_MONTH}[-. ]\d{{1,4}})(?:[T ]\d{{1,2}}:\d{{2}}.*)?"
)
# The beginnings of months' names in the languages of Europe that most people type in.
_MONTHS = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    "mär", "mai", "okt", "dez", "fev", "avr", "jui", "aou", "aoû", "déc", "ene", "abr",
    "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "mrt", "mei", "maa",
}  # fmt: skip
_FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_SAME = {
    "\N{MINUS SIGN}": "-",
    "\N{HYPHEN BULLET}": "-",
    "\N{SUPERSCRIPT MINUS}": "-",
    "\N{SUBSCRIPT MINUS}": "-",
    "\N{MODIFIER LETTER MINUS SIGN}": "-",
    "\N{HEAVY MINUS SIGN}": "-",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{MODIFIER LETTER APOSTROPHE}": "'",
    "\N{FRACTION SLASH}": "/",
    "\N{DIVISION SLASH}": "/",
    "\N{ARABIC DECIMAL SEPARATOR}": ".",
    "\N{ARABIC THOUSANDS SEPARATOR}": "'",
    "\N{ARABIC PERCENT SIGN}": "%",
    "\N{BRAILLE PATTERN BLANK}": " ",
    "\N{HANGUL FILLER}": " ",
}


class Kind(Enum):
    """What a text is."""

    NOTHING = "nothing"  # nothing that is seen
    NUMBER = "number"
    PERCENTAGE = "percentage"
    FRACTION = "fraction"
    TOO_LARGE = "too large"  # beyond the numbers of any spreadsheet
    FORMULA = "formula"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True)
class Reading:
    """What a text is, and the numbers that it may mean, the likeliest first."""

    kind: Kind
    numbers: tuple[float, ...] = ()


def read_text(text: str) -> Reading:
    """Return what a text is that stands where a number belongs."""
    plain = _plain(text)
    if not plain or plain.startswith(("=", "{=")):
        return Reading(Kind.FORMULA if plain else Kind.NOTHING)
    if len(plain) > _LONGEST:
        return Reading(Kind.TEXT)
    if plain.endswith("%"):
        return _of(Kind.PERCENTAGE, list(map(hundredth, _numbers(plain[:-1].rstrip()))))
    if plain.startswith("(") and plain.endswith(")"):
        return _of(Kind.NUMBER, _in_brackets(plain[1:-1].strip()))
    if fraction := _FRACTION.fullmatch(plain):
        return _of(Kind.FRACTION, _fractions(*fraction.groups()))
    numbers = _numbers(_POWER_OF_TEN.sub(_power_of_ten, plain))
    return Reading(Kind.DATE) if not numbers and _is_date(plain) else _of(Kind.NUMBER, numbers)


def read_numeral(text: str) -> float | None:
    """Return the number that a text most likely means, or None."""
    return next(iter(read_text(text).numbers), None)


def hundredth(number: float) -> float:
    """Return a hundredth of a number as it is written: of 59.33 it is 0.5933."""
    return float(Decimal(repr(number)) / 100)


def is_seen(text: str) -> bool:
    """Return whether there is anything in a text that is to be seen."""
    return bool(_plain(text))


def _of(kind: Kind, numbers: list[float]) -> Reading:
    if not numbers:
        return Reading(Kind.TEXT)
    if not all(map(math.isfinite, numbers)):
        return Reading(Kind.TOO_LARGE)
    return Reading(kind, tuple(dict.fromkeys(numbers)))


def _plain(text: str) -> str:
    """Return a text with one sort of dash, of space and of digits, and nothing that is not seen."""
    shown = plain_text(text)
    if not shown.isascii():
        shown = "".join(map(_plain_letter, shown))
    return " ".join(shown.split()).lstrip("'").strip()


def _plain_letter(letter: str) -> str:
    category, plain = unicodedata.category(letter), _SAME.get(letter)
    if plain is None and category == "Pd":
        plain = "-"
    elif category == "Zs":
        plain = " "
    elif category in ("Cf", "Mn", "Cc") and not letter.isspace():  # nothing that is seen
        plain = ""
    elif category == "Nd":
        plain = str(unicodedata.decimal(letter))
    elif letter in _FRACTIONS:
        plain = " " + unicodedata.normalize("NFKC", letter).replace("\N{FRACTION SLASH}", "/")
    if plain is None:
        wide = unicodedata.normalize("NFKC", letter)
        plain = wide if wide in ("+", "-", ".", ",", "%", "/", "=") else letter
    return plain


def _numbers(plain: str) -> list[float]:
    """Return the numbers that digits with their marks may mean."""
    sign, digits = ("", plain) if plain[:1] not in "+-" else (plain[:1], plain[1:].lstrip())
    plain = sign + digits
    found = []
    if _PLAIN.fullmatch(plain):
        found.append(float(plain.replace(",", ".")))
    if grouped := _GROUPED.fullmatch(plain):
        found += _of_groups(grouped)
    return found


def _of_groups(grouped: re.Match[str]) -> list[float]:
    sign, first, rest, mark, point, decimals = grouped.groups()
    if point == mark or first.startswith("0"):
        return []
    whole = first + rest.replace(mark, "")
    return [float(f"{sign}{whole}.{decimals or 0}")]


def _power_of_ten(found: re.Match[str]) -> str:
    return f"{found[1]}e{unicodedata.normalize('NFKC', found[2] or found[3])}"


def _in_brackets(plain: str) -> list[float]:
    """Return what a number in brackets may mean: as in accounts, one below zero, or just that."""
    return [sign * number for sign in (-1, 1) for number in _numbers(plain) if number > 0]


def _fractions(sign: str, whole: str | None, above: str, below: str) -> list[float]:
    if int(below) == 0:
        return []
    number = int(whole or 0) + int(above) / int(below)
    return [-number if sign == "-" else number]


def _is_date(plain: str) -> bool:
    if not _DATE.fullmatch(plain):
        return False
    words = re.findall(r"[^\W\d_]{3,}", plain)
    return not words or words[0][:3].lower() in _MONTHS
