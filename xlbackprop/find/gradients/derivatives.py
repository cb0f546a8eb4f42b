"""A workbook's sheets differentiated, each group of them once however often one asks.

What differentiates is imported when it is needed: most checks have no use for it.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xlbackprop.formula.addresses import on_sheet
from xlbackprop.workbook.read.workbook import Workbook

if TYPE_CHECKING:
    from xlbackprop.find.gradients.findings import Findings, NothingFound


class Derivatives:
    """What differentiating groups of a workbook's sheets tells, kept for whoever asks next."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._kept: dict[tuple[str, ...], Findings | NothingFound] = {}

    def of(
        self, sheets: Sequence[str], *, loss: str | None = None, seconds: float
    ) -> Findings | NothingFound:
        """Return what is found in some sheets; `loss` is the cell of L, where it is known.

        Findings with another L are no answer then. After so many seconds nothing more is tried.
        """
        from xlbackprop.find.gradients.discover import find_gradients

        kept = self._kept.get(tuple(sheets))
        if kept is None or not _has_loss(kept, loss):
            kept = find_gradients(self._workbook, sheets=sheets, loss=loss, seconds=seconds)
            self._kept[tuple(sheets)] = kept
        return kept


def _has_loss(found: Findings | NothingFound, loss: str | None) -> bool:
    """Return whether a given cell, if there is one, is the L of what was found."""
    from xlbackprop.find.gradients.findings import NothingFound

    if loss is None:
        return True
    if isinstance(found, NothingFound) or found.assumed:
        return False
    return loss in {on_sheet(found.place(cell)[0], found.address(cell)) for cell in found.losses}
