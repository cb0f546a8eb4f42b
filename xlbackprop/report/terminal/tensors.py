"""The table of tensors: a row each, or, where there are many, one for all steps of a tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from xlbackprop.report.report import TensorResult
from xlbackprop.report.terminal.console import COLOURS, print_table

# With more tensors than these, those of all training steps share a row, and so do all that are
# right; of the others so many are listed.
MOST_TENSORS, MOST_ROWS = 24, 40

Rows = dict[str, dict[str, int]]


def print_tensors(console: Console, tensors: Sequence[TensorResult]) -> None:
    """Print how many cells of each tensor have each status."""
    rows: Rows = {tensor.name: dict(tensor.counts) for tensor in tensors}
    if len(tensors) > MOST_TENSORS:
        rows = _folded(tensors)
    present = {status for counts in rows.values() for status in counts}
    statuses = [status for status in COLOURS if status in present]
    table = [[name, *_counts(counts, statuses)] for name, counts in rows.items()]
    print_table(console, ["tensor", *statuses], table, right=range(1, len(statuses) + 1))


def _folded(tensors: Sequence[TensorResult]) -> Rows:
    by_name: dict[str, list[TensorResult]] = {}
    for tensor in tensors:
        by_name.setdefault(tensor.base_name, []).append(tensor)
    rows: Rows = {}
    right, others = list[TensorResult](), list[TensorResult]()
    for name, own in by_name.items():
        if all(set(tensor.counts) == {"right"} for tensor in own):
            right += own
        elif len(rows) < MOST_ROWS:
            steps = f" in {len(own)} steps" if len(own) > 1 else ""
            rows[f"{name}{steps}"] = _sum(tensor.counts for tensor in own)
        else:
            others += own
    for rest, what in ((others, "more"), (right, "others" if rows else "tensors")):
        if rest:
            rows[f"{len(rest):,} {what}"] = _sum(tensor.counts for tensor in rest)
    return rows


def _sum(all_counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in all_counts:
        for status, number in counts.items():
            total[status] = total.get(status, 0) + number
    return total


def _counts(counts: Mapping[str, int], statuses: Sequence[str]) -> list[str | Text]:
    return [_count(counts.get(status, 0), status) for status in statuses]


def _count(number: int, status: str) -> Text:
    return Text(f"{number:,}", COLOURS[status]) if number else Text("·", "dim")
