"""Workbook to report: the verifier, as a function."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.diagnose import diagnose
from xlbackprop.inspection import network_of
from xlbackprop.report import Report, make_report
from xlbackprop.spec import Spec
from xlbackprop.verify import verify
from xlbackprop.workbook.found import find_blocks, read_tensors
from xlbackprop.workbook.read import open_workbook


def check(path: str | Path, *, spec: Spec | str | Path | None = None) -> Report:
    """Judge every computed cell of a filled-in workbook.

    Givens and parameters are read from the workbook itself. `spec` (a Spec, a template's name or
    a path) takes the place of the description that the workbook carries.

    Raises WorkbookError where the file cannot be used, SpecError where `spec` cannot.
    """
    path = Path(path)
    with open_workbook(path) as workbook:
        network = network_of(workbook, spec)
        blocks = find_blocks(workbook, network)
        found = read_tensors(workbook, network, blocks)
    judgements = verify(network, found)
    return make_report(str(path), judgements, diagnose(network, found, judgements))
