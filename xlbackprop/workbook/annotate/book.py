"""workbook.xml: the sheets by name, and a new one put before them."""

from __future__ import annotations

from xlbackprop.errors import WorkbookError
from xlbackprop.formula.addresses import read_area
from xlbackprop.workbook.annotate.document import Document
from xlbackprop.workbook.annotate.edits import xml_text
from xlbackprop.workbook.annotate.package import Package

# A hidden name of the workbook: by it the sheet is found again, whatever it is called by then.
SUMMARY_NAME = "xlbackprop.summary"

_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")


class Book:
    """The index of a workbook's sheets."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._document = Document(package.main, package.read(package.main))
        self._sheets = self._document.need("sheets")
        targets = {relation.key: relation.target for relation in package.relations(package.main)}
        self.parts = {
            sheet.get("name"): targets[key]
            for sheet in self._sheets.children
            if (key := sheet.get("id")) in targets
        }

    @property
    def worksheets(self) -> list[str]:
        """The parts that hold sheets of cells, not of charts or macros."""
        relations = self._package.relations(self._package.main)
        kinds = {relation.target: relation.kind for relation in relations}
        return [part for part in self.parts.values() if kinds[part] == "worksheet"]

    @property
    def summary(self) -> str | None:
        """The part of the first sheet that an earlier marking put in, or None."""
        names = self._document.root.child("definedNames")
        for name in names.children if names else ():
            # Some programs have no dots in names.
            if name.get("name").replace("_", ".") == SUMMARY_NAME and not name.get("localSheetId"):
                area = read_area(name.text)
                return self.parts.get(area.sheet) if area else None
        return None

    @property
    def first(self) -> tuple[str, str]:
        """The name and the part of the first sheet."""
        return next(iter(self.parts.items()), ("", ""))

    def add_first(self, wanted: str, content: bytes) -> None:
        """Put a sheet before all others, of the wanted name or one like it.

        Raises WorkbookError where there are no others.
        """
        sheets, p = self._sheets, self._document.prefix
        name = self._free_name(wanted)
        package = self._package
        new = package.add(package.main, "worksheet", "worksheets/sheet{}.xml", content, _TYPE)
        number = max((int(sheet.get("sheetId") or 0) for sheet in sheets.children), default=0) + 1
        if not sheets.children:
            raise WorkbookError("it has no sheets")
        self._document.insert(
            sheets.children[0].start,
            f'<{p}sheet name="{xml_text(name)}" sheetId="{number}" xmlns:r="'
            f'{package.relations_namespace}" r:id="{new.key}"/>',
        )
        self._move_positions()
        self._define(name)
        package.write(package.main, self._document.result())

    def _free_name(self, wanted: str) -> str:
        taken = {sheet.get("name").lower() for sheet in self._sheets.children}
        numbered = (f"{wanted} {number}" for number in range(2, len(taken) + 3))
        return next(name for name in (wanted, *numbered) if name.lower() not in taken)

    def _move_positions(self) -> None:
        """Count every sheet one further where sheets are told by their position."""
        document = self._document
        views = document.root.child("bookViews")
        if views is None:  # which sheet is seen first: still the one that was
            p = document.prefix
            document.insert(
                self._sheets.start,
                f'<{p}bookViews><{p}workbookView activeTab="1"/></{p}bookViews>',
            )
        for view in views.all("workbookView") if views else ():
            document.set_attribute(view.start, "activeTab", _number(view.get("activeTab")) + 1)
            # The first tab in sight; where that is the first of all, the new one is to be seen.
            if first := _number(view.get("firstSheet")):
                document.set_attribute(view.start, "firstSheet", first + 1)
        names = document.root.child("definedNames")
        for name in names.children if names else ():
            if position := name.get("localSheetId"):
                document.set_attribute(name.start, "localSheetId", _number(position) + 1)

    def _define(self, sheet: str) -> None:
        document, p = self._document, self._document.prefix
        reference = "'{}'!$A$1".format(sheet.replace("'", "''"))
        new = (
            f'<{p}definedName name="{SUMMARY_NAME}" hidden="1">'
            f"{xml_text(reference)}</{p}definedName>"
        )
        names = document.root.child("definedNames")
        if names is not None:
            document.append_to(names, new)
            return
        before = [child for child in document.root.children if child.name in _BEFORE_NAMES]
        document.insert(before[-1].end, f"<{p}definedNames>{new}</{p}definedNames>")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0
