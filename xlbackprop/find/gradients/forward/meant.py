"""What the forward pass may have been meant to be: one formula before L that makes gradients right.

Gradients that were written for another forward pass than the sheet's own are wrong for that. Where
one formula of it, written like its neighbour's, makes all of them right, the mistake is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product

import numpy as np

from xlbackprop.equation import Mask
from xlbackprop.find.gradients.differentiation.drawing import are_true
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.findings import Claim, Findings, Role
from xlbackprop.find.gradients.forward.forward import ACTIVATIONS
from xlbackprop.find.gradients.loss.losses import Choice, try_all
from xlbackprop.formula.functions.values import NotKnown
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents, SharedFormula, SheetContents
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import Indices
from xlbackprop.formula.tree import Reference, functions_in

_MOST_FORMULAS, _MOST_TRIED, _MOST_ALIKE = 2_000, 24, 8
_MOST_COMPUTED = 16_000  # formulas, in all that is tried
# How far a neighbour stands, as the next unit's output does behind its net.
_REACH = 4
# Gradients that have to be wrong, and right then: of one alone it says too little.
_FEWEST = 2
_RISING = re.compile(r"(?<=EXP\()(?=[A-Z$])", re.IGNORECASE)  # 1/(1+EXP(z)) falls with z


@dataclass(frozen=True)
class _Other:
    """A formula that some cells might have, as it reads where it stands."""

    cells: Indices
    formula: SharedFormula
    said: str


def meant_forward(findings: Findings, choice: Choice) -> Iterator[str]:
    """Yield what would make all gradients right, if one formula before L would."""
    gradients = [one for one in findings.claims if one.role is Role.GRADIENT]
    at = [number for number, one in enumerate(findings.claims) if one.role is Role.GRADIENT]
    is_right = are_true(findings.own[at], findings.truth[at]) & ~findings.is_blank[at]
    graph = findings.graph
    if (~is_right).sum() < _FEWEST or findings.is_typed.any() or choice.objective.assumed:
        return
    count = sum(len(group.cells) for group in graph.groups)
    if count > _MOST_FORMULAS:
        return
    for other in islice(_others(findings, choice), min(_MOST_TRIED, _MOST_COMPUTED // count)):
        if _makes_right(findings, choice, gradients, other):
            yield _said(findings, other)
            return


def _others(findings: Findings, choice: Choice) -> Iterator[_Other]:
    """Yield a minus sign, other references, and the formulas of neighbours, moved."""
    graph, flow = findings.graph, choice.flow
    inner = (flow.last >= 0) & choice.study.sheets.is_computed
    inner[choice.objective.cells] = False
    inner[choice.study.cuts] = False
    spots = [cells for group in graph.groups for cells in _lines(findings, group, inner)]
    formulas = [(cells, _formula(findings, int(cells[0]))) for cells in spots]
    known = [(cells, own) for cells, own in formulas if own is not None]
    for cells, own in known:
        if _RISING.search(own.text):
            alike = graph.groups[graph.owner[cells[0]]].cells
            changed = replace(own, text=_RISING.sub("-", own.text))
            yield _Other(alike[inner[alike]], changed, "had EXP(-z) for EXP(z)")
    for cells, own in known:
        for text, said in _with_another(findings, choice, int(cells[0]), own.text):
            yield _Other(cells, replace(own, text=text), said)
    ends = [cells for cells in spots if _may_be_activation(graph.groups[graph.owner[cells[0]]])]
    for far, cells in product(range(1, _REACH + 1), ends):
        for down, along in ((0, -far), (0, far), (-far, 0), (far, 0)):
            near = _beside(findings, int(cells[0]), down, along)
            if near and inner[near] and graph.owner[near] != graph.owner[cells[0]]:
                is_one = ACTIVATIONS & {*functions_in(graph.groups[graph.owner[near]].tree)}
                formula = _formula(findings, near)
                if is_one and formula is not None:
                    said = f"had the formula of {findings.address(near)}"
                    yield _Other(cells, formula, said)


def _may_be_activation(group: Group) -> bool:
    """Whether a formula is an activation's, or one from which it is missing: a copy."""
    return isinstance(group.tree, Reference) or bool(ACTIVATIONS & {*functions_in(group.tree)})


def _beside(findings: Findings, cell: int, down: int, along: int) -> int:
    sheet, row, column = findings.place(cell)
    plane = findings.graph.plane
    return plane.index(plane.number[sheet.casefold()], row + down, column + along)


def _with_another(
    findings: Findings, choice: Choice, cell: int, text: str
) -> Iterator[tuple[str, str]]:
    """Yield a formula with another cell for one to which it refers, and how to say so.

    One that leads to no L otherwise, or any of the kind for one that stands there twice.
    """
    graph, used = findings.graph, findings.graph.references(cell)
    sheets = choice.study.sheets
    for one in dict.fromkeys(used):
        own = _address(findings.address(one))
        spots = list(own.finditer(text))
        for (down, along), far in product(((0, 1), (1, 0), (0, -1), (-1, 0)), (1, 2)):
            other = _beside(findings, one, far * down, far * along)
            is_alike = bool(other) and graph.owner[other] == graph.owner[one]
            is_left = len(spots) > 1 or (bool(other) and choice.flow.last[other] < 0)
            if not is_alike or not is_left or other in used or not sheets.is_number[other]:
                continue
            name = findings.address(other)
            for spot in spots:
                changed = text[: spot.start()] + name + text[spot.end() :]
                yield changed, f"had {name} for {findings.address(one)}"


def _address(address: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$!:.]){address}(?![\w(:!])", re.IGNORECASE)


def _lines(findings: Findings, group: Group, inner: Mask) -> Iterator[Indices]:
    """Yield the cells of a formula's shape before L: one by one, or those of all steps together."""
    cells = group.cells[inner[group.cells]]
    if group.is_array or not cells.size:
        return
    if findings.steps == 1:
        yield from (cells[at : at + 1] for at in range(min(len(cells), _MOST_ALIKE)))
        return
    _, *along = findings.graph.plane.places
    for places in along:
        for line in np.unique(places[cells])[:_MOST_ALIKE]:
            own = cells[places[cells] == line]
            if len(own) >= findings.steps - 1:
                yield own


def _formula(findings: Findings, cell: int) -> SharedFormula | None:
    """Return a cell's own formula, as it reads there; None for one that others share."""
    number, row, column = (int(place[cell]) for place in findings.graph.plane.places)
    sheet = findings.contents.sheets[number]
    (which,) = np.nonzero(
        (sheet.rows[sheet.with_formula] == row) & (sheet.columns[sheet.with_formula] == column)
    )
    if which.size != 1:
        return None
    text = sheet.formulas[int(which[0])].decode("utf-8", "replace")
    return SharedFormula(text, row, column, sheet.with_formula[which])


def _makes_right(findings: Findings, choice: Choice, gradients: list[Claim], other: _Other) -> bool:
    """Whether all gradients are right where some cells have another formula."""
    sheets = choice.study.sheets
    try:
        changed = Sheets(Computation(_changed(findings, other), sheets.look_up), sheets.look_up)
        (tried,) = try_all(changed, [choice.objective])
    except NotKnown:
        return False
    flow = tried.flow
    targets = [flow.by_step.get((one.of, one.step), -1) for one in gradients]
    if -1 in targets:
        return False
    factors = np.array([one.factor for one in gradients])[:, None]
    truth = factors * flow.values[np.array(targets, dtype=np.int64)]
    own = tried.study.own[[one.cell for one in gradients]]
    return bool(are_true(own, truth).all())


def _changed(findings: Findings, other: _Other) -> Contents:
    """Return the cells of the workbook, some of which have another formula."""
    places = findings.graph.plane.places
    number = int(places[0][other.cells[0]])
    sheet = findings.contents.sheets[number]
    wanted = {(int(places[1][cell]), int(places[2][cell])) for cell in other.cells.tolist()}
    spots = list(zip(sheet.rows.tolist(), sheet.columns.tolist(), strict=True))
    cells = np.array([at for at, spot in enumerate(spots) if spot in wanted], dtype=np.int64)
    kept = ~np.isin(sheet.with_formula, cells)
    changed: SheetContents = replace(
        sheet,
        formulas=[one for one, keep in zip(sheet.formulas, kept, strict=True) if keep],
        with_formula=sheet.with_formula[kept],
        shared=[
            *(
                replace(one, cells=left)
                for one in sheet.shared
                if (left := np.setdiff1d(one.cells, cells)).size
            ),
            replace(other.formula, cells=cells),
        ],
    )
    others = [changed if at == number else one for at, one in enumerate(findings.contents.sheets)]
    return replace(findings.contents, sheets=others)


def _said(findings: Findings, other: _Other) -> str:
    cells = sorted(other.cells.tolist())
    first, last = findings.address(cells[0]), findings.address(cells[-1])
    what = first if len(cells) == 1 else f"{first} to {last}"
    return (
        f"forward pass: if {what} {other.said}, all gradients would be right as they are: then the"
        " mistake is there, and not in them"
    )
