"""What is true of a proposal: whether the places it is sure of are the right ones."""

import numpy as np

import xlbackprop
from xlbackprop.find.mapping import map_of

SURE = "sure"


def same_places(places, others):
    return places.rows.shape == others.rows.shape and all(
        places.at(index) == others.at(index) for index in np.ndindex(places.rows.shape)
    )


def cells_of(places):
    return {places.at(index) for index in np.ndindex(places.rows.shape)}


def verdicts(path, network, places, engine):
    """Return what is said of each graded cell: its status, and the number that would be right."""
    review = xlbackprop.review_workbook(
        path, spec=network.spec, map=whole_map(network, places), engine=engine
    )
    return {
        one.found.places.at(index): (int(one.statuses[index]), f"{one.expected[index]:.7g}")
        for one in review.judgements.values()
        for index in np.ndindex(one.statuses.shape)
    }


def whole_map(network, places):
    template = network.spec.name
    return map_of(network, places, template)


def false_places(proposal, truth, path, engine="none"):
    """Return the tensors that are placed surely, and wrongly.

    A place is right where it is the true one. So is another reading that makes no difference:
    the tensor's cells are the true ones, and checking with all true places, or with those
    proposed, says the same of each cell.
    """
    differing = [
        one
        for one in proposal.tensors
        if one.certainty == SURE
        and not (one.name in truth and same_places(one.places, truth[one.name]))
    ]
    if not differing:
        return []
    true = verdicts(path, proposal.network, truth, engine)
    proposed = verdicts(path, proposal.network, proposal.places, engine)
    makes_no_difference = all(proposed.get(cell, said) == said for cell, said in true.items())
    return [
        one.name
        for one in differing
        if not makes_no_difference or one.name not in truth
        or cells_of(one.places) != cells_of(truth[one.name])
    ]  # fmt: skip


def not_found(proposal, truth, path, engine="none"):
    """Return the tensors of the page that the proposal has elsewhere, or not at all."""
    found = proposal.places
    elsewhere = [n for n, own in truth.items() if n not in found or not same_places(found[n], own)]
    if not elsewhere or any(name not in found for name in elsewhere):
        return elsewhere
    if any(cells_of(found[name]) != cells_of(truth[name]) for name in elsewhere):
        return elsewhere
    same = verdicts(path, proposal.network, truth, engine) == verdicts(
        path, proposal.network, {name: found[name] for name in truth}, engine
    )
    return [] if same else elsewhere
