"""A report on a sheet of one's own, as people read it: labels without the sheet's name."""

from __future__ import annotations

from dataclasses import replace

from xlbackprop.report.report import Report


def with_short_names(report: Report) -> Report:
    """Return a report in which the labels of a single sheet stand without the sheet's name.

    A network's tensors, which have rules, keep their names.
    """
    sheets = {tensor.name.partition(".")[0] for tensor in report.tensors}
    if len(sheets) != 1 or any(tensor.rule for tensor in report.tensors):
        return report
    head = f"{sheets.pop()}."
    if not any(note.startswith("differentiated: ") for note in report.notes):
        return report
    return replace(
        report,
        tensors=tuple(replace(one, name=one.name.removeprefix(head)) for one in report.tensors),
        cells=tuple(replace(one, tensor=one.tensor.removeprefix(head)) for one in report.cells),
        causes=tuple(
            replace(one, tensors=tuple(name.removeprefix(head) for name in one.tensors))
            for one in report.causes
        ),
        not_judged=tuple(
            replace(one, tensor=one.tensor.removeprefix(head)) for one in report.not_judged
        ),
    )
