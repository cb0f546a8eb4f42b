"""Texts in a piece of a sheet, by where they begin and end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.workbook.read.scan.entities import replaced
from xlbackprop.workbook.read.scan.tags import Positions, Tags


@dataclass(frozen=True)
class Spans:
    """Texts of cells, in their order; the arrays are of one length."""

    cells: Positions  # each one's cell, by its number in the piece
    tags: Positions  # the number of the tag before it
    starts: Positions
    ends: Positions

    def where(self, mask: NDArray[np.bool_]) -> Spans:
        """Return some of them."""
        return Spans(self.cells[mask], self.tags[mask], self.starts[mask], self.ends[mask])

    @property
    def is_empty(self) -> NDArray[np.bool_]:
        """Which texts have no characters."""
        return np.asarray(self.starts == self.ends)

    def texts(self, tags: Tags) -> list[bytes]:
        """Return the texts, with their entities replaced."""
        content = tags.content
        pairs = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        texts = [content[start:end] for start, end in pairs]
        return list(map(replaced, texts)) if b"&" in content else texts
