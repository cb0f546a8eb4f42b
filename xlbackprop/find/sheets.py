"""Which of a workbook's sheets are looked at: one that is asked for, and those that it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from xlbackprop.errors import WorkbookError, shown
from xlbackprop.formula.addresses import address_in_formula, plain_sheet
from xlbackprop.formula.tokens import references_in
from xlbackprop.workbook.description import SHEET
from xlbackprop.workbook.read.workbook import Workbook

_MOST_NAMED = 12
_MARKS = re.compile(r"['\"\[]")
_SHEET = re.compile(r"(?<![\w.:])([\w.]+)!")


def wanted_sheet(workbook: Workbook, name: str) -> str:
    """Return the sheet that is asked for as the workbook writes it.

    Raises WorkbookError, with the sheets that there are, where it has none of that name.
    """
    names = [one for one in workbook.sheets if one != SHEET]
    for one in names:
        if one.casefold() == name.strip().casefold():
            return one
    raise WorkbookError(f"it has no sheet {shown(name)}: there is {listed(names)}")


def listed(sheets: Sequence[str]) -> str:
    """Return sheets' names in words: `'A', 'B' and 'C'`."""
    names = [shown(name, 40) for name in sheets[:_MOST_NAMED]]
    more = len(sheets) - len(names)
    *most, last = [*names, f"{more} more"] if more else names
    return f"{', '.join(most)} and {last}" if most else last


def sheets_together(workbook: Workbook) -> list[tuple[str, ...]]:
    """Return the sheets in groups: no formula of one group refers to a sheet of another."""
    sheets = [one for one in workbook.sheets if one != SHEET]
    group = {name: name for name in sheets}
    spelt = {name.casefold(): name for name in sheets}
    for name in sheets if len(sheets) > 1 else ():
        for other in _referred_to(workbook, name, spelt):
            old, new = group[other], group[name]
            group = {one: new if own == old else own for one, own in group.items()}
    return [
        tuple(one for one in sheets if group[one] == first)
        for first in dict.fromkeys(group.values())
    ]


def _referred_to(workbook: Workbook, name: str, spelt: Mapping[str, str]) -> set[str]:
    """Return the sheets that the formulas of a sheet name, or reach by a name."""
    known = {*map(str.lower, workbook.names), *(key for _, key in workbook.local_names)}
    meanings = {one: workbook.meaning(one, name)[1] for one in known}
    names = {one: meaning for one, meaning in meanings.items() if "!" in meaning}
    texts = list(_formulas(workbook, name, with_sheet_only=not names))
    reached = [names[one] for text in texts for one in names if one in text.lower()]
    named = [one for one in (*texts, *dict.fromkeys(reached)) if "!" in one]
    plain = [one for one in named if not _MARKS.search(one)]  # as most are written
    found = set(_SHEET.findall("\n".join(plain)))
    for one in named if len(plain) < len(named) else ():
        found |= set(_sheets_in(one))
    return {spelt[one.casefold()] for one in found if one.casefold() in spelt}


def _formulas(workbook: Workbook, name: str, *, with_sheet_only: bool) -> Iterator[str]:
    """Yield the formulas of a sheet as it stores them: those that are shared once.

    Or such alone as may name another sheet.
    """
    cells = workbook.cells(name)
    stored = cells.formulas.raws(np.flatnonzero(cells.formulas.present))
    for raw in dict.fromkeys(one for one in stored if not with_sheet_only or b"!" in one):
        yield raw.decode("utf-8", "replace")
    yield from cells.shared.texts()
    yield from (one.text for one in cells.arrays.formulas)


def _sheets_in(formula: str) -> Iterator[str]:
    for _, text in references_in(formula):
        address = address_in_formula(text)
        if address is not None and address.sheet:
            yield plain_sheet(address.sheet)
