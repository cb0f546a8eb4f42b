"""A picture of a network or a workbook, as a file; the package matplotlib is an extra."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xlbackprop.errors import OutputError, SpecError, shown, suggestion
from xlbackprop.layout import sheet_contents
from xlbackprop.report.pictures.numbers import Numbers, numbers_of
from xlbackprop.saving import check_output, save
from xlbackprop.spec import Spec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".pdf")
GRAPH, LOSS = "graph", "loss"


def picture(
    source: Spec | str | Path,
    path: str | Path,
    what: str = GRAPH,
    *,
    force: bool = False,
) -> Path:
    """Draw a picture into a file that ends in .svg, .png or .pdf; return its path.

    `source` is a spec, a template's name, or a path of a spec or a workbook, whose numbers are
    those that it was saved with. `what` is "graph", "loss" for the losses of a training, the name
    of a tensor for its heat map, or that of a sheet for those of all its tensors. The same source
    gives the same bytes.

    Raises SpecError or WorkbookError where the source cannot be used or has no such thing,
    OutputError where the file cannot be written or matplotlib is not installed.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")
    check_output(path, force=force)
    _check_library()
    from xlbackprop.report.pictures.canvas import saved

    numbers = numbers_of(source)
    save(path, saved(_drawn(numbers, what), path.suffix.lower()[1:]), force=force)
    return path


def _check_library() -> None:
    try:
        import matplotlib  # noqa: F401  (an extra)
    except ImportError:
        raise OutputError(
            "a picture needs the package matplotlib: pip install 'xlbackprop[pictures]'"
        ) from None


def _drawn(numbers: Numbers, what: str) -> Figure:
    network = numbers.network
    if what == GRAPH:
        from xlbackprop.report.pictures.graph import graph

        return graph(network)
    if what == LOSS:
        from xlbackprop.report.pictures.loss import loss

        return loss(numbers)
    from xlbackprop.report.pictures.heat_maps import heat_maps

    if what in network.tensors:
        return heat_maps(numbers, what, [("", [network.tensors[what]])])
    sheets = {content.name: content for content in sheet_contents(network)}
    if what in sheets:
        sheet = sheets[what]
        first = [(title, own) for title, own in sheet.bands if own and own[0].step == 1]
        return heat_maps(numbers, sheet.title, first)
    near = suggestion(what, [GRAPH, LOSS, *sheets, *network.tensors])
    raise SpecError(
        f"there is no picture of {shown(what)}: expected {GRAPH}, {LOSS}, a sheet or a tensor{near}"
    )
