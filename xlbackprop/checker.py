"""Workbook to report: the verifier, as a function."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.inspection import network_of
from xlbackprop.places import places_in_blocks
from xlbackprop.report import Report, make_report
from xlbackprop.review import Review
from xlbackprop.spec import Spec
from xlbackprop.verify import verify
from xlbackprop.workbook.found import find_blocks, read_tensors
from xlbackprop.workbook.read import open_workbook


def check(path: str | Path, *, spec: Spec | str | Path | None = None) -> Report:
    """Judge every computed cell of a filled-in workbook.

    Givens and parameters are read from the workbook itself. `spec` (a Spec, a template's name or
    a path) takes the place of the description that the workbook carries. The report has all in
    it, the right numbers too: `Report.told` returns one that gives away less.

    Raises WorkbookError where the file cannot be used, SpecError where `spec` cannot.
    """
    return make_report(review_workbook(path, spec=spec))


def review_workbook(path: str | Path, *, spec: Spec | str | Path | None = None) -> Review:
    """Judge a workbook as `check` does, and return all that is known of it, as arrays."""
    path = Path(path)
    with open_workbook(path) as workbook:
        network = network_of(workbook, spec)
        blocks = find_blocks(workbook, network)
        places = {
            name: places_in_blocks(tensor, blocks[name]) for name, tensor in network.tensors.items()
        }
        found = read_tensors(workbook, network, places, blocks)
    return Review(str(path), network, found, verify(network, found))
