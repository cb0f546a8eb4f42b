"""How a workbook describes itself: a hidden sheet with the format's version and the spec's text.

    format   1
    spec     name = "conv5x5x2"
    spec     input = [
    …

Each row holds one line of the spec. The blocks are found by their workbook-level
names (`conv1.w.0.1`), which a spreadsheet program keeps up to date when cells are moved.
"""

from __future__ import annotations

from collections.abc import Mapping

from xlbackprop.errors import WorkbookError, one_line

SHEET = "_xlbackprop"
FORMAT = 1


def description_rows(spec_text: str) -> list[tuple[str, str | int]]:
    """Return the hidden sheet's rows: a key and a value each."""
    return [("format", FORMAT), *(("spec", line) for line in spec_text.splitlines())]


def read_description(cells: Mapping[tuple[int, int], object]) -> str:
    """Return the spec's text from the hidden sheet's cells, by row and column.

    Raises WorkbookError where the sheet was written by a newer version, or tampered with.
    """
    version = cells.get((0, 1))
    if cells.get((0, 0)) != "format" or not isinstance(version, (int, float)):
        raise WorkbookError(f"its sheet {SHEET} has been changed and cannot be read any more")
    if version != FORMAT:
        raise WorkbookError(
            f"it is of format {one_line(f'{version:g}', 20)}, and this version of xlbackprop reads"
            f" format {FORMAT}: upgrade xlbackprop"
        )
    rows = sorted(row for row, column in cells if column == 1 and row > 0)
    return "\n".join(str(cells[row, 1]) for row in rows)
