"""Tensors as rows of counts: one each, or, where there are many, one for all steps of a tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xlbackprop.report.report import TensorResult

# With more tensors than these, those of all training steps share a row, and so do all that are
# right; of the others so many are listed.
MOST_TENSORS, MOST_ROWS, MOST_RIGHT_COLUMNS = 24, 40, 6

Rows = dict[str, dict[str, int]]


def tensor_rows(tensors: Sequence[TensorResult]) -> Rows:
    """Return what each row is called, and how many of its cells have each status."""
    if len(tensors) > MOST_TENSORS or _are_right_columns(tensors):
        return _folded(tensors)
    return {tensor.name: dict(tensor.counts) for tensor in tensors}


def _are_right_columns(tensors: Sequence[TensorResult]) -> bool:
    """Return whether all is right in many columns of a sheet of one's own, which have no rules."""
    is_right = all(set(one.counts) == {"right"} and not one.rule for one in tensors)
    return is_right and len(tensors) > MOST_RIGHT_COLUMNS


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
