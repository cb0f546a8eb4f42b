"""A report as text for people: a verdict, why, a table of tensors, the cells, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import one_line
from xlbackprop.formula.addresses import pasted
from xlbackprop.report.causes import Cause
from xlbackprop.report.cell_result import CellResult
from xlbackprop.report.notes import on_not_judged
from xlbackprop.report.report import Report
from xlbackprop.report.terminal.console import COLOURS, open_console, print_table
from xlbackprop.report.terminal.own_sheet import with_short_names
from xlbackprop.report.terminal.tensors import print_tensors

# Of one cause, and of one status, so many cells are listed, the rest counted.
MOST_OF_A_CAUSE, MOST_CELLS = 6, 40
MOST_CAUSES = 40

_MEANINGS = {
    "wrong": "wrong: the mistake is in these cells",
    "invalid": "invalid: no numbers",
    "blank": "blank: nothing there yet",
    "typed": "typed: a number where a formula was asked for",
    "carried": "carried: these follow from your own earlier cells; mend those first",
}


def print_report(
    report: Report,
    stream: TextIO,
    files: Mapping[str, object] = MappingProxyType({}),
    *,
    all_cells: bool = False,
) -> None:
    """Print what `check` found; `files` are those that were written, by what they are called.

    Few cells of each cause are listed unless `all_cells` are wanted.
    """
    report, console = with_short_names(report), open_console(stream)
    _print_verdict(console, report)
    for note in report.notes:
        console.print(Text(one_line(note), "dim"))
    _print_causes(console, report)
    console.print()
    print_tensors(console, report.tensors)
    _print_not_judged(console, report)
    cells = _shown(report, all_cells=all_cells)
    for status, meaning in _MEANINGS.items():
        _print_cells(console, meaning, report, cells.get(status, []), status)
    _print_rules(console, report)
    for name, path in files.items():
        console.print()
        console.print(Text(f"{name}: {path}"), soft_wrap=True)
    console.print()
    _print_verdict(console, report)


def _print_verdict(console: Console, report: Report) -> None:
    counts = ", ".join(f"{number:,} {status}" for status, number in report.counts.items())
    line = Text(f"{one_line(report.workbook)}: ")
    line.append(report.verdict.upper(), COLOURS.get(report.verdict, "")).append(f" ({counts})")
    if report.yours and report.yours.cells:
        line.append(f": {report.yours}")
    console.print(line)


def _print_not_judged(console: Console, report: Report) -> None:
    """Print every tensor that was not judged, by the reasons."""
    if report.not_judged:
        console.print()
        for line in on_not_judged(report.not_judged):
            console.print(Text(one_line(line, len(line) + 1), "dim"))


def _print_causes(console: Console, report: Report) -> None:
    """Print what explains the cells that are not right: a line for each mistake, and what to do."""
    lines = [f"{tensor.name}: {tie}" for tensor in report.tensors for tie in tensor.ties]
    if not (report.causes or lines):
        return
    console.print()
    console.print(Text("why", "bold"))
    for cause in report.causes[:MOST_CAUSES]:
        console.print(_line(cause))
        if cause.advice:
            console.print(Padding(Text(one_line(cause.advice, 1_000)), (0, 0, 0, 2), expand=False))
    more = len(report.causes) - MOST_CAUSES
    if more > 0:
        console.print(Text(f"… and {more:,} more; --json lists all"))
    for line in lines:
        console.print(Text(one_line(line, 1_000)))


def _line(cause: Cause) -> Text:
    name = one_line(cause.name, 200)
    line = Text(name, COLOURS[cause.status])
    return line.append(one_line(cause.sentence, 1_000).removeprefix(name), "default")


def _shown(report: Report, *, all_cells: bool) -> dict[str, list[CellResult]]:
    """Return the cells that are listed, by status: of each cause the first few, or all."""
    shown: dict[str, list[CellResult]] = {}
    of_a_cause = [0] * (len(report.causes) + 1)
    for cell in report.cells:
        if report.causes[cell.cause - 1].is_empty:
            continue
        of_a_cause[cell.cause] += 1
        own = shown.setdefault(cell.status, [])
        if all_cells or (of_a_cause[cell.cause] <= MOST_OF_A_CAUSE and len(own) < MOST_CELLS):
            own.append(cell)
    return shown


def _print_cells(
    console: Console, meaning: str, report: Report, cells: Sequence[CellResult], status: str
) -> None:
    if not cells:
        return
    console.print()
    console.print(Text(meaning, COLOURS[status]))
    rows = [
        [
            pasted(cell.sheet, cell.cell),
            entry_name(cell.tensor, cell.index),
            _value(cell.found),
            *_answers(cell),
            cell.why.removeprefix(f"{status}: "),
        ]
        for cell in cells
    ]
    heads = ["cell", "is", "found", "right is", "from your cells", "why"]
    print_table(console, heads, rows, right=(2, 3, 4))
    empty = sum(cause.cells for cause in report.causes if cause.is_empty)
    more = report.counts[status] - len(cells) - (empty if status == "blank" else 0)
    if more:
        console.print(Text(f"  … and {more:,} more; --cells all lists all"))


def _answers(cell: CellResult) -> tuple[str, str]:
    """Return what is right, and what follows from the user's own cells where that differs.

    Of a blank cell nothing: what is not there yet is not given away.
    """
    if cell.status == "blank":
        return "", ""
    from_your_cells = None if cell.from_your_cells == cell.expected else cell.from_your_cells
    return _value(cell.expected), _value(from_your_cells)


def _print_rules(console: Console, report: Report) -> None:
    """Print the equations of the tensors in which a mistake was made, those of all steps once."""
    rows = {
        tensor.base_name: tensor.rule
        for tensor in reversed(report.tensors)
        if tensor.rule and {"wrong", "invalid"} & set(tensor.counts)
    }
    if rows:
        console.print()
        console.print(Text("the rule", "bold"))
        print_table(console, ["tensor", "equation"], [list(row) for row in reversed(rows.items())])


def _value(value: float | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else repr(one_line(value, 24))
