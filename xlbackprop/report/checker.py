"""Workbook to report: the verifier, as a function."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.find.mapping import Map
from xlbackprop.judge.checker import review_workbook
from xlbackprop.report.report import Report, make_report
from xlbackprop.spec import Spec
from xlbackprop.workbook.engine.engine import DEFAULT_LIMITS, Limits
from xlbackprop.workbook.engine.recalculation import EngineName


def check(
    path: str | Path,
    *,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
    engine: EngineName | str = EngineName.IRONCALC,
    limits: Limits = DEFAULT_LIMITS,
    prove: int = 0,
    formulas: bool = False,
) -> Report:
    """Judge every computed cell of a filled-in workbook.

    Givens and parameters are read from the workbook itself. `spec` (a Spec, a template's name or
    a path) takes the place of the description that the workbook carries, and `map` (a Map or a
    path) says where the tensors stand in a workbook that somebody else laid out; with a spec and
    no map they are located. Formulas are evaluated anew by the engine, within the limits ("none":
    what was saved is judged). With `prove` they are tried on so many draws of the givens and
    parameters, too, and with `formulas` a number that was typed instead of one is `typed`. The
    report has all in it, the right numbers too: `Report.told` returns one that gives away less.

    Raises WorkbookError where the file cannot be used, SpecError where `spec` cannot, MapError
    where `map` cannot, EngineError where the engine is missing, or cannot be used to prove.
    """
    return make_report(
        review_workbook(
            path,
            spec=spec,
            map=map,
            engine=engine,
            limits=limits,
            prove=prove,
            formulas=formulas,
        )
    )
