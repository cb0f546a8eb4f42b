"""Formulas that give an error value, and take all that rests on them along."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.formula.sheets.codes import ERRORS, Code

_MOST_NAMED = 3


def on_error_values(findings: Findings, sheets: Sheets) -> Iterator[str]:
    """Yield a sentence for each formula that gives an error, though what it refers to does not."""
    codes, graph = sheets.page.codes[:, 0], sheets.graph
    is_error = (codes >= Code.DIV) & (graph.owner >= 0)
    number = int(is_error.sum())
    first = [
        cell
        for cell in np.flatnonzero(is_error).tolist()
        if not any(codes[one] >= Code.DIV for one in graph.references(cell))
    ]
    for cell in first[:_MOST_NAMED]:
        others = number - len(first)
        more = f", as {others:,} others do that rest on such" if others else ""
        yield (
            f"{findings.address(cell)} gives {ERRORS[Code(int(codes[cell]))]}{more}: mend it first,"
            " since without a number nothing is judged"
        )
