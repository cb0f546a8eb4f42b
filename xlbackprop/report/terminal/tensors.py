"""The table of tensors: a row each, or, where there are many, one for all steps of a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from xlbackprop.report.report import TensorResult
from xlbackprop.report.tensor_rows import tensor_rows
from xlbackprop.report.terminal.console import COLOURS, print_table


def print_tensors(console: Console, tensors: Sequence[TensorResult]) -> None:
    """Print how many cells of each tensor have each status."""
    rows = tensor_rows(tensors)
    present = {status for counts in rows.values() for status in counts}
    statuses = [status for status in COLOURS if status in present]
    table = [[name, *_counts(counts, statuses)] for name, counts in rows.items()]
    print_table(console, ["tensor", *statuses], table, right=range(1, len(statuses) + 1))


def _counts(counts: Mapping[str, int], statuses: Sequence[str]) -> list[str | Text]:
    return [_count(counts.get(status, 0), status) for status in statuses]


def _count(number: int, status: str) -> Text:
    return Text(f"{number:,}", COLOURS[status]) if number else Text("·", "dim")
