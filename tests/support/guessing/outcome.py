"""What is guessed of a workbook, held against what is true of it."""

import time
from dataclasses import dataclass

import numpy as np

import xlbackprop
from tests.support.guessing.same import same, without_training
from xlbackprop.errors import WorkbookError, XlbackpropError


@dataclass(frozen=True)
class Outcome:
    """What was proposed: "same" network, "other" or "none", and what is made of it.

    `verdict` is that of a check with the spec proposed; `false` are tensors that are surely said
    to stand where they do not, `hidden` those that are said to be nowhere and are there.
    """

    proposed: str
    seconds: float
    verdict: str = ""
    false: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    said: str = ""
    is_complete: bool = False


def outcome(page):
    """Return what is guessed of a page."""
    start = time.process_time()
    try:
        proposal = xlbackprop.guess(page.path)
    except WorkbookError as error:
        return Outcome("none", time.process_time() - start, said=str(error))
    seconds = time.process_time() - start
    true, found = without_training(page.spec), without_training(proposal.network.spec)
    false, hidden = _untrue(proposal, page.truth)
    kind = "same" if same(found, true) else "other"
    said = _in_short(proposal.network.spec)
    complete = proposal.is_complete
    return Outcome(kind, seconds, _verdict(page.path, proposal), false, hidden, said, complete)


def _verdict(path, proposal):
    spec = proposal.network.spec
    try:
        report = xlbackprop.check(path, spec=spec)
    except XlbackpropError as error:
        return f"refused: {error}"
    return report.verdict


def _untrue(proposal, truth):
    cells = {name: _cells(places) for name, places in proposal.places.items()}
    false = [
        one.name
        for one in proposal.tensors
        if one.certainty == "sure"
        and cells[one.name] != truth.get(one.name)
        and cells[one.name] not in truth.values()
    ]
    hidden = [
        one.name
        for one in proposal.left_out
        if one.name in truth and truth[one.name] not in cells.values() and not one.seems_there
    ]
    return tuple(false), tuple(hidden)


def _cells(places):
    return [places.at(index) for index in np.ndindex(places.rows.shape)]


def _in_short(spec):
    layers = [
        one.type + "".join(f" {key}={value}" for key, value in one.options.items())
        for one in spec.layers
    ]
    return f"{list(spec.input)} batch={spec.batch} {layers} {spec.loss.type}"
