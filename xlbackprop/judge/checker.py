"""Workbook to review: opened, recalculated, judged, diagnosed, proven.

What only some checks need (locating, diagnosis, proof) is imported when it is needed: it takes
longer to import than to check a small workbook.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from xlbackprop.equation import Array
from xlbackprop.errors import WorkbookError, shown
from xlbackprop.find.blocks import NamesGone
from xlbackprop.find.gradients.derivatives import Derivatives
from xlbackprop.find.handed_out import handed_out, left_empty
from xlbackprop.find.mapping import Map, load_map
from xlbackprop.find.sheets import wanted_sheet
from xlbackprop.find.subject import Subject, find_subject, was_built_here
from xlbackprop.judge.borrowed import mark_borrowed
from xlbackprop.judge.givens import compare_givens, refuse_unknown_givens
from xlbackprop.judge.judgement import Status
from xlbackprop.judge.options import DEFAULT_OPTIONS, CheckKeywords, CheckOptions
from xlbackprop.judge.review import NotJudged, Review
from xlbackprop.judge.verify import verify
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.recalculation import Recalculation, engine_name, start
from xlbackprop.workbook.engine.settings import EngineName
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import Workbook, open_workbook


def review_workbook(
    path: str | Path,
    options: CheckOptions = DEFAULT_OPTIONS,
    **changes: Unpack[CheckKeywords],
) -> Review:
    """Judge a workbook as `check` does, and return all that is known of it, as arrays.

    Raises as `check` does: WorkbookError, SpecError, MapError or EngineError.
    """
    options, path = _with_map(options.with_changes(**changes)), Path(path)
    name, limits = engine_name(options.engine, proves=options.prove > 0), options.limits
    with (
        as_xlsx(path, limits) as file,
        open_workbook(file, path) as workbook,
    ):
        if _is_own(workbook, options):
            review = _on_own_formulas(workbook, options, path.name)
            yours = frozenset(review.judgements)
            return replace(review, workbook=str(path), yours=yours)
        with start(file, name, limits) as running:
            sheet = wanted_sheet(workbook, options.sheet) if options.sheet is not None else None
            return _on_sheet(_review(path, workbook, running, options), sheet)


def unjudged_workbook(
    path: str | Path,
    options: CheckOptions = DEFAULT_OPTIONS,
    **changes: Unpack[CheckKeywords],
) -> Review:
    """Return what a workbook holds, found and recalculated as for `check`, and judge nothing.

    Raises what `check` raises.
    """
    options, path = _with_map(options.with_changes(**changes)), Path(path)
    name, limits = engine_name(options.engine), options.limits
    with (
        as_xlsx(path, limits) as file,
        open_workbook(file, path) as workbook,
    ):
        if _is_own(workbook, options):
            review = _on_own_formulas(workbook, options, path.name)
            return replace(review, judgements={}, diagnoses={}, notes=(), workbook=str(path))
        with start(file, name, limits) as running:
            tell("reading the workbook")
            subject = _subject(workbook, running, options, Derivatives(workbook))
            network, places = subject.network, subject.places
            found, notes = running.read(workbook, network, places, subject.blocks, subject.chosen)
    return Review(
        network,
        found,
        {},
        chosen=subject.chosen,
        notes=subject.notes + notes,
        workbook=str(path),
    )


def _with_map(options: CheckOptions) -> CheckOptions:
    """Return the options with the map that a file holds."""
    if options.map is None or isinstance(options.map, Map):
        return options
    return replace(options, map=load_map(options.map))


def _on_sheet(review: Review, sheet: str | None) -> Review:
    """Return the review of what stands on one sheet, where only that is asked for."""
    if sheet is None:
        return review
    on = {name for name, own in review.found.items() if sheet in own.places.sheets}
    kept = {name: own for name, own in review.judgements.items() if name in on}
    if not kept:
        raise WorkbookError(f"no computed tensor of the network stands on its sheet {shown(sheet)}")
    diagnoses = {name: own for name, own in review.diagnoses.items() if name in on}
    return replace(review, judgements=kept, diagnoses=diagnoses)


def _on_own_formulas(workbook: Workbook, options: CheckOptions, name: str) -> Review:
    from xlbackprop.judge.gradients.own_sheets import review_own_sheets

    return review_own_sheets(workbook, options, name)


def _review(
    path: Path, workbook: Workbook, running: Recalculation, options: CheckOptions
) -> Review:
    """Judge what a workbook holds of a network that is known."""
    tell("reading the workbook")
    derivatives = Derivatives(workbook)
    subject = _subject(workbook, running, options, derivatives)
    found, notes = running.read(
        workbook, subject.network, subject.places, subject.blocks, subject.chosen
    )
    review = verify(subject.network, found, subject.chosen)
    review = _with_what_was_left_out(review, subject)
    if review.uncomputed:
        notes += (Note(NoteKind.UNCOMPUTED, review.uncomputed),)
    review = replace(review, workbook=str(path), notes=subject.notes + notes)
    review = replace(review, yours=_yours(review, subject, workbook))
    numbers = handed_out(workbook, subject.network, by_spec=options.spec is not None)
    review = _excused(review, numbers, options)
    if options.same_givens:
        refuse_unknown_givens(review, numbers)
    review = compare_givens(review, numbers)
    review = _explained(review) if subject.blocks else _laid_out(_explained(review), options)
    review = mark_borrowed(review, workbook, asked=options.asks_for_formulas)
    review = _questioned(review, running, options)
    if subject.blocks or running.name is EngineName.NONE:
        return review
    from xlbackprop.judge.gradients.beside import judge_beside

    return judge_beside(workbook, review, options, derivatives)


def _is_own(workbook: Workbook, options: CheckOptions) -> bool:
    """Whether nothing says which network a workbook holds, but its formulas."""
    pairs = options.map.pairs if isinstance(options.map, Map) else None
    if pairs and options.spec is not None:
        raise WorkbookError(
            "its map says gradients of a sheet of no known network: leave out --spec"
        )
    if pairs:
        return True
    if options.spec is None and options.map is None and not was_built_here(workbook):
        return True
    if options.loss is not None:
        raise WorkbookError(
            "--loss is for a workbook of one's own, without --spec and --map: this one's network is"
            " known, and its L with it"
        )
    return False


def _subject(
    workbook: Workbook, running: Recalculation, options: CheckOptions, derivatives: Derivatives
) -> Subject:
    if options.spec is None or options.map is not None:
        # What a workbook has lost the names of has to be looked for.
        with suppress(NamesGone):
            return find_subject(workbook, options.spec, options.map)
    from xlbackprop.find.locate import locate_subject

    return locate_subject(workbook, running, options.spec, options.sheet, derivatives)


def _with_what_was_left_out(review: Review, subject: Subject) -> Review:
    """Return the review with each computed tensor that was not judged: nothing is passed over."""
    computed = dict.fromkeys([*subject.unsettled, *review.judged_network.equation_of])
    left_out = tuple(
        NotJudged(name, subject.absent.get(name, "nowhere in the workbook"))
        for name in computed
        if name not in review.judgements
    )
    return replace(review, not_judged=left_out, unsettled=subject.unsettled)


def _yours(review: Review, subject: Subject, workbook: Workbook) -> frozenset[str] | None:
    """Return what was left to the user: on a page of ours what was empty, otherwise everything."""
    return left_empty(workbook) or None if subject.blocks else frozenset(review.judgements)


def _excused(review: Review, handed_out: Mapping[str, Array], options: CheckOptions) -> Review:
    """Return the review with what is off for no more than the rounding of the givens."""
    if not _has_any(review, Status.WRONG, Status.CARRIED):
        return review
    from xlbackprop.judge.verify.rounded_givens import excuse_rounded_givens

    return excuse_rounded_givens(review, handed_out, accepted=options.rounded_givens)


def _has_any(review: Review, *statuses: Status) -> bool:
    judgements = review.judgements.values()
    return any((one.statuses == status).any() for status in statuses for one in judgements)


def _explained(review: Review) -> Review:
    """Return the review with what explains its wrong cells."""
    if not _has_any(review, Status.WRONG):
        return review
    from xlbackprop.judge.diagnose import diagnose

    return diagnose(review)


def _laid_out(review: Review, options: CheckOptions) -> Review:
    """Return the review in which the page's own layout and its deltas are no mistake."""
    if not review.diagnoses:
        return review
    from xlbackprop.judge.laid_out import accept_transposed_gradients
    from xlbackprop.judge.typed_deltas import accept_deltas

    review = accept_transposed_gradients(review)
    formulas = any(one.found.has_formula.any() for one in review.judgements.values())
    # A proof compares formulas with the equations, of which none is the delta rule's.
    return review if options.prove and formulas else accept_deltas(review)


def _questioned(review: Review, running: Recalculation, options: CheckOptions) -> Review:
    """Return the review after the questions that go beyond this page's numbers."""
    if options.formulas:
        from xlbackprop.judge.typed import ask_for_formulas

        review = ask_for_formulas(review, is_tried=options.prove > 0)
    if options.prove and running.calculation is not None:
        from xlbackprop.judge.prove import prove

        review = prove(review, running.calculation, options.prove)
    if running.calculation is not None and running.calculation.failure:
        failed = Note(NoteKind.FAILED, reason=running.calculation.failure)
        review = replace(review, notes=(*review.notes, failed))
    return review
