"""A workbook, or what a spec would build, as a page to look at: nothing is judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from xlbackprop.errors import SpecError
from xlbackprop.find.mapping import Map
from xlbackprop.judge.checker import unjudged_workbook
from xlbackprop.report.html import html_view
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import is_spec, load_spec
from xlbackprop.workbook.builder import build


def view(
    source: Spec | str | Path,
    *,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
) -> str:
    """Return a workbook as one HTML page on which each cell is explained, and nothing judged.

    `source` is a workbook's path, or a spec, of which the page shows what `build` writes. A slider
    walks through the equations in the order in which they are computed. `spec` and `map` are as in
    `check`.

    Raises WorkbookError where the file cannot be used, SpecError and MapError where they cannot.
    """
    if not is_spec(source):
        return html_view(unjudged_workbook(Path(str(source)), spec=spec, map=map))
    if spec is not None or map is not None:
        raise SpecError("the source is a spec itself: --spec and --map are for a workbook")
    loaded = source if isinstance(source, Spec) else load_spec(source)
    with TemporaryDirectory() as folder:
        path = build(loaded, Path(folder, f"{loaded.name}.xlsx"))
        return html_view(replace(unjudged_workbook(path), workbook=loaded.name))
