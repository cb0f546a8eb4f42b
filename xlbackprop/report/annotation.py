"""The user's workbook handed back: a marked copy, with nothing in it lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import OutputError, WorkbookError, one_line
from xlbackprop.report.causes import base_name
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.notes import on_not_judged
from xlbackprop.report.report import Report, TensorResult
from xlbackprop.report.tensor_rows import tensor_rows
from xlbackprop.saving import check_output, save
from xlbackprop.workbook.annotate.mark import mark_workbook
from xlbackprop.workbook.annotate.marks import MEANINGS, CauseLine, Mark, Summary, TensorLine
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.read.guard import open_package
from xlbackprop.workbook.read.kinds import kind_to_convert
from xlbackprop.workbook.read.no_workbook import SAVE_AS

# What a workbook's kind, in its content type, is called.
_SUFFIXES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": ".xlsx",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": ".xlsm",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": ".xltx",
    "application/vnd.ms-excel.template.macroEnabled.main+xml": ".xltm",
    "application/vnd.ms-excel.addin.macroEnabled.main+xml": ".xlam",
}


def annotate(
    report: Report, source: str | Path, target: str | Path, *, force: bool = False
) -> Path:
    """Write a copy of a checked workbook in which the cells that are not right are marked.

    They are coloured and carry a comment; a first sheet sums up. What the report tells
    (`Report.told`) is what the marks tell. Everything else in the file stays as it is, byte for
    byte; marks of an earlier time are replaced. Returns `target`.

    Raises OutputError where `target` is the source, has the suffix of another kind of file,
    cannot be written, or exists (unless `force`); WorkbookError where the source cannot be used.
    """
    source, target = Path(source), Path(target)
    _check_target(source, target, force=force)
    save(target, marked_copy(report, source, target), force=force)
    return target


def marked_copy(report: Report, source: Path, target: Path) -> bytes:
    """Return the content of a marked copy, which is to be a file of the target's name.

    Raises OutputError where `target` has the suffix of another kind of file, and WorkbookError
    where the source cannot be used.
    """
    try:
        kind = kind_to_convert(source)
        if kind is not None:
            raise WorkbookError(f"marks go into .xlsx only, and this is {kind.about}: {SAVE_AS}")
        with open_package(source) as archive:
            package = Package(archive)
            _check_suffix(package, target)
            mark_workbook(package, list(_marks(report)), _summary(report))
            return package.to_bytes()
    except WorkbookError as error:
        raise WorkbookError(f"{one_line(source, 200)}: {error}") from None


def _check_target(source: Path, target: Path, *, force: bool) -> None:
    try:
        is_same = target.exists() and source.exists() and target.samefile(source)
    except OSError:
        is_same = False
    if is_same:
        raise OutputError(f"{target} is the workbook itself: name another file for the marked copy")
    check_output(target, force=force)


def _check_suffix(package: Package, target: Path) -> None:
    suffix = _SUFFIXES.get(package.main_type)
    if suffix and target.suffix.lower() != suffix:
        raise OutputError(f"{target} must end in {suffix}, as the workbook's kind does")


def _marks(report: Report) -> Iterator[Mark]:
    tensors = {tensor.name: tensor for tensor in report.tensors}
    for cell in report.cells:
        name = entry_name(cell.tensor, cell.index)
        hint = "\n".join(_hints(cell))
        rule = tensors[cell.tensor].rule if cell.tensor in tensors else ""
        yield Mark(cell.sheet, cell.cell, cell.status, name, hint, rule, cell.cause)


def _hints(cell: CellResult) -> Iterator[str]:
    why = [text for text in (cell.hint or cell.slip, cell.note) if text]
    yield from why or [MEANINGS[cell.status]]
    if cell.status == "blank":
        return  # what is not there yet is not given away
    if cell.expected is not None:
        yield f"right is {cell.expected:.6g}"
    if cell.from_your_cells not in (None, cell.expected):
        yield f"from your cells follows {cell.from_your_cells:.6g}"


def _summary(report: Report) -> Summary:
    rules = {tensor.base_name: tensor.rule for tensor in report.tensors if _is_mistaken(tensor)}
    rows = tensor_rows(report.tensors)
    tensors = [TensorLine(n, counts, rules.get(_name(n), "")) for n, counts in rows.items()]
    ties = [f"{tensor.name}: {text}" for tensor in report.tensors for text in tensor.ties]
    sentences = [*report.notes, *on_not_judged(report.not_judged), *ties]
    causes = [CauseLine(one.sentence, one.advice, one.status) for one in report.causes]
    title = one_line(Path(report.workbook).name, 120)
    yours = f"{report.yours}" if report.yours else ""
    return Summary(title, report.verdict, report.counts, tensors, sentences, causes, yours)


def _is_mistaken(tensor: TensorResult) -> bool:
    return not {"wrong", "invalid"}.isdisjoint(tensor.counts)


def _name(row: str) -> str:
    """Return the tensor's name from what its row is called: `fc.dL_dw in 68 steps`."""
    return base_name(row).partition(" in ")[0]
