"""Formulas that no engine can compute: what they need is not in the file."""

from __future__ import annotations

from xlbackprop.formula.tokens import links_elsewhere

WHAT_IF = "a what-if table"
OTHER_WORKBOOK = "a link to another workbook"
GOOGLE = "a function of Google Sheets, of which the file holds the last value only"
# What stands, in small letters, in the formulas that no engine can compute, and in others.
HOPELESS_MARKS = (b"[", b"__xludf.dummyfunction")


def hopeless(formula: str) -> str:
    """Return why no engine can compute a formula, or an empty text."""
    if not formula:
        return WHAT_IF
    if "__xludf.dummyfunction" in formula.lower():
        return GOOGLE
    return OTHER_WORKBOOK if "[" in formula and links_elsewhere(formula) else ""
