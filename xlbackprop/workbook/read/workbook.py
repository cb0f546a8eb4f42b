"""An .xlsx workbook, opened for reading: its sheets, its names, and its cells on demand."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.read.cell_reader import CellReader, StringReader
from xlbackprop.workbook.read.cells import Cells
from xlbackprop.workbook.read.guard import open_package
from xlbackprop.workbook.read.xml import Element, read_elements, read_part


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
        targets = {key: target for key, _, target in relationships(package, part)}
        self._parts = {
            sheet.attributes.get("name", ""): targets.get(sheet.attributes.get("id", ""), "")
            for sheet in elements
            if sheet.name == "sheet"
        }
        self.names = dict(_defined_names(elements))
        self._strings_part = next((p for p in targets.values() if "sharedstrings" in p.lower()), "")

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
        """Return the stored cells of a sheet. Raises WorkbookError where there is none."""
        if sheet not in self._parts:
            raise WorkbookError(f"it has no sheet {one_line(sheet, 40)!r}")
        reader = CellReader(self._strings)
        read_part(self._package, self._parts[sheet], reader)
        return reader.cells()

    @cached_property
    def _strings(self) -> list[str]:
        reader = StringReader()
        if self._strings_part in self._package.namelist():
            read_part(self._package, self._strings_part, reader)
        return reader.strings


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


def _defined_names(elements: list[Element]) -> Iterator[tuple[str, str]]:
    """Yield the workbook-level names; a copied sheet brings twins along, at the sheet's level."""
    for element in elements:
        if element.name == "definedName" and "localSheetId" not in element.attributes:
            yield element.attributes.get("name", ""), element.text
