"""A drawing as shapes of a spreadsheet, in DrawingML: one group, which moves as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import count, pairwise

from xlbackprop.equation import Kind
from xlbackprop.layout.graph import Box, Drawing, Label, Line, Mark, Run, Way
from xlbackprop.workbook.write.sheets.style import BAND, FONT, INK, TEXTS, kind_format

_EMU = 9525  # of a pixel
_NAME_SIZE, _SIZE = 10, 9  # points
_COLOURS = {
    Way.FORWARD: TEXTS["value"]["font_color"],
    Way.BACKWARD: TEXTS["slope"]["font_color"],
    Way.NEITHER: INK,
}
_GROUND = {
    "input": kind_format(Kind.GIVEN)["bg_color"],
    "layer": "#EDF2F7",
    "sum": "#FFFFFF",
    "loss": kind_format(Kind.FORWARD)["bg_color"],
    "parameters": kind_format(Kind.PARAMETER)["bg_color"],
    "given": kind_format(Kind.GIVEN)["bg_color"],
}
_NO_EDGE = "<a:ln><a:noFill/></a:ln>"
_FORM = {"sum": "ellipse", "layer": "roundRect", "loss": "roundRect"}


def group_of(drawing: Drawing, name: str, place: tuple[int, int], number: int) -> str:
    """Return the element `xdr:grpSp` of a drawing whose corner is at a place of the sheet, in EMU.

    The shapes are numbered from `number` on.
    """
    numbers = count(number)
    width, height = round(drawing.width * _EMU), round(drawing.height * _EMU)
    x, y = place
    head = (
        f'<xdr:nvGrpSpPr><xdr:cNvPr id="{next(numbers)}" name="{escape(name)}"'
        f' descr="{escape(drawing.about)}"/><xdr:cNvGrpSpPr/></xdr:nvGrpSpPr>'
        f'<xdr:grpSpPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/>'
        f'<a:chOff x="0" y="0"/><a:chExt cx="{width}" cy="{height}"/></a:xfrm></xdr:grpSpPr>'
    )
    shapes = [
        *(shape for line in drawing.lines for shape in _line(line, numbers)),
        *(_label(one, next(numbers)) for one in drawing.labels),
        *(_box(one, next(numbers)) for one in drawing.boxes),
        *(_mark(one, next(numbers)) for one in drawing.marks),
    ]
    return f"<xdr:grpSp>{head}{''.join(shapes)}</xdr:grpSp>"


def _line(line: Line, numbers: Iterator[int]) -> Iterator[str]:
    """Yield a connector for each stretch of a line; the last one has the arrow."""
    stretches = list(pairwise(line.points))
    for at, ((x, y), (to_x, to_y)) in enumerate(stretches, start=1):
        number = next(numbers)
        arrow = '<a:tailEnd type="triangle" w="med" len="med"/>' * (at == len(stretches))
        flips = ' flipH="1"' * (to_x < x) + ' flipV="1"' * (to_y < y)
        frame = _frame((min(x, to_x), min(y, to_y)), (abs(to_x - x), abs(to_y - y)), flips)
        yield (
            f'<xdr:cxnSp macro=""><xdr:nvCxnSpPr><xdr:cNvPr id="{number}"'
            f' name="{line.way} {number}"/><xdr:cNvCxnSpPr/></xdr:nvCxnSpPr>'
            f'<xdr:spPr>{frame}<a:prstGeom prst="line"><a:avLst/></a:prstGeom>'
            f'<a:ln w="15875">{_fill(_COLOURS[line.way])}{arrow}</a:ln></xdr:spPr></xdr:cxnSp>'
        )


def _label(label: Label, number: int) -> str:
    (x, y), height = label.middle, 16
    frame = _frame((x - label.width / 2, y - height / 2), (label.width, height))
    return _shape(number, frame, _look("rect", "#FFFFFF"), [label.runs])


def _box(box: Box, number: int) -> str:
    frame = _frame((box.x, box.y), (box.width, box.height))
    look = _look(_FORM.get(box.look, "rect"), _GROUND[box.look], BAND)
    return _shape(number, frame, look, box.lines, has_name=box.has_name)


def _mark(mark: Mark, number: int) -> str:
    """Return a dot, or a circle with a plus where gradients add up."""
    (x, y), size = mark.middle, 2 * mark.radius
    colour, adds_up = _COLOURS[mark.way], mark.way is Way.BACKWARD
    form, ground = ("flowChartOr", "#FFFFFF") if adds_up else ("ellipse", colour)
    frame = _frame((x - mark.radius, y - mark.radius), (size, size))
    return _shape(number, frame, _look(form, ground, colour))


def _look(form: str, ground: str, edge: str = "") -> str:
    """Return a form with the colours of its ground and of its edge, if it has one."""
    outline = f'<a:ln w="9525">{_fill(edge)}</a:ln>' if edge else _NO_EDGE
    return f'<a:prstGeom prst="{form}"><a:avLst/></a:prstGeom>{_fill(ground)}{outline}'


def _shape(
    number: int,
    frame: str,
    look: str,
    lines: Sequence[Sequence[Run]] = (),
    *,
    has_name: bool = False,
) -> str:
    paragraphs = [_paragraph(line, is_name=has_name and not at) for at, line in enumerate(lines)]
    body = (
        '<xdr:txBody><a:bodyPr vertOverflow="overflow" horzOverflow="overflow" wrap="none"'
        ' lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/><a:lstStyle/>'
        f"{''.join(paragraphs)}</xdr:txBody>"
    ) * bool(lines)
    return (
        f'<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="{number}" name="shape {number}"/>'
        f"<xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr>{frame}{look}</xdr:spPr>{body}</xdr:sp>"
    )


def _paragraph(runs: Iterable[Run], *, is_name: bool) -> str:
    look = f'sz="{_NAME_SIZE}00" b="1"' if is_name else f'sz="{_SIZE}00"'
    font = f'<a:latin typeface="{FONT}"/>'
    texts = "".join(
        f'<a:r><a:rPr lang="en-US" {look}>{_fill(_COLOURS[way])}{font}</a:rPr>'
        f"<a:t>{escape(text, quote=False)}</a:t></a:r>"
        for text, way in runs
    )
    return f'<a:p><a:pPr algn="ctr"/>{texts}</a:p>'


def _frame(place: tuple[float, float], size: tuple[float, float], flips: str = "") -> str:
    (x, y), (width, height) = ([round(one * _EMU) for one in pair] for pair in (place, size))
    return f'<a:xfrm{flips}><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'


def _fill(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour[1:]}"/></a:solidFill>'
