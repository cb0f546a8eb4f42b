"""What belongs in blank cells, in words."""

from __future__ import annotations

from collections.abc import Sequence

from xlbackprop.find.gradients.findings import Findings
from xlbackprop.find.gradients.texts.labels import Labels
from xlbackprop.formula.addresses import on_sheet, rectangle

_NEAR = 4
_LONGEST = 40
_MOST_NAMED = 4


def what_belongs_in(findings: Findings, claims: Sequence[int]) -> str:
    """Return which gradients belong in the blank cells of some claims, by number."""
    here = findings.place(findings.claims[claims[0]].cell)[0]
    places = sorted({findings.place(findings.claims[at].of) for at in claims})
    labels = Labels(findings.contents, findings.computation.plane)
    first = min((findings.claims[at].of for at in claims), key=findings.place)
    texts = (labels.above(first), labels.left(first))
    text = next((text for far, text in texts if text and far <= _NEAR), labels.heading(first)[0])
    called = f" ({' '.join(text.split())[:_LONGEST]})" if text else ""
    noun = "gradient" if len(places) == 1 else "gradients"
    verb = "belongs" if len(places) == 1 else "belong"
    return f"blank: the {noun} of L by {_named(places, here)}{called} {verb} here"


def _named(places: Sequence[tuple[str, int, int]], here: str) -> str:
    """Return the cells of places, as one range where they fill it, with the sheet if another."""
    sheets = {sheet for sheet, _, _ in places}
    rows = {row for _, row, _ in places}
    columns = {column for _, _, column in places}
    height, width = max(rows) - min(rows) + 1, max(columns) - min(columns) + 1
    if len(sheets) == 1 and height * width == len(places):
        return _at(*places[0], height, width, here)
    named = [_at(*place, 1, 1, here) for place in places[:_MOST_NAMED]]
    more = len(places) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _at(sheet: str, row: int, column: int, height: int, width: int, here: str) -> str:
    range_ = rectangle(row, column, height, width)
    return range_ if sheet == here else on_sheet(sheet, range_)
