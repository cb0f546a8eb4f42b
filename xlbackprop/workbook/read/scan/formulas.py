"""The formulas in a piece of a sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xlbackprop.workbook.read.arrays import Ints
from xlbackprop.workbook.read.cell_store import CellStore
from xlbackprop.workbook.read.scan.attributes import read_attributes
from xlbackprop.workbook.read.scan.spans import Spans
from xlbackprop.workbook.read.scan.tags import Kind, Positions, Tags, as_word

# What most cells have that share a formula: between the two, digits.
_SHARER, _SHARER_END = b'<f t="shared" si="', b'"/>'
_MOST_DIGITS = 8
_NAME = len("<f")


class FormulaTexts:
    """Reads formulas into a store; each tag with attributes is taken apart once."""

    def __init__(self, store: CellStore) -> None:
        self._store = store
        self._attributes: dict[bytes, dict[str, str]] = {}

    def read(self, tags: Tags, spans: Spans, rows: Ints, columns: Ints) -> tuple[bytes, Ints]:
        """Return formulas, one after the other, and their lengths; the places are all cells'.

        Raises StrangeError.
        """
        kinds = tags.kinds[spans.tags]
        is_sharer = _are_sharers(tags, spans.tags)
        starts = np.where(is_sharer, tags.starts[spans.tags] + len(_SHARER) - 1, spans.starts)
        ends = np.where(is_sharer, tags.ends[spans.tags] + 1 - len(_SHARER_END), spans.ends)
        texts = Spans(spans.cells, spans.tags, starts, ends).texts(tags)
        if (tags.bytes_at(starts) == ord("=")).any():
            texts = [text.removeprefix(b"=") for text in texts]
        noted = np.isin(kinds, (Kind.NOTED, Kind.NOTED_EMPTY)) & ~is_sharer
        for at in np.flatnonzero(noted).tolist():
            attributes = self._attributes_of(tags, int(spans.tags[at]))
            if "t" in attributes:
                cell = spans.cells[at]
                place = int(rows[cell]), int(columns[cell])
                own = self._store.formula(texts[at].decode(), attributes, *place)
                texts[at] = own.encode()
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        content = bytearray().join(texts)
        # Where the quote was, the mark of a formula that is stored with another cell.
        np.frombuffer(content, dtype=np.uint8)[(np.cumsum(lengths) - lengths)[is_sharer]] = 0
        return bytes(content), lengths

    def _attributes_of(self, tags: Tags, number: int) -> dict[str, str]:
        end = tags.ends[number] - (tags.kinds[number] == Kind.NOTED_EMPTY)
        text = tags.content[tags.starts[number] + _NAME : end]
        if text not in self._attributes:
            self._attributes[text] = read_attributes(text)
        return self._attributes[text]


def _are_sharers(tags: Tags, numbers: Positions) -> NDArray[np.bool_]:
    """Return which tags have nothing but the number of a formula that is stored elsewhere."""
    mask = np.asarray(tags.kinds[numbers] == Kind.NOTED_EMPTY)
    at = np.flatnonzero(mask)
    starts, ends = tags.starts[numbers[at]], tags.ends[numbers[at]] + 1 - len(_SHARER_END)
    digits = ends - starts - len(_SHARER)
    alike = (digits > 0) & (digits <= _MOST_DIGITS) & (tags.bytes_at(ends) == ord('"'))
    for first in (0, 8, len(_SHARER) - 8):
        alike &= tags.words(starts + first) == np.uint64(as_word(_SHARER[first : first + 8]))
    for number in range(int(digits[alike].max(initial=0))):
        one = tags.bytes_at(starts + len(_SHARER) + number) - np.uint8(ord("0"))
        alike &= (one < 10) | (number >= digits)
    mask[at] = alike
    return mask
