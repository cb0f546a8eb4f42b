"""A text table as an .xlsx, so that it is judged like any workbook."""

from __future__ import annotations

from pathlib import Path

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.read.guard import MAX_FILE_BYTES
from xlbackprop.workbook.read.text_table import read_table

# As LibreOffice called it, when it converted tables.
_SHEET = "workbook"


def table_as_xlsx(path: Path, folder: Path) -> Path:
    """Return a workbook in a folder with what a text table holds.

    Raises WorkbookError where that is more than a sheet takes, OSError where it cannot be read.
    """
    import xlsxwriter  # noqa: PLC0415  (what writes workbooks is not needed to read one)

    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise WorkbookError(f"the file has more than {MAX_FILE_BYTES:,} bytes")
    copy = folder / "table.xlsx"
    with xlsxwriter.Workbook(copy, {"constant_memory": True}) as book:
        sheet = book.add_worksheet(_SHEET)
        for row, fields in enumerate(read_table(content)):
            for column, field in enumerate(fields):
                if isinstance(field, float):
                    sheet.write_number(row, column, field)
                elif field:
                    sheet.write_string(row, column, field)
    return copy
