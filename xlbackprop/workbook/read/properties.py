"""What a workbook says of its own making: by whom, and when."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.workbook.read.guard import open_package
from xlbackprop.workbook.read.workbook import relationships
from xlbackprop.workbook.read.xml import read_elements

_NAMES = ("creator", "lastModifiedBy", "created", "modified")
_LONGEST = 100


@dataclass(frozen=True)
class Properties:
    """The author, who saved it last, and the times of both; "" for what is not there."""

    creator: str = ""
    last_modified_by: str = ""
    created: str = ""
    modified: str = ""


def read_properties(path: Path) -> Properties:
    """Return the properties of an .xlsx workbook, as far as they can be read."""
    with suppress(WorkbookError), open_package(path) as package:
        for _, kind, target in relationships(package, ""):
            if kind.endswith("/core-properties"):
                found = {one.name: one.text for one in read_elements(package, target, _NAMES)}
                return Properties(*(one_line(found.get(name, ""), _LONGEST) for name in _NAMES))
    return Properties()
