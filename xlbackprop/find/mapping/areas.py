"""The text of a range to the cells it means: on which sheet, and whether it moves with the steps.

As in a formula that is dragged, a $ before the row (or the column) keeps it where it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xlbackprop.errors import MapError, one_line, shown, suggestion
from xlbackprop.formula.addresses import Area, looks_like_cells, read_address, read_area

_LONGEST = 300


@dataclass(frozen=True)
class MappedArea:
    """A rectangle of cells, and in which directions it moves from one training step to the next."""

    area: Area
    moves_down: bool
    moves_right: bool


class Finder:
    """Finds ranges in a workbook of these sheets and defined names."""

    def __init__(self, sheets: Sequence[str], names: Mapping[str, str], default: str) -> None:
        self._sheets = {sheet.lower(): sheet for sheet in reversed(sheets)}
        self._names = {name.lower(): text for name, text in names.items()}
        self._default = default

    def find(self, text: str) -> MappedArea:
        """Return the area of a range or a name. Raises MapError without saying where it stands."""
        text = text.strip().removeprefix("=")
        if len(text) > _LONGEST or not looks_like_cells(text):
            return self._named(text)
        address = read_address(text)
        if address is None or address.is_reversed or address.book:
            raise MapError(
                f"{shown(text)} is no range: expected the upper left cell and the lower right one,"
                " such as B3:F7 or 'My sheet'!B3:F7"
            )
        sheet = address.sheet or self._default_sheet()
        area = Area(sheet, address.top, address.left, *address.size)
        row_stays, column_stays, *_ = address.anchors
        return MappedArea(self._on_known_sheet(area), not row_stays, not column_stays)

    def _named(self, text: str) -> MappedArea:
        if text.lower() not in self._names:
            raise MapError(
                f"{shown(text)} is neither a range, such as B3:F7, nor a name that the workbook"
                " defines"
            )
        meaning = self._names[text.lower()]
        area = read_area(meaning)
        if area is None:
            raise MapError(
                f"the workbook's name {shown(text)} is no range of cells, but {shown(meaning)}"
            )
        return MappedArea(self._on_known_sheet(area), moves_down=False, moves_right=False)

    def _default_sheet(self) -> str:
        if not self._default and len(self._sheets) != 1:
            listed = one_line(", ".join(self._sheets.values()), 120)
            raise MapError(
                f'on which sheet? Write Sheet1!B3:F7, or sheet = "Sheet1" for all (there are:'
                f" {listed})"
            )
        return self._default or next(iter(self._sheets.values()))

    def _on_known_sheet(self, area: Area) -> Area:
        sheet = self._sheets.get(area.sheet.lower())
        if sheet is None:
            known = [one_line(name, 40) for name in self._sheets.values()]
            raise MapError(
                f"the workbook has no sheet {shown(area.sheet)}{suggestion(area.sheet, known)}"
            )
        return Area(sheet, area.row, area.column, area.height, area.width)
