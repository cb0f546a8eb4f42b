"""A workbook marked: cells coloured and commented, a first sheet that sums up, the rest kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.formula.addresses import MAX_COLUMNS
from xlbackprop.workbook.annotate.book import Book
from xlbackprop.workbook.annotate.marks import Mark, Summary
from xlbackprop.workbook.annotate.notes import Note, change_notes, empty_notes
from xlbackprop.workbook.annotate.package import Package
from xlbackprop.workbook.annotate.recolour import recolour
from xlbackprop.workbook.annotate.scales import leave_out_of_scales
from xlbackprop.workbook.annotate.shapes import (
    EMPTY_DRAWING,
    blocks_of,
    free_blocks,
    last_block,
    with_boxes,
    without_boxes,
)
from xlbackprop.workbook.annotate.sheet import Sheet
from xlbackprop.workbook.annotate.sheet_reader import read_sheet
from xlbackprop.workbook.annotate.styles import Styles
from xlbackprop.workbook.annotate.summary import (
    SHEET_NAME,
    formats_made,
    is_summary,
    summary_sheet,
)
from xlbackprop.workbook.read.cell_reader import parse_reference

# More notes than anyone reads make a file slow to open; every cell is coloured.
MOST_NOTES = 2_000

_NOTES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"

# What a sheet's part has after the drawing of its notes.
_AFTER_DRAWING = {
    "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
    "tableParts", "extLst",
}  # fmt: skip


def mark_workbook(package: Package, marks: Sequence[Mark], summary: Summary) -> None:
    """Put marks into a workbook's parts, in the place of those of an earlier marking.

    Raises WorkbookError where a part is damaged, missing or in a form that cannot be changed.
    """
    _Marking(package).mark(marks, summary)


class _Marking:
    """The parts that change while a workbook is marked."""

    def __init__(self, package: Package) -> None:
        self._package, self._book = package, Book(package)
        self._styles = Styles(package, self._book.worksheets)
        drawings = [part for part in package.parts if part.lower().endswith(".vml")]
        self._block = last_block(map(package.read, drawings)) + 1
        self._earlier = self._book.summary or self._nameless_summary()
        self._restored: Mapping[int, int] = {}
        if self._earlier is not None:
            self._restored = formats_made(self._earlier, package.read(self._earlier))

    def _nameless_summary(self) -> str | None:
        name, part = self._book.first
        is_one = name.startswith(SHEET_NAME) and part in self._book.worksheets
        return part if is_one and is_summary(name, part, self._package.read(part)) else None

    def mark(self, marks: Sequence[Mark], summary: Summary) -> None:
        by_part: dict[str, list[Mark]] = defaultdict(list)
        for one in marks:
            if one.sheet not in self._book.parts:
                raise WorkbookError(f"it has no sheet {one_line(one.sheet, 40)!r}")
            by_part[self._book.parts[one.sheet]].append(one)
        parts = self._book.worksheets if self._earlier else by_part
        uncommented = sum(
            self._mark_sheet(part, by_part[part]) for part in parts if part != self._earlier
        )
        page = summary_sheet(summary, marks, uncommented, self._styles, self._package.namespace)
        self._styles.save()
        if self._earlier is None:
            self._book.add_first(SHEET_NAME, page)
        else:
            self._package.write(self._earlier, page)
            self._package.forget_relations(self._earlier)

    def _mark_sheet(self, part: str, marks: Sequence[Mark]) -> int:
        """Mark the cells of a sheet; return how many of them have no note of ours."""
        sheet = read_sheet(part, self._package.read(part))
        keyed = {_key(mark): mark for mark in marks}
        statuses = {key: mark.status for key, mark in keyed.items()}
        recolour(sheet, statuses, self._styles.coloured, self._restored)
        leave_out_of_scales(sheet, statuses)
        noted = list(keyed.items())[:MOST_NOTES]
        notes = {key: Note(mark.status.upper(), _told(mark)) for key, mark in noted}
        left_out = self._put_notes(part, sheet, notes)
        self._package.write(part, sheet.edits.result())
        return len(keyed) - len(notes) + left_out

    def _put_notes(self, part: str, sheet: Sheet, notes: Mapping[int, Note]) -> int:
        package = self._package
        notes_part = package.related(part, "comments")
        if notes_part is None:
            if not notes:
                return 0
            content = empty_notes(package.namespace)
            notes_part = package.add(
                part, "comments", "comments{}.xml", content, _NOTES_TYPE
            ).target
        changes = change_notes(notes_part, package.read(notes_part), notes)
        package.write(notes_part, changes.content)
        if changes.removed or changes.added:
            drawing = self._drawing_part(part, sheet)
            before = package.read(drawing)
            kept = without_boxes(before, changes.removed)
            boxed = {key: note.lines for key, note in notes.items() if key in changes.added}
            blocks = self._take_blocks(blocks_of(len(boxed)), free_blocks(before, kept))
            package.write(drawing, with_boxes(kept, sheet, boxed, blocks))
        return len(changes.left_out)

    def _take_blocks(self, count: int, free: Sequence[int]) -> list[int]:
        """Return so many blocks of shape numbers: those that are free, then new ones."""
        more = max(0, count - len(free))
        self._block += more
        return [*free[:count], *range(self._block - more, self._block)]

    def _drawing_part(self, part: str, sheet: Sheet) -> str:
        """Return the part of the drawing that a sheet's notes are in, a new one where none is."""
        package = self._package
        for relation in package.relations(part):
            if sheet.drawing and relation.key == sheet.drawing:
                return relation.target
        if sheet.drawing:
            raise WorkbookError("the file is damaged: the drawing of a sheet's notes is missing")
        name = "drawings/vmlDrawing{}.vml"
        new = package.add(part, "vmlDrawing", name, EMPTY_DRAWING, _DRAWING_TYPE)
        later = [start for name, start in sheet.children if name in _AFTER_DRAWING]
        reference = f'xmlns:r="{package.relations_namespace}" r:id="{new.key}"'
        text = f"<{sheet.prefix}legacyDrawing {reference}/>"
        sheet.edits.insert(later[0] if later else sheet.end, text)
        return new.target


def _told(mark: Mark) -> str:
    return f"{mark.hint}\n{mark.entry}: {mark.rule}" if mark.rule else f"{mark.hint}\n{mark.entry}"


def _key(mark: Mark) -> int:
    row, column = parse_reference(mark.cell)
    return row * MAX_COLUMNS + column
