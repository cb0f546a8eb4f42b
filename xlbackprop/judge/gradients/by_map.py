"""A map of a sheet of which no network is known, as what is said of its cells."""

from __future__ import annotations

from xlbackprop.find.gradients.naming.said import Said
from xlbackprop.find.mapping import Map
from xlbackprop.find.mapping.pairs import cells_of
from xlbackprop.workbook.read.workbook import Workbook


def said_by(map: object, workbook: Workbook) -> Said | None:  # noqa: A002
    """Return what a map says of the cells of a workbook; None where it is no such map.

    Raises MapError where its ranges are none, or are not alike.
    """
    if not isinstance(map, Map) or map.pairs is None:
        return None
    found = cells_of(map.pairs, map, workbook.sheets, workbook.names, map.sheet)
    return Said(found.losses, found.gradients, found.updates, found.rate)
