"""What each cell claims to be: by the update that uses it, its label, its place, its value."""

from __future__ import annotations

import numpy as np

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.forward.forward import gradients_of_dead
from xlbackprop.find.gradients.loss.losses import Choice
from xlbackprop.find.gradients.naming.by_place import name_by_place
from xlbackprop.find.gradients.naming.by_use import by_update
from xlbackprop.find.gradients.naming.typed import (
    formulas_by_title,
    name_copied,
    typed_by_text,
    without_others,
)
from xlbackprop.find.gradients.texts.labels import Derivative, Labels
from xlbackprop.find.gradients.training.updates import updates


def name_gradients(choice: Choice, labels: Labels) -> Named:
    """Return which cells claim to be gradients, and of what."""
    named = Named(choice, labels, [])
    typed = typed_by_text(named)
    named.take(updates(choice.study, choice.flow, typed))
    named.none |= gradients_of_dead(choice.study, choice.flow, labels, named.updates)
    used = without_others(named, by_update(named, typed), typed)
    by_label = formulas_by_title(named, typed) | _by_label(named) | typed
    for cell in choice.matches:
        _name_matched(named, cell, used.get(cell, []), by_label.get(cell, []))
    for reason, found in ((Reason.UPDATE, used), (Reason.LABEL, by_label)):
        for cell, ofs in found.items():
            if cell not in choice.matches:
                named.give(cell, ofs[0], reason)
    name_copied(named)
    name_by_place(named)
    return named


def _by_label(named: Named) -> dict[int, list[int]]:
    """Return the cells that texts call gradients, with the targets that these name."""
    found: dict[int, list[int]] = {}
    study, flow, targets = named.choice.study, named.choice.flow, named.targets
    outside = study.sheets.is_computed & (flow.last < 0) & targets.is_called
    for cell in np.flatnonzero(outside).tolist() if targets.by_name else ():
        said, meant = targets.named(cell)
        # A name of several cells says only which of those that fit is meant.
        match = named.choice.matches.get(cell)
        fits = set() if match is None else set(match.targets)
        if len({int(flow.cells[one]) for one in meant}) > 1:
            meant = [one for one in meant if one in fits]
        elif fits.isdisjoint(meant):
            meant = [one for one in targets.namesakes(cell) if one in fits] or meant
        if meant and cell not in named.updated and _accuses(named.choice, said, meant):
            found[cell] = meant
    return _without_settled(named, found)


def _without_settled(named: Named, found: dict[int, list[int]]) -> dict[int, list[int]]:
    """Return what texts say without what is right elsewhere, where several cells have the name.

    Of two layers' `db`, the one that is no gradient at all is that of the `b` that is left.
    """
    cells, matches = named.choice.flow.cells, named.choice.matches
    is_right = {cell: cell in matches and meant[0] in matches[cell].targets
                for cell, meant in found.items()}  # fmt: skip
    settled = {int(cells[found[cell][0]]) for cell, right in is_right.items() if right}
    for cell, meant in list(found.items()):
        if is_right[cell] or int(cells[meant[0]]) not in settled:
            continue
        left = [at for at in named.targets.namesakes(cell) if int(cells[at]) not in settled]
        if len({int(cells[at]) for at in left}) == 1:
            found[cell] = left
    return found


def _accuses(choice: Choice, said: Derivative | None, meant: list[int]) -> bool:
    """Whether a text says enough to be held against a cell: `d_o` may be of o, or of its net."""
    if said is None or said.is_quotient:
        return said is not None
    study, cell = choice.study, int(choice.flow.cells[meant[0]])
    is_net = bool(study.sheets.graph.is_alone[cell] and choice.flow.last[cell] >= 0)
    return bool(study.sheets.is_typed[cell]) or cell in study.before or is_net


def _name_matched(named: Named, cell: int, used: list[int], by_label: list[int]) -> None:
    """Name what a cell is whose value fits: by its update or label where these agree."""
    matched = named.choice.matches[cell].targets
    fitting = set(matched)
    for reason, meant in ((Reason.UPDATE, used), (Reason.LABEL, by_label)):
        agreed = [one for one in meant if one in fitting]
        if agreed:
            named.give(cell, agreed[0], reason)
            return
    if used and by_label and set(used) & set(by_label):
        named.give(cell, used[0], Reason.UPDATE)
    elif by_label and not used:
        named.give(cell, by_label[0], Reason.LABEL)
    elif used and not by_label:
        named.give(cell, used[0], Reason.UPDATE)
    elif not is_forward(named.choice, cell):
        named.give(cell, named.nearest(cell, matched), Reason.VALUE)


def is_forward(choice: Choice, cell: int) -> bool:
    """Whether a cell is a copy, or has an activation's formula as the forward pass has it.

    Most cells of such a formula are of the forward pass; L alone may look like any sum of products.
    What is made of a gradient is no part of it: dL/do = dL/dh * tanh(c) looks like h = o * tanh(c).
    """
    graph = choice.study.sheets.graph
    is_copy = bool(graph.copied[cell] != cell)
    if is_copy or int(graph.owner[cell]) not in choice.activations:
        return is_copy
    return not any(one in choice.matches for one in graph.references(cell))
