"""What a program must be able to evaluate: the formulas of a workbook, whatever they refer to.

Two formulas have one form where they differ in nothing but which cells they refer to, how many,
and which numbers are written in them. A range of one row or one column is told from one of several.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_FORMULA = re.compile(rb"<f[^>]*>([^<]+)</f>")
_SHEET = r"(?:(?:'[^']*'|[A-Za-z_][\w.]*)!)?"
_REFERENCE = re.compile(
    rf"{_SHEET}\$?([A-Z]{{1,3}})\$?(\d+)(?::\$?([A-Z]{{1,3}})\$?(\d+))?(?![\w(])"
)
_NUMBER = re.compile(r"(?<![\w.])\d+\.?\d*(?:E[-+]?\d+)?")


def form(formula: str) -> str:
    """Return a formula with `cell`, or what kind of range, for each reference, `n` for numbers."""
    return _NUMBER.sub("n", _REFERENCE.sub(_kind, formula))


def _kind(reference: re.Match[str]) -> str:
    left, top, right, bottom = reference.groups()
    if right is None:
        return "cell"
    return ("row" if top == bottom else "rows") + ("column" if left == right else "columns")


def forms(path: Path) -> set[str]:
    """Return the forms of a workbook's formulas."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        found = {text for name in sheets for text in _FORMULA.findall(archive.read(name))}
    return {form(html.unescape(text.decode())) for text in found}


def one_of_each(of: Mapping[T, set[str]], chosen: Iterable[T] = ()) -> list[T]:
    """Return, in order, what to add to those chosen for all forms to be among theirs."""
    seen = set().union(*(of[name] for name in chosen))
    added = []
    for name, own in of.items():
        if own - seen:
            added.append(name)
            seen |= own
    return added
