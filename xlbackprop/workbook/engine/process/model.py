"""The workbook as IronCalc has it: cells as they come, evaluated when somebody asks."""

from __future__ import annotations

from array import array
from typing import Any

from xlbackprop.workbook.engine.process.messages import (
    BLANK,
    BOOLEAN,
    ERROR,
    FORMULA,
    NUMBER,
    TEXT,
    UNABLE,
    Header,
    Unpacking,
)

Place = tuple[int, int, int]  # sheet from 0, row and column from 1
Columns = tuple["array[int]", "array[int]", "array[int]"]

# What stands in a cell that the engine cannot compute, where others might.
_UNABLE_TEXTS = {"#NAME?", "#N/IMPL!", "#ERROR!", "#CIRC!", "#SPILL!", "#CALC!"}
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
_UNREADABLE = "#ERROR!"

_LONGEST_TEXT, _MOST_TEXT = 255, 2_000_000


class Model:
    """Cells with what they hold. A panic of the engine over one of them is that cell's own."""

    def __init__(self) -> None:
        import ironcalc  # noqa: PLC0415  (its folder is known by now)

        self._errors = ironcalc.CellType.ErrorValue
        self._model = ironcalc.create("workbook", "en", "UTC", "en")
        self._sheets = 0
        self._refused: set[Place] = set()
        self._is_evaluated = False

    def take(self, header: Header, body: bytes) -> None:
        """Put what a message brings into the workbook."""
        self._is_evaluated = False
        if "sheet" in header:
            self._add_sheet(header["sheet"])
        elif "names" in header:
            for name, sheet, formula in header["names"]:
                self._try(self._model.new_defined_name, name, sheet, formula)
        elif "clear" in header:
            for area in header["clear"]:
                self._try(self._model.range_clear_contents, *area)
        elif "arrays" in header:
            for sheet, row, column, height, width, formula in header["arrays"]:
                self._put_array((sheet, row, column), height, width, formula)
        else:
            self._put_cells(header["on"], header["cells"], Unpacking(body))

    def evaluate(self) -> None:
        """Compute all formulas, unless nothing has changed since."""
        if not self._is_evaluated:
            self._model.evaluate()
            self._is_evaluated = True

    def put_numbers(self, places: Columns, numbers: array[float]) -> None:
        """Put numbers into cells, whatever they held."""
        self._is_evaluated = False
        update = self._model.update_cell_with_number
        for sheet, row, column, number in zip(*places, numbers, strict=True):
            update(sheet, row, column, number)

    def read(self, cells: Columns, *, with_texts: bool) -> tuple[Header, bytes]:
        """Return what cells hold, as a message."""
        get = self._model.get_cell_value
        values = [get(*place) for place in zip(*cells, strict=True)]
        kinds = bytearray([NUMBER]) * len(values)
        numbers = array("d", [value if type(value) is float else 0.0 for value in values])
        texts: list[tuple[int, str]] = []
        left = _MOST_TEXT
        for position, value in enumerate(values):
            if type(value) is float:
                continue
            place = cells[0][position], cells[1][position], cells[2][position]
            kinds[position], text = self._kind(value, place)
            if with_texts and text is not None:
                texts.append((position, text[: min(left, _LONGEST_TEXT)]))
                left -= len(texts[-1][1])
        return {"texts": texts}, bytes(kinds) + numbers.tobytes()

    def _kind(self, value: object, place: Place) -> tuple[int, str | None]:
        if place in self._refused:
            return UNABLE, _UNREADABLE
        if value is None:
            return BLANK, None
        if isinstance(value, bool):
            return BOOLEAN, str(value).upper()
        text = str(value)
        if self._model.get_cell_type(*place) != self._errors:
            return TEXT, text
        return (UNABLE if text in _UNABLE_TEXTS else ERROR), text

    def _add_sheet(self, name: str) -> None:
        model, number = self._model, self._sheets
        self._sheets += 1
        add = model.add_sheet if number else lambda called: model.rename_sheet(0, called)
        if not self._try(add, name):  # one by which no formula will find it
            add(f"_xlbackprop_{number}")

    def _put_cells(self, sheet: int, count: int, columns: Unpacking) -> None:
        rows, across = columns.column("i", count), columns.column("i", count)
        kinds, numbers = columns.column("b", count), columns.column("d", count)
        ends, texts = columns.column("i", count), columns.rest()
        put_number = self._model.update_cell_with_number
        put_formula = self._model.update_cell_with_formula
        start = 0
        # One call for each cell, and no more: there may be hundreds of thousands.
        for row, column, kind, number, end in zip(rows, across, kinds, numbers, ends, strict=True):
            try:
                if kind == FORMULA:
                    formula = texts[start:end].decode("utf-8", "replace")
                    put_formula(sheet, row, column, f"={formula}")
                elif kind == NUMBER:
                    put_number(sheet, row, column, number)
                else:
                    self._put(
                        (sheet, row, column), kind, texts[start:end].decode("utf-8", "replace")
                    )
            except MemoryError:
                raise
            except BaseException:
                self._refused.add((sheet, row, column))
            start = end

    def _put(self, place: Place, kind: int, text: str) -> None:
        model = self._model
        if kind == TEXT:
            model.update_cell_with_text(*place, text)
        elif kind == BOOLEAN:
            model.update_cell_with_bool(*place, text == "TRUE")
        elif kind == ERROR:
            model.update_cell_with_formula(*place, f"={text}" if text in _ERRORS else "=#VALUE!")
        else:
            model.clear_cell_contents(*place)

    def _put_array(self, first: Place, height: int, width: int, formula: str) -> None:
        if not self._try(self._model.set_user_array_formula, *first, width, height, f"={formula}"):
            self._refused.add(first)

    @staticmethod
    def _try(change: Any, *arguments: Any) -> bool:
        """Return whether a change was made; a panic of the engine is no Exception."""
        try:
            change(*arguments)
        except MemoryError:
            raise
        except BaseException:
            return False
        return True
