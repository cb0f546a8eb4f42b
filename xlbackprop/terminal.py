"""A report as text for people: a verdict, a table of tensors, then the cells.

What comes from a workbook is shown as plain text, never as markup or as terminal commands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from xlbackprop.errors import one_line
from xlbackprop.inspection import Inspection
from xlbackprop.locate import Proposal
from xlbackprop.report import CellResult, Report

# More than these are counted, not listed: a page that is wrong throughout has one cause or two.
MOST_CELLS = 40

_COLOURS = {
    "right": "green", "wrong": "bold red", "invalid": "red", "blank": "blue", "typed": "magenta",
    "carried": "yellow", "incomplete": "bold blue",
}  # fmt: skip

_MEANINGS = {
    "wrong": "wrong: the mistake is in these cells",
    "invalid": "invalid: no numbers",
    "blank": "blank: nothing there yet",
    "typed": "typed: a number where a formula was asked for",
    "carried": "carried: these follow from your own earlier cells; mend those first",
}

_WIDTH_WHEN_PIPED = 120


def print_report(report: Report, stream: TextIO) -> None:
    """Print what `check` found."""
    console = open_console(stream)
    counts = ", ".join(f"{number} {status}" for status, number in report.counts.items())
    line = Text(f"{one_line(report.workbook)}: ")
    line.append(report.verdict.upper(), _COLOURS.get(report.verdict, ""))
    console.print(line.append(f" ({counts})"))
    for note in report.notes:
        console.print(Text(one_line(note), "dim"))
    console.print()
    statuses = [status for status in _COLOURS if status in report.counts]
    rows: list[list[str | Text]] = [
        [tensor.name, *(_count(tensor.counts.get(status, 0), status) for status in statuses)]
        for tensor in report.tensors
    ]
    print_table(console, ["tensor", *statuses], rows, right=range(1, len(statuses) + 1))
    _print_diagnoses(console, report)
    empty = {tensor.name for tensor in report.tensors if set(tensor.counts) == {"blank"}}
    cells = [cell for cell in report.cells if cell.tensor not in empty]
    for status, meaning in _MEANINGS.items():
        _print_cells(console, meaning, [cell for cell in cells if cell.status == status])
    _print_rules(console, report)
    if empty:
        console.print()
        console.print(Text(f"still empty: {', '.join(sorted(empty))}", _COLOURS["blank"]))


def print_inspection(inspection: Inspection, stream: TextIO) -> None:
    """Print where a workbook's tensors stand."""
    console = open_console(stream)
    console.print(Text(f"{inspection.name}, format {inspection.format}"))
    rows = [
        [
            tensor.name,
            tensor.kind,
            "×".join(map(str, tensor.shape)) or "1",
            "  ".join(f"{block.sheet}!{block.range}" for block in tensor.blocks[:4])
            + (f"  … {len(tensor.blocks)} blocks" if len(tensor.blocks) > 4 else ""),
        ]
        for tensor in inspection.tensors
    ]
    print_table(console, ["tensor", "kind", "shape", "cells"], rows)


def print_proposal(proposal: Proposal, stream: TextIO) -> None:
    """Print where tensors were found, how sure that is, and why."""
    console = open_console(stream)
    rows: list[list[str | Text]] = []
    for one in proposal.tensors:
        blocks = [f"{sheet}!{cells}" for sheet, cells in proposal.ranges(one)]
        more = f" … {len(blocks)} blocks" if len(blocks) > 3 else ""
        colour = _COLOURS["right" if one.certainty == "sure" else "carried"]
        where = " ".join(blocks[:3]) + more
        rows.append([one.name, Text(one.certainty, colour), where, one.reason])
    print_table(console, ["tensor", "certainty", "cells", "why"], rows)
    if proposal.left_out:
        console.print()
        console.print(Text("not found", "bold"))
        left_out = [[one.name, one.reason] for one in proposal.left_out]
        print_table(console, ["tensor", "why"], left_out)


def print_templates(about: Iterable[tuple[str, str]], stream: TextIO) -> None:
    """Print the templates' names and what each is about."""
    print_table(open_console(stream), ["template", "about"], list(about))


def open_console(stream: TextIO) -> Console:
    """Return a console that takes nothing in a text for markup."""
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not console.is_terminal:
        console.width = _WIDTH_WHEN_PIPED
    return console


def _print_cells(console: Console, meaning: str, cells: list[CellResult]) -> None:
    if not cells:
        return
    console.print()
    console.print(Text(meaning, _COLOURS[cells[0].status]))
    rows = [
        [
            f"{cell.sheet}!{cell.cell}",
            cell.tensor + (f"[{','.join(map(str, cell.index))}]" if cell.index else ""),
            _value(cell.found),
            # What is not there yet is not given away.
            "" if cell.status == "blank" else _value(cell.expected),
            _value(cell.from_your_cells),
            cell.note,
        ]
        for cell in cells[:MOST_CELLS]
    ]
    heads = ["cell", "is", "found", "right is", "from your cells", "note"]
    print_table(console, heads, rows, right=(2, 3, 4))
    if len(cells) > MOST_CELLS:
        console.print(Text(f"  … and {len(cells) - MOST_CELLS:,} more; --json lists all"))


def _print_diagnoses(console: Console, report: Report) -> None:
    """Print which mistakes were made, and what to do about them."""
    lines = [
        (tensor.name, one["message"] or one["slip"])
        for tensor in report.tensors
        for one in tensor.diagnosis
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


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    right: Collection[int] = (),
) -> None:
    """Print a table without the columns in which no row has anything."""
    kept = [number for number in range(len(heads)) if any(str(row[number]) for row in rows)]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for number, head in enumerate(heads):
        if number in kept:
            table.add_column(head, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row[number]) for number in kept))
    console.print(table)


def _plain(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(one_line(value, 100))


def _count(number: int, status: str) -> Text:
    return Text(str(number), _COLOURS[status]) if number else Text("·", "dim")


def _value(value: float | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else repr(one_line(value, 24))
