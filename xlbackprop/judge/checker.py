"""Workbook to review: opened, recalculated, judged, diagnosed, proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Unpack

from xlbackprop.find.locate import locate_subject
from xlbackprop.find.subject import find_subject
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.options import DEFAULT_OPTIONS, CheckKeywords, CheckOptions
from xlbackprop.judge.prove import prove
from xlbackprop.judge.review import Review
from xlbackprop.judge.typed import ask_for_formulas
from xlbackprop.judge.verify import verify
from xlbackprop.workbook.engine.engine import Engine
from xlbackprop.workbook.engine.recalculation import engine_name, recalculate, start
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.found import read_tensors
from xlbackprop.workbook.read.workbook import open_workbook


def review_workbook(
    path: str | Path,
    options: CheckOptions = DEFAULT_OPTIONS,
    **changes: Unpack[CheckKeywords],
) -> Review:
    """Judge a workbook as `check` does, and return all that is known of it, as arrays."""
    path, options = Path(path), options.with_changes(**changes)
    name, limits = engine_name(options.engine, proves=options.prove > 0), options.limits
    with (
        as_xlsx(path, limits) as file,
        open_workbook(file, path) as workbook,
        start(file, name, limits) as running,
    ):
        if options.spec is not None and options.map is None:
            subject = locate_subject(workbook, running, options.spec)
        else:
            subject = find_subject(workbook, options.spec, options.map)
        stored = read_tensors(workbook, subject.network, subject.places, subject.blocks)
        found, notes = recalculate(stored, running)
        review = diagnose(verify(subject.network, found, subject.chosen))
        review = replace(review, workbook=str(path), notes=subject.notes + notes)
        if options.formulas:
            review = ask_for_formulas(review)
        if options.prove and isinstance(running, Engine):
            review = prove(review, running, options.prove)
    return review
