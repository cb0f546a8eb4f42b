"""Workbook to report: the verifier, as a function."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.diagnose import diagnose
from xlbackprop.locate import locate_subject
from xlbackprop.mapping import Map
from xlbackprop.prove import prove as try_draws
from xlbackprop.recalculation import EngineName, engine_name, recalculate, start
from xlbackprop.report import Report, make_report
from xlbackprop.review import Review
from xlbackprop.spec import Spec
from xlbackprop.subject import find_subject
from xlbackprop.typed import ask_for_formulas
from xlbackprop.verify import verify
from xlbackprop.workbook.engine import DEFAULT_LIMITS, Engine, Limits
from xlbackprop.workbook.found import read_tensors
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read import open_workbook


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
        network, chosen = subject.network, subject.chosen
        stored = read_tensors(workbook, network, subject.places, subject.blocks)
        found, notes = recalculate(stored, running)
        judgements = verify(network, found, chosen)
        diagnoses = diagnose(network, found, judgements, chosen)
        if formulas:
            judgements = ask_for_formulas(network, judgements)
        if prove and isinstance(running, Engine):
            judgements, proof = try_draws(network, found, judgements, running, prove, chosen=chosen)
            notes += proof
    notes = subject.notes + notes
    return Review(str(path), network, found, judgements, diagnoses, chosen, notes)
