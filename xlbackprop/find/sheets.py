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
    found: set[str] = set()
    known = {*map(str.lower, workbook.names), *(key for _, key in workbook.local_names)}
    meanings = {one: workbook.meaning(one, name)[1] for one in known}
    names = {one: meaning for one, meaning in meanings.items() if "!" in meaning}
    for text in _formulas(workbook, name):
        reached = [names[one] for one in names if one in text.lower()] if names else []
        for one in (text, *reached):
            if "!" in one:
                found |= {spelt[other] for other in _sheets_in(one) if other in spelt}
    return found


def _formulas(workbook: Workbook, name: str) -> Iterator[str]:
    """Yield the formulas of a sheet as it stores them: those that are shared once."""
    cells = workbook.cells(name)
    stored = cells.formulas.raws(np.flatnonzero(cells.formulas.present))
    for raw in dict.fromkeys(stored):
        yield raw.decode("utf-8", "replace")
    yield from cells.shared.texts()
    yield from (one.text for one in cells.arrays.formulas)


def _sheets_in(formula: str) -> Iterator[str]:
    if not any(mark in formula for mark in "'\"["):  # as most are written
        yield from {one.casefold() for one in _SHEET.findall(formula)}
        return
    for _, text in references_in(formula):
        address = address_in_formula(text)
        if address is not None and address.sheet:
            yield plain_sheet(address.sheet).casefold()
