"""An .xlsx workbook, opened for reading: its sheets, its names, and its cells on demand."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.read.cell_count import refuse_too_many_cells
from xlbackprop.workbook.read.cell_reader import CellReader
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.dates import MAX_STYLES_BYTES, DateStyleReader
from xlbackprop.workbook.read.guard import open_package
from xlbackprop.workbook.read.strings import StringReader
from xlbackprop.workbook.read.xml import Element, read_elements, read_part

# Tiny sheets are read by the careful reader, and so are others before there are so many bytes of
# them: to import the other reader takes longer.
_TINY, _FEW_BYTES = 12_000, 64_000


class _Seen:
    """How many bytes of sheets that are not tiny this process has met."""

    bytes = 0


@contextmanager
def open_workbook(path: Path, called: Path | None = None) -> Iterator[Workbook]:
    """Open a workbook for reading; `called` is the name of the file of which it is a copy.

    Raises WorkbookError, with the file's name in front, where it is unsafe, damaged or of
    another kind; errors raised while it is open get the name as well.
    """
    try:
        with open_package(path) as package:
            yield Workbook(package)
    except WorkbookError as error:
        raise WorkbookError(f"{one_line(called or path, 200)}: {error}") from None


class Workbook:
    """The index of an open workbook."""

    def __init__(self, package: ZipFile) -> None:
        self._package = package
        part = self._main_part()
        elements = read_elements(package, part, ("sheet", "definedName"))
        related = list(relationships(package, part))
        targets = {key: target for key, _, target in related}
        self._parts = {
            sheet.attributes.get("name", ""): targets.get(sheet.attributes.get("id", ""), "")
            for sheet in elements
            if sheet.name == "sheet"
        }
        self.names, self.local_names = _defined_names(elements, list(self._parts))
        self._cells: dict[str, Cells] = {}
        # What a part is, its relationship says, not its name.
        self._kinds = {kind.rpartition("/")[2]: target for _, kind, target in reversed(related)}

    def _main_part(self) -> str:
        for _, kind, target in relationships(self._package, ""):
            if kind.endswith("/officeDocument"):
                return target
        raise WorkbookError("this is a zip archive, but no .xlsx workbook")

    @property
    def sheets(self) -> list[str]:
        """The sheets' names in order, hidden ones included."""
        return list(self._parts)

    def cells(self, sheet: str) -> Cells:
        """Return the stored cells of a sheet. Raises WorkbookError where there is no such sheet."""
        if sheet not in self._parts:
            raise WorkbookError(f"it has no sheet {one_line(sheet, 40)!r}")
        if sheet not in self._cells:
            self._cells[sheet] = self._read(self._parts[sheet])
        return self._cells[sheet]

    def _read(self, part: str) -> Cells:
        """Read a sheet: at once where it is as programs write it, else with all care."""
        size = _size(self._package, part)
        if size > _TINY:
            _Seen.bytes += size
        if size > _TINY and _Seen.bytes > _FEW_BYTES:
            from xlbackprop.workbook.read.scan.sheet import scan_sheet  # noqa: PLC0415  (rarely)

            scanned = scan_sheet(self._package, part, self._strings, self._date_styles)
            if scanned is not None:
                return scanned
        refuse_too_many_cells(self._package, part)
        reader = CellReader(self._strings, self._date_styles)
        read_part(self._package, part, reader)
        return reader.cells()

    @property
    def all_names(self) -> list[str]:
        """The names of the workbook and of its sheets."""
        return [*self.names, *(name for _, name in self.local_names)]

    def meaning(self, name: str, sheet: str) -> tuple[tuple[str, str], str]:
        """Return what a name means on a sheet, an empty text where it means nothing.

        Before it the sheet on which alone it means that, or an empty text, and the name.
        """
        key, name = (sheet, name.lower()), name.lower()
        if key in self.local_names:
            return key, self.local_names[key]
        return ("", name), self._global_names.get(name, "")

    @cached_property
    def _global_names(self) -> dict[str, str]:
        return {name.lower(): text for name, text in self.names.items()}

    @cached_property
    def _strings(self) -> list[str]:
        reader = StringReader()
        if self._size_of("sharedStrings"):
            read_part(self._package, self._kinds["sharedStrings"], reader)
        return reader.strings

    @cached_property
    def _date_styles(self) -> set[str]:
        """The numbers of the styles that show dates; none where the formats cannot be read."""
        reader = DateStyleReader()
        if 0 < self._size_of("styles") <= MAX_STYLES_BYTES:
            with suppress(WorkbookError):
                read_part(self._package, self._kinds["styles"], reader)
        return reader.styles

    def _size_of(self, kind: str) -> int:
        return _size(self._package, self._kinds.get(kind, ""))


def _size(package: ZipFile, part: str) -> int:
    """Return how large a part is, 0 where there is none."""
    try:
        return package.getinfo(part).file_size
    except KeyError:
        return 0


def relationships(package: ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    """Yield the id, type and target of each relationship of a part; external ones are left out."""
    folder = posixpath.dirname(part)
    for one in read_elements(package, relationships_part(part), ("Relationship",)):
        attributes = one.attributes
        if attributes.get("TargetMode") != "External":
            target = posixpath.join("/", folder, attributes.get("Target", ""))
            key, kind = attributes.get("Id", ""), attributes.get("Type", "")
            yield key, kind, posixpath.normpath(target).lstrip("/")


def relationships_part(part: str) -> str:
    """Return the name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _defined_names(
    elements: list[Element], sheets: list[str]
) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return the workbook-level names, and those of one sheet, by the sheet and in small letters.

    A copied sheet brings twins of the workbook's names along, at the sheet's level.
    """
    names, local = {}, {}
    for element in elements:
        if element.name != "definedName":
            continue
        name, number = element.attributes.get("name", ""), element.attributes.get("localSheetId")
        if number is None:
            names[name] = element.text
        elif number.isdecimal() and len(number) < 7 and int(number) < len(sheets):
            local[sheets[int(number)], name.lower()] = element.text
    return names, local
