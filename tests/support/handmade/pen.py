"""How a hand writes the formula of one cell: with addresses as it sees them, in its own style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openpyxl.utils import quote_sheetname

from tests.support.handmade.writings import address
from xlbackprop.formula.places import Places

Entry = tuple[str, tuple[int, ...]]
STYLES = ("sumproduct", "spelled", "array", "names")


@dataclass(frozen=True)
class Pen:
    """A hand at work on one sheet. `names` are defined names by range: 'Page'!$B$3:$D$5."""

    places: Mapping[str, Places]
    sheet: str
    style: str
    names: Mapping[str, str]

    def shape(self, name: str) -> tuple[int, ...]:
        return self.places[name].rows.shape

    def cell(self, name: str, index: tuple[int, ...]) -> str:
        sheet, text = self.places[name].at(index)
        return self._on(sheet) + text

    def list(self, entries: Sequence[Entry]) -> str:
        return self._rectangle(entries)[0] or ",".join(self.cell(*entry) for entry in entries)

    def sum(self, entries: Sequence[Entry]) -> str:
        return f"SUM({self.list(entries)})"

    def products(self, left: Sequence[Entry], right: Sequence[Entry]) -> str:
        (one, size), (other, same) = self._rectangle(left), self._rectangle(right)
        if self.style == "spelled" or not one or not other or size != same:
            pairs = zip(left, right, strict=True)
            return "+".join(f"{self.cell(*a)}*{self.cell(*b)}" for a, b in pairs)
        if self.style == "array":
            return f"SUM({one}*{other})"
        return f"SUMPRODUCT({one},{other})"

    def _on(self, sheet: str) -> str:
        return "" if sheet == self.sheet else f"{quote_sheetname(sheet)}!"

    def _rectangle(self, entries: Sequence[Entry]) -> tuple[str, tuple[int, int]]:
        """Return the range whose cells, row by row, are the entries, and its size; or nothing."""
        own = [(self.places[name], index) for name, index in entries]
        at = [(p.sheets[p.sheet[i]], p.rows[i], p.columns[i]) for p, i in own]
        (sheet, top, left), (_, bottom, right) = at[0], at[-1]
        whole = [(sheet, r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)]
        if at != whole or len(at) == 1:
            return "", (0, 0)
        height, width = int(bottom - top + 1), int(right - left + 1)
        text = address(top, left, height, width)
        absolute = f"{quote_sheetname(sheet)}!{text}"
        if self.style == "names" and absolute in self.names:
            return self.names[absolute], (height, width)
        return self._on(sheet) + text, (height, width)
