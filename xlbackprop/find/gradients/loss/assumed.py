"""Losses that a sheet may mean without having them: from its outputs minus its typed targets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.find.gradients.differentiation.graph import Graph, cone
from xlbackprop.find.gradients.differentiation.objective import (
    CROSS_ENTROPY,
    HALF_SQUARE,
    Objective,
)
from xlbackprop.find.gradients.differentiation.study import Sheets
from xlbackprop.find.gradients.training.steps import steps_of
from xlbackprop.formula.sheets.groups import Group
from xlbackprop.formula.sheets.plane import OUTSIDE, Indices
from xlbackprop.formula.tree import (
    Call,
    Expression,
    Negative,
    Operation,
    Reference,
    children,
    walk,
)

_MOST_OUTPUTS = 5_000
_SQUARES = ("SUMXMY2", "SUMSQ", "DEVSQ", "POWER")
_LOGARITHMS = ("LN", "LOG", "LOG10")


def assumed(sheets: Sheets) -> list[Objective]:
    """Return the losses whose gradients begin with the differences that the sheet takes."""
    pairs = _differences(sheets)
    if not pairs or len(pairs) > _MOST_OUTPUTS:
        return []
    found = list(_objectives(sheets, pairs, {one: one for one in pairs}, HALF_SQUARE))
    arguments = {one: at for one in pairs if (at := _argument(sheets.graph, one)) != OUTSIDE}
    if arguments:
        found += _objectives(sheets, pairs, arguments, CROSS_ENTROPY)
    return found


def _objectives(
    sheets: Sheets, pairs: dict[int, int], seeds: dict[int, int], kind: str
) -> Iterator[Objective]:
    """Yield an objective in which all outputs are of one step, and one with a step for each."""
    outputs = np.array(sorted(seeds), dtype=np.int32)

    def objective(outputs: Indices, steps: Indices) -> Objective:
        cells = np.array([seeds[one] for one in outputs.tolist()], dtype=np.int32)
        targets = np.array([pairs[one] for one in outputs.tolist()], dtype=np.int32)
        return Objective(cells, steps, "", kind, outputs, targets)

    yield objective(outputs, np.zeros(len(outputs), dtype=np.int32))
    left, columns = set(outputs.tolist()), []
    while left:
        column = [one for one in steps_of(sheets.graph, min(left)).tolist() if one in left]
        columns.append(column)
        left -= set(column)
    count = len(columns[0])
    if count > 1 and all(len(column) == count for column in columns):
        together = np.array([one for column in columns for one in column], dtype=np.int32)
        yield objective(together, np.tile(np.arange(count, dtype=np.int32), len(columns)))


def _differences(sheets: Sheets) -> dict[int, int]:
    """Return the targets of outputs: typed cells from which they, or which from them, are taken."""
    graph, found = sheets.graph, dict[int, int]()
    for group in graph.groups:
        for left, right in _bare_differences(group):
            for cells in _aligned(graph, group, left, right):
                found |= _outputs(sheets, *cells)
    return found


def _bare_differences(group: Group) -> set[tuple[int, int]]:
    return {
        (part.left.slot, part.right.slot)
        for part in walk(group.tree)
        if isinstance(part, Operation) and part.operator == "-"
        if isinstance(part.left, Reference) and isinstance(part.right, Reference)
    }


def _aligned(
    graph: Graph, group: Group, left: int, right: int
) -> Iterator[tuple[Indices, Indices]]:
    """Yield what two slots of a group refer to, cell by cell, both ways round."""
    one, other = (
        group.places[slot].of(graph.plane, slice(None)).reshape(-1) for slot in (left, right)
    )
    if group.places[left].size == group.places[right].size == (1, 1):
        pair = np.broadcast_arrays(one, other)
        yield pair[0], pair[1]
        yield pair[1], pair[0]


def _outputs(sheets: Sheets, outputs: Indices, targets: Indices) -> dict[int, int]:
    """Return those pairs that are of an output, and of a typed number that does not lead to it."""
    graph = sheets.graph
    outputs, targets = graph.copied[outputs], graph.copied[targets]
    fits = sheets.is_computed[outputs] & sheets.is_typed[targets]
    if not fits.any():
        return {}
    outputs, targets = outputs[fits], targets[fits]
    within = cone(sheets.computation.in_order(), graph, outputs[:1])
    if within[targets[0]] or (within & sheets.is_typed).sum() < 2:
        return {}
    return dict(zip(outputs.tolist(), targets.tolist(), strict=True))


def _argument(graph: Graph, output: int) -> int:
    """Return the cell of which an output is the softmax or the sigmoid; OUTSIDE for none."""
    for cell in (output, *graph.references(output)[:1]):
        tree = graph.tree(cell)
        if tree is None:
            continue
        arguments = {slot for part in walk(tree) if (slot := _of_exp(part)) is not None}
        cells = {graph.slot_cell(cell, slot) for slot in arguments} - {OUTSIDE}
        if cells:
            # Of exp(z) / (exp(z) + exp(others)), the first.
            return graph.slot_cell(cell, min(arguments))
    return OUTSIDE


def _of_exp(tree: Expression) -> int | None:
    """Return the slot of which an expression is the exponential."""
    match tree:
        case Call("EXP", (Reference(slot) | Negative(Reference(slot)),)):
            return slot
        case Call("EXP", (Operation("-", Reference(slot), _),)):
            return slot
    return None


def _is_sum(tree: Expression | None) -> bool:
    """Return whether nothing but numbers is multiplied with what a formula refers to."""
    return tree is not None and not any(
        isinstance(part, Operation)
        and part.operator == "*"
        and all(any(isinstance(one, Reference) for one in walk(side)) for side in children(part))
        for part in walk(tree)
    )


def kinds_of(graph: Graph, cells: Indices) -> set[str]:
    """Return which kinds of loss some cells may be, by what they and what they sum are made of."""
    found = set()
    for cell in cells[:1].tolist():
        summed = graph.references(cell)[:8] if _is_sum(graph.tree(cell)) else []
        for one in (cell, *summed):
            for part in walk(tree) if (tree := graph.tree(one)) is not None else ():
                if isinstance(part, Call) and part.function in _LOGARITHMS:
                    found.add(CROSS_ENTROPY)
                if isinstance(part, Call) and part.function in _SQUARES:
                    found.add(HALF_SQUARE)
                if isinstance(part, Operation) and part.operator == "^":
                    found.add(HALF_SQUARE)
                if isinstance(part, Operation) and part.operator == "*" and part.left == part.right:
                    found.add(HALF_SQUARE)
    return found
