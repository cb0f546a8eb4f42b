"""A report as text for people: a verdict, a table of tensors, why, then the cells."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.text import Text

from xlbackprop.equation.indices import entry_name
from xlbackprop.errors import one_line
from xlbackprop.formula.addresses import pasted
from xlbackprop.report.notes import on_not_judged
from xlbackprop.report.report import CellResult, Report
from xlbackprop.report.terminal.console import COLOURS, open_console, print_table

# More than these are counted, not listed: a workbook that is wrong throughout has one cause or two.
MOST_CELLS = 40

_MEANINGS = {
    "wrong": "wrong: the mistake is in these cells",
    "invalid": "invalid: no numbers",
    "blank": "blank: nothing there yet",
    "typed": "typed: a number where a formula was asked for",
    "carried": "carried: these follow from your own earlier cells; mend those first",
}


def print_report(report: Report, stream: TextIO) -> None:
    """Print what `check` found."""
    console = open_console(stream)
    counts = ", ".join(f"{number:,} {status}" for status, number in report.counts.items())
    line = Text(f"{one_line(report.workbook)}: ")
    line.append(report.verdict.upper(), COLOURS.get(report.verdict, ""))
    console.print(line.append(f" ({counts})"))
    for note in report.notes:
        console.print(Text(one_line(note), "dim"))
    console.print()
    statuses = [status for status in COLOURS if status in report.counts]
    rows: list[list[str | Text]] = [
        [tensor.name, *(_count(tensor.counts.get(status, 0), status) for status in statuses)]
        for tensor in report.tensors
    ]
    print_table(console, ["tensor", *statuses], rows, right=range(1, len(statuses) + 1))
    _print_not_judged(console, report)
    _print_diagnoses(console, report)
    empty = {tensor.name for tensor in report.tensors if set(tensor.counts) == {"blank"}}
    cells = [cell for cell in report.cells if cell.tensor not in empty]
    for status, meaning in _MEANINGS.items():
        _print_cells(console, meaning, [cell for cell in cells if cell.status == status])
    _print_rules(console, report)
    if empty:
        console.print()
        console.print(Text(f"still empty: {', '.join(sorted(empty))}", COLOURS["blank"]))


def _print_not_judged(console: Console, report: Report) -> None:
    """Print every tensor that was not judged, by the reasons."""
    if report.not_judged:
        console.print()
        for line in on_not_judged(report.not_judged):
            console.print(Text(one_line(line, len(line) + 1), "dim"))


def _print_cells(console: Console, meaning: str, cells: list[CellResult]) -> None:
    if not cells:
        return
    console.print()
    console.print(Text(meaning, COLOURS[cells[0].status]))
    rows = [
        [
            pasted(cell.sheet, cell.cell),
            entry_name(cell.tensor, cell.index),
            _value(cell.found),
            *_answers(cell),
            cell.why,
        ]
        for cell in cells[:MOST_CELLS]
    ]
    heads = ["cell", "is", "found", "right is", "from your cells", "why"]
    print_table(console, heads, rows, right=(2, 3, 4))
    if len(cells) > MOST_CELLS:
        console.print(Text(f"  … and {len(cells) - MOST_CELLS:,} more; --json lists all"))


def _answers(cell: CellResult) -> tuple[str, str]:
    """Return what is right, and what follows from the user's own cells where that differs.

    Of a blank cell nothing: what is not there yet is not given away.
    """
    if cell.status == "blank":
        return "", ""
    from_your_cells = None if cell.from_your_cells == cell.expected else cell.from_your_cells
    return _value(cell.expected), _value(from_your_cells)


def _print_diagnoses(console: Console, report: Report) -> None:
    """Print which mistakes were made, and what to do about them."""
    lines = [
        (tensor.name, diagnosis["message"] or diagnosis["slip"])
        for tensor in report.tensors
        for diagnosis in tensor.diagnosis
    ]
    if lines:
        console.print()
        console.print(Text("why", "bold"))
        for name, sentence in lines:
            console.print(Text(f"{name}: {one_line(sentence, 1_000)}"))


def _print_rules(console: Console, report: Report) -> None:
    """Print the equations of the tensors in which a mistake was made."""
    rows = [
        [tensor.name, tensor.rule]
        for tensor in report.tensors
        if tensor.rule and {"wrong", "invalid"} & set(tensor.counts)
    ]
    if rows:
        console.print()
        console.print(Text("the rule", "bold"))
        print_table(console, ["tensor", "equation"], rows)


def _count(number: int, status: str) -> Text:
    return Text(f"{number:,}", COLOURS[status]) if number else Text("·", "dim")


def _value(value: float | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else repr(one_line(value, 24))
