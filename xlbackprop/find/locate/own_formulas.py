"""What a sheet's own formulas tell, of which no network is known: which cells are gradients."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlbackprop.errors import WorkbookError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import Claim, Findings, Role
from xlbackprop.find.mapping import Map
from xlbackprop.find.mapping.pairs import Pairs
from xlbackprop.find.sheets import sheets_together, wanted_sheet
from xlbackprop.formula.addresses import on_sheet, rectangle
from xlbackprop.formula.rectangles import rectangles
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, Limits
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import open_workbook


@dataclass(frozen=True)
class OwnProposal:
    """The gradients and updates of a workbook's own formulas, and by which cells they are.

    `map` says it as a file does, and `notes` say what was taken for L, and what is odd.
    """

    workbook: str
    map: Map
    notes: tuple[str, ...]

    def to_toml(self) -> str:
        """Return the proposal as a map file."""
        comments = "".join(f"# {one}\n" for one in self.notes)
        return f"{comments}{self.map.to_toml()}"

    def to_dict(self) -> dict[str, Any]:
        """Return the proposal as plain lists and dictionaries."""
        pairs = self.map.pairs or Pairs()
        return {
            "workbook": self.workbook,
            "notes": list(self.notes),
            "loss": list(pairs.losses),
            "rate": pairs.rate or None,
            "gradients": [{"cells": cells, "of": of} for cells, of in pairs.gradients.items()],
            "updates": [{"cells": cells, "of": of} for cells, of in pairs.updates.items()],
        }


def locate_gradients(
    path: str | Path, *, limits: Limits = DEFAULT_LIMITS, sheet: str | None = None
) -> OwnProposal:
    """Propose which cells of a workbook are gradients and updates, and by which others.

    Its own formulas are differentiated, whatever network they hold. With `sheet` only that sheet
    is looked at. Raises WorkbookError where they tell nothing, or the file cannot be used.
    """
    path = Path(path)
    with as_xlsx(path, limits) as file, open_workbook(file, path) as workbook:
        wanted = wanted_sheet(workbook, sheet) if sheet is not None else None
        ends = time.monotonic() + limits.seconds
        findings = []
        for group in sheets_together(workbook):
            if wanted is None or wanted in group:
                left = ends - time.monotonic()
                one = find_gradients(workbook, sheets=group, sheet=wanted, seconds=left)
                findings += [one] if isinstance(one, Findings) else []
    if not findings:
        raise WorkbookError(
            f"{path}: its own formulas tell no gradient: name the network with --spec SPEC, or try"
            " --guess"
        )
    default = _only_sheet(findings)
    notes = tuple(note for one in findings for note in one.notes)
    return OwnProposal(str(path), Map({}, sheet=default, pairs=_pairs(findings, default)), notes)


def _only_sheet(findings: Iterable[Findings]) -> str:
    """Return the sheet on which all stands, nothing where there are several."""
    sheets = {
        one.place(cell)[0]
        for one in findings
        for claim in one.claims
        for cell in (claim.cell, claim.of)
    }
    return sheets.pop() if len(sheets) == 1 else ""


def _pairs(findings: Iterable[Findings], default: str) -> Pairs:
    losses, gradients, updates = list[str](), dict[str, str](), dict[str, str]()
    rates = []
    for one in findings:
        if not one.assumed:
            losses += _ranges(one, one.losses, default)
        rates += [_text(default, *one.place(one.rate), 1, 1)] if one.rate is not None else []
        gradients |= _by_ranges(one, Role.GRADIENT, default)
        updates |= _by_ranges(one, Role.UPDATE, default)
    rate = rates[0] if len(set(rates)) == 1 else ""
    return Pairs(tuple(losses), rate, gradients, updates)


def _ranges(findings: Findings, cells: Iterable[int], default: str) -> Iterator[str]:
    """Yield cells as ranges, in their order where they stand below or beside one another."""
    places = [findings.place(cell) for cell in cells]
    sheets = dict.fromkeys(sheet for sheet, _, _ in places)
    for sheet in sheets:
        own = {place[1:] for place in places if place[0] == sheet}
        for one in rectangles(own):
            yield _text(default, sheet, *one)


def _by_ranges(findings: Findings, role: Role, default: str) -> Mapping[str, str]:
    """Return ranges of claims by the ranges of what they are of, all at one distance."""
    together: dict[tuple[str, str, int, int], set[tuple[int, int]]] = {}
    for claim in _once(findings.claims, role):
        sheet, row, column = findings.place(claim.cell)
        other, own_row, own_column = findings.place(claim.of)
        key = (sheet, other, own_row - row, own_column - column)
        together.setdefault(key, set()).add((row, column))
    return {
        _text(default, sheet, row, column, *size): _text(
            default, other, row + down, column + along, *size
        )
        for (sheet, other, down, along), places in together.items()
        for row, column, *size in rectangles(places)
    }


def _once(claims: Iterable[Claim], role: Role) -> Iterator[Claim]:
    seen: set[int] = set()
    for claim in claims:
        if claim.role is role and claim.cell not in seen:
            seen.add(claim.cell)
            yield claim


def _text(default: str, sheet: str, row: int, column: int, height: int, width: int) -> str:
    cells = rectangle(row, column, height, width)
    return cells if sheet == default else on_sheet(sheet, cells)
