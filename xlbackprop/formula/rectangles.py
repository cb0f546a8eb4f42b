"""Places on a sheet put together as rectangles."""

from __future__ import annotations

from collections.abc import Iterable, Set

Rectangle = tuple[int, int, int, int]


def rectangles(places: Set[tuple[int, int]]) -> list[Rectangle]:
    """Return places, by row and column, as rectangles: runs of a row, joined with equal ones below.

    Each is (top, left, height, width).
    """
    finished: list[Rectangle] = []
    open_runs: dict[tuple[int, int], Rectangle] = {}  # by left and width, those that end above
    for row, runs in _runs(places):
        still = {}
        for left, width in runs:
            top, _, height, _ = open_runs.pop((left, width), (row, left, 0, width))
            if top + height != row:
                finished.append((top, left, height, width))
                top, height = row, 0
            still[left, width] = (top, left, height + 1, width)
        finished.extend(open_runs.values())
        open_runs = still
    return sorted([*finished, *open_runs.values()])


def _runs(places: Set[tuple[int, int]]) -> Iterable[tuple[int, list[tuple[int, int]]]]:
    """Yield each row with its runs of neighbours: first column and width."""
    rows: dict[int, list[int]] = {}
    for row, column in sorted(places):
        rows.setdefault(row, []).append(column)
    for row, columns in rows.items():
        runs: list[tuple[int, int]] = []
        for column in columns:
            if runs and sum(runs[-1]) == column:
                runs[-1] = (runs[-1][0], runs[-1][1] + 1)
            else:
                runs.append((column, 1))
        yield row, runs
