"""A workbook of which nothing says what network it holds: judged by its own formulas."""

from __future__ import annotations

from xlbackprop.errors import WorkbookError
from xlbackprop.find.gradients.discover import find_gradients
from xlbackprop.find.gradients.findings import NothingFound
from xlbackprop.judge.gradients.review import review_sheet
from xlbackprop.judge.options import CheckOptions
from xlbackprop.judge.review import Review
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.settings import EngineName
from xlbackprop.workbook.read.workbook import Workbook


def review_own_sheets(workbook: Workbook, options: CheckOptions) -> Review:
    """Judge the gradients of a workbook by differentiating its own formulas.

    Raises WorkbookError, with the commands that help on, where that tells nothing.
    """
    tell("reading the workbook")
    if options.engine == EngineName.NONE:
        raise WorkbookError(_hint("with --engine none its formulas are not evaluated"))
    tell("differentiating its formulas")
    found = find_gradients(workbook, loss=options.loss)
    if isinstance(found, NothingFound):
        raise WorkbookError(_hint(f"its own formulas do not tell: {found.reason}"))
    return review_sheet(workbook, found)


def _hint(why: str) -> str:
    return (
        "it has no description of a network, so it was not built by xlbackprop, and"
        f" {why}. Say which network it holds: `xlbackprop check WORKBOOK --spec conv5x5x2`, or a"
        " TOML file (`xlbackprop templates` lists what there is); `xlbackprop locate WORKBOOK"
        " --spec ...` writes a map of where all stands, for --map; --loss CELL says which cell"
        " is L"
    )
