"""A sheet read by both readers: many cells at a time, and each with all care."""

from io import BytesIO
from zipfile import ZipFile

from xlbackprop.errors import WorkbookError
from xlbackprop.workbook.read.cell_reader import CellReader
from xlbackprop.workbook.read.scan.sheet import scan_sheet
from xlbackprop.workbook.read.xml import read_part

PART = "xl/worksheets/sheet1.xml"


def both(package, part, strings=(), dates=()):
    """Return what each reader makes of a part: its cells, or why it is refused.

    The first one is None where the part is left to the other reader.
    """

    def with_care():
        reader = CellReader(strings, dates)
        read_part(package, part, reader)
        return reader.cells()

    return _result(lambda: scan_sheet(package, part, strings, dates)), _result(with_care)


def _result(read):
    try:
        return _shown(read())
    except WorkbookError as error:
        return str(error)


def packed(sheet):
    """Return an archive of one sheet."""
    stream = BytesIO()
    with ZipFile(stream, "w") as package:
        package.writestr(PART, sheet)
    return ZipFile(stream)


def _shown(cells):
    """Return all that cells say, so that it can be compared."""
    if cells is None:
        return None
    positions = range(len(cells.rows))
    keys = [str(number) for number in range(100)]
    return {
        "places": list(zip(cells.rows.tolist(), cells.columns.tolist(), strict=True)),
        "states": cells.states.tolist(),
        "numbers": [repr(number) for number in cells.numbers.tolist()],
        "texts": [cells.texts.get(at) for at in positions],
        "formulas": [cells.formulas.get(at) for at in positions],
        "moved": [cells.formula(at) for at in positions],
        "shared": [cells.shared.formula(key, 40, 30) for key in keys],
        "arrays": (cells.arrays.formulas, cells.arrays.places),
        "dates": cells.dates.tolist(),
        "seen": cells.seen,
    }
