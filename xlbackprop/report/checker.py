"""Workbook to report: the verifier, as a function."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from xlbackprop.judge.checker import review_workbook
from xlbackprop.judge.options import DEFAULT_OPTIONS, CheckKeywords, CheckOptions
from xlbackprop.report.from_review import make_report
from xlbackprop.report.report import Report


def check(
    path: str | Path,
    options: CheckOptions = DEFAULT_OPTIONS,
    **changes: Unpack[CheckKeywords],
) -> Report:
    """Judge every computed cell of a filled-in workbook.

    Givens and parameters are read from the workbook itself. How it is checked is said by
    keywords, `spec`, `map`, `engine`, `limits`, `prove` and `formulas`, or by a `CheckOptions`,
    which says what they mean. The report has all in it, the right numbers too: `Report.told`
    returns one that gives away less.

    Raises WorkbookError where the file cannot be used, SpecError where `spec` cannot, MapError
    where `map` cannot, EngineError where the engine is missing, or cannot be used to prove.
    """
    return make_report(review_workbook(path, options, **changes))
