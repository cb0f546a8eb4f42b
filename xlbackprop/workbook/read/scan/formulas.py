"""The formulas in a piece of a sheet."""

from __future__ import annotations

import numpy as np

from xlbackprop.workbook.read.arrays import Ints
from xlbackprop.workbook.read.cell_store import CellStore
from xlbackprop.workbook.read.scan.attributes import read_attributes
from xlbackprop.workbook.read.scan.spans import Spans
from xlbackprop.workbook.read.scan.tags import (
    Bytes,
    Group,
    Kind,
    Mask,
    Positions,
    Tags,
    as_word,
)

# What most cells have that share a formula: between the two, digits.
_SHARER, _SHARER_END = b'<f t="shared" si="', b'"/>'
_MOST_DIGITS = 8
_MOST_KEPT = 1_000
_NAME = len("<f")
_NOTED = Group(Kind.NOTED, Kind.NOTED_EMPTY)


class FormulaTexts:
    """Reads formulas into a store; most tags with attributes are taken apart once."""

    def __init__(self, store: CellStore) -> None:
        self._store = store
        self._attributes: dict[bytes, dict[str, str]] = {}

    def read(self, tags: Tags, spans: Spans, rows: Ints, columns: Ints) -> tuple[bytes, Ints]:
        """Return formulas, one after the other, and their lengths; the places are all cells'.

        Raises StrangeError.
        """
        is_sharer = _are_sharers(tags, spans.tags)
        texts = self._own(tags, spans.where(~is_sharer), rows, columns)
        lengths = np.empty(len(spans.tags), dtype=np.int64)
        lengths[~is_sharer] = np.fromiter(map(len, texts), np.int64, len(texts))
        sharers, lengths[is_sharer] = _marks(tags, spans.tags[is_sharer])
        is_mark = np.repeat(
            is_sharer, lengths.astype(np.intp)
        )  # as in a browser, where it is 32 bits
        content = np.empty(len(is_mark), dtype=np.uint8)
        content[is_mark] = sharers
        content[~is_mark] = np.frombuffer(b"".join(texts), dtype=np.uint8)
        return content.tobytes(), lengths

    def _own(self, tags: Tags, spans: Spans, rows: Ints, columns: Ints) -> list[bytes]:
        """Return formulas that cells have, one of their own or one that is noted in its tag."""
        texts = spans.texts(tags)
        if (tags.bytes_at(spans.starts) == ord("=")).any():
            texts = [text.removeprefix(b"=") for text in texts]
        for at in np.flatnonzero(_NOTED.has(tags.kinds[spans.tags])).tolist():
            attributes = self._attributes_of(tags, int(spans.tags[at]))
            if "t" in attributes:
                cell = spans.cells[at]
                place = int(rows[cell]), int(columns[cell])
                own = self._store.formula(texts[at].decode(), attributes, *place)
                texts[at] = own.encode()
        return texts

    def _attributes_of(self, tags: Tags, number: int) -> dict[str, str]:
        end = tags.ends[number] - (tags.kinds[number] == Kind.NOTED_EMPTY)
        text = tags.content[tags.starts[number] + _NAME : end]
        if text in self._attributes:
            return self._attributes[text]
        attributes = read_attributes(text)
        if len(self._attributes) < _MOST_KEPT:
            self._attributes[text] = attributes
        return attributes


def _are_sharers(tags: Tags, numbers: Positions) -> Mask:
    """Return which tags have nothing but the number of a formula that is stored elsewhere."""
    mask = np.asarray(tags.kinds[numbers] == Kind.NOTED_EMPTY)
    at = np.flatnonzero(mask)
    starts, digits = tags.starts[numbers[at]], _digits(tags, numbers[at])
    alike = (digits > 0) & (digits <= _MOST_DIGITS)
    alike &= tags.bytes_at(tags.ends[numbers[at]] + 1 - len(_SHARER_END)) == ord('"')
    for first in (0, 8, len(_SHARER) - 8):
        alike &= tags.words(starts + first) == np.uint64(as_word(_SHARER[first : first + 8]))
    for number in range(int(digits[alike].max(initial=0))):
        one = tags.bytes_at(starts + len(_SHARER) + number) - np.uint8(ord("0"))
        alike &= (one < 10) | (number >= digits)
    mask[at] = alike
    return mask


def _digits(tags: Tags, numbers: Positions) -> Positions:
    """Return how many characters sharers' tags have between what they all have."""
    return tags.ends[numbers] + 1 - tags.starts[numbers] - len(_SHARER) - len(_SHARER_END)


def _marks(tags: Tags, numbers: Positions) -> tuple[Bytes, Positions]:
    """Return what stands for the formulas of sharers: SHARED and a number; and the lengths."""
    lengths = _digits(tags, numbers) + 1
    longest = int(lengths.max(initial=1))
    marks = np.zeros((len(numbers), longest), dtype=np.uint8)  # SHARED is a zero
    for at in range(1, longest):
        marks[:, at] = tags.bytes_at(tags.starts[numbers] + len(_SHARER) - 1 + at)
    return marks[np.arange(longest) < lengths[:, None]], lengths
