"""Workbook to review: opened, recalculated, judged, diagnosed, proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xlbackprop.find.locate import locate_subject
from xlbackprop.find.mapping import Map
from xlbackprop.find.subject import find_subject
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.prove import prove as try_draws
from xlbackprop.judge.review import Review
from xlbackprop.judge.typed import ask_for_formulas
from xlbackprop.judge.verify import verify
from xlbackprop.spec import Spec
from xlbackprop.workbook.engine.engine import DEFAULT_LIMITS, Engine, Limits
from xlbackprop.workbook.engine.recalculation import EngineName, engine_name, recalculate, start
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.found import read_tensors
from xlbackprop.workbook.read.workbook import open_workbook


def review_workbook(
    path: str | Path,
    *,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
    engine: EngineName | str = EngineName.IRONCALC,
    limits: Limits = DEFAULT_LIMITS,
    prove: int = 0,
    formulas: bool = False,
) -> Review:
    """Judge a workbook as `check` does, and return all that is known of it, as arrays."""
    path, name = Path(path), engine_name(engine, proves=prove > 0)
    with (
        as_xlsx(path, limits) as file,
        open_workbook(file, path) as workbook,
        start(file, name, limits) as running,
    ):
        if spec is not None and map is None:
            subject = locate_subject(workbook, running, spec)
        else:
            subject = find_subject(workbook, spec, map)
        stored = read_tensors(workbook, subject.network, subject.places, subject.blocks)
        found, notes = recalculate(stored, running)
        review = diagnose(verify(subject.network, found, subject.chosen))
        review = replace(review, workbook=str(path), notes=subject.notes + notes)
        if formulas:
            review = ask_for_formulas(review)
        if prove and isinstance(running, Engine):
            review = try_draws(review, running, prove)
    return review
