"""A worksheet with a drawing of shapes; XlsxWriter by itself knows text boxes only."""

from __future__ import annotations

from xlsxwriter.drawing import Drawing as Part
from xlsxwriter.drawing import DrawingInfo
from xlsxwriter.worksheet import Worksheet

from xlbackprop.layout.graph import Drawing
from xlbackprop.workbook.write.sheets.shapes import group_of

# Shapes have numbers of their own in a drawing part, beside those of charts.
_FIRST_NUMBER = 1001


class _Part(Part):  # type: ignore[misc]
    """The part of a sheet's drawings, in which a group stands for the text box at its place."""

    graph: Drawing
    title = ""

    def _write_sp(self, _: int, x: int, y: int, __: DrawingInfo) -> None:
        self.fh.write(group_of(self.graph, self.title, (x, y), _FIRST_NUMBER))


class DrawingSheet(Worksheet):  # type: ignore[misc]
    """XlsxWriter's worksheet, which can hold a drawing beside its charts."""

    _graph: Drawing | None = None
    _title = ""
    _has_part = False

    def insert_drawing(self, row: int, column: int, drawing: Drawing, title: str) -> None:
        """Put a drawing on the sheet, its corner at a cell; `title` is its name."""
        self._graph, self._title = drawing, title
        options = {"width": drawing.width, "height": drawing.height, "object_position": 2}
        self.insert_textbox(row, column, "", options)

    def _prepare_chart(self, index: int, chart_id: int, drawing_id: int) -> None:
        self._begin_part(drawing_id)
        super()._prepare_chart(index, chart_id, drawing_id)

    def _prepare_shape(self, index: int, drawing_id: int) -> None:
        self._begin_part(drawing_id)
        super()._prepare_shape(index, drawing_id)

    def _begin_part(self, drawing_id: int) -> None:
        if self._has_part or self._graph is None:
            return
        self._has_part, part = True, _Part()
        part.embedded, part.graph, part.title = 1, self._graph, self._title
        self.drawing = part
        place = f"../drawings/drawing{drawing_id}.xml"
        self.external_drawing_links.append(["/drawing", place, None])
