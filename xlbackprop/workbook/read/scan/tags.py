"""The tags in a piece of a sheet: where they are, of which kind, and each in its place.

Only the plainest XML is known here, as spreadsheet programs write it. All else is STRANGE, be it
right or wrong: the careful reader tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from xlbackprop.workbook.read.scan.entities import are_known

Positions = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

LONGEST_TAG = 4_096
PADDING = bytes(32)
_NO_CHARACTERS = ("\ufffe", "\uffff")


class StrangeError(Exception):
    """The sheet has something that is not known here."""


class Kind(IntEnum):
    """A kind of tag. Those before TEXT_KEPT are always written alike."""

    OTHER = 0
    ROW_END = 1
    CELL_END = 2
    FORMULA = 3
    FORMULA_END = 4
    FORMULA_EMPTY = 5
    VALUE = 6
    VALUE_END = 7
    VALUE_EMPTY = 8
    VALUE_SPACED = 9
    INLINE = 10
    INLINE_END = 11
    TEXT = 12
    TEXT_END = 13
    TEXT_KEPT = 14
    ROW = 15
    ROW_EMPTY = 16
    CELL = 17
    CELL_EMPTY = 18
    NOTED = 19  # a formula with attributes
    NOTED_EMPTY = 20


_TEXTS = {
    Kind.ROW_END: b"</row>",
    Kind.CELL_END: b"</c>",
    Kind.FORMULA: b"<f>",
    Kind.FORMULA_END: b"</f>",
    Kind.FORMULA_EMPTY: b"<f/>",
    Kind.VALUE: b"<v>",
    Kind.VALUE_END: b"</v>",
    Kind.VALUE_EMPTY: b"<v/>",
    Kind.VALUE_SPACED: b"<v />",
    Kind.INLINE: b"<is>",
    Kind.INLINE_END: b"</is>",
    Kind.TEXT: b"<t>",
    Kind.TEXT_END: b"</t>",
}
_KEPT = b'<t xml:space="preserve">'
_BEGINNINGS = {Kind.ROW: b"<row", Kind.CELL: b"<c ", Kind.NOTED: b"<f ", Kind.TEXT_KEPT: _KEPT}

FORMULAS = (Kind.FORMULA, Kind.FORMULA_EMPTY, Kind.NOTED, Kind.NOTED_EMPTY)
VALUES = (Kind.VALUE, Kind.VALUE_EMPTY, Kind.VALUE_SPACED, Kind.TEXT, Kind.TEXT_KEPT)
CELLS = (Kind.CELL, Kind.CELL_EMPTY)
ROWS = (Kind.ROW, Kind.ROW_EMPTY)
# What text stands after, up to the next tag.
WITH_TEXT = (Kind.FORMULA, Kind.NOTED, Kind.VALUE, Kind.TEXT, Kind.TEXT_KEPT)
_NO_VALUE_YET = (Kind.VALUE, Kind.VALUE_EMPTY, Kind.VALUE_SPACED, Kind.CELL_END)
_AFTER = {
    Kind.ROW: (*CELLS, Kind.ROW_END),
    Kind.ROW_EMPTY: ROWS,
    Kind.ROW_END: ROWS,
    Kind.CELL: (*FORMULAS, *_NO_VALUE_YET, Kind.INLINE),
    Kind.CELL_EMPTY: (*CELLS, Kind.ROW_END),
    Kind.CELL_END: (*CELLS, Kind.ROW_END),
    Kind.FORMULA: (Kind.FORMULA_END,),
    Kind.NOTED: (Kind.FORMULA_END,),
    Kind.FORMULA_END: _NO_VALUE_YET,
    Kind.FORMULA_EMPTY: _NO_VALUE_YET,
    Kind.NOTED_EMPTY: _NO_VALUE_YET,
    Kind.VALUE: (Kind.VALUE_END,),
    Kind.VALUE_END: (Kind.CELL_END,),
    Kind.VALUE_EMPTY: (Kind.CELL_END,),
    Kind.VALUE_SPACED: (Kind.CELL_END,),
    Kind.INLINE: (Kind.TEXT, Kind.TEXT_KEPT),
    Kind.TEXT: (Kind.TEXT_END,),
    Kind.TEXT_KEPT: (Kind.TEXT_END,),
    Kind.TEXT_END: (Kind.INLINE_END,),
    Kind.INLINE_END: (Kind.CELL_END,),
}
_KINDS = len(Kind)


def is_one_of(*kinds: Kind) -> NDArray[np.bool_]:
    """Return a table that says of each kind whether it is one of these."""
    table = np.zeros(_KINDS, dtype=np.bool_)
    table[list(kinds)] = True
    return table


def as_word(text: bytes) -> int:
    """Return up to eight bytes as one number, as they are found in memory."""
    return int.from_bytes(text, "little")


def _kinds_by_beginning() -> NDArray[np.uint8]:
    """Return the kinds by the two bytes after the `<`, as one number."""
    table = np.zeros(1 << 16, dtype=np.uint8)
    for kind, text in (_TEXTS | _BEGINNINGS).items():
        table[as_word(text[1:3])] = kind
    return table


_KIND_BY_BEGINNING = _kinds_by_beginning()
_TEXT_OF = np.zeros(_KINDS, dtype=np.uint64)
_MASK_OF = np.zeros(_KINDS, dtype=np.uint64)
_LENGTH_OF = np.zeros(_KINDS, dtype=np.int64)
for _kind, _text in _TEXTS.items():
    _TEXT_OF[_kind], _MASK_OF[_kind] = as_word(_text), (1 << 8 * len(_text)) - 1
    _LENGTH_OF[_kind] = len(_text)
for _kind in (Kind.ROW, Kind.CELL, Kind.NOTED):
    _beginning = _BEGINNINGS[_kind]
    _TEXT_OF[_kind], _MASK_OF[_kind] = as_word(_beginning), (1 << 8 * len(_beginning)) - 1
_EMPTY_OF = np.arange(_KINDS, dtype=np.uint8)
for _kind in (Kind.ROW, Kind.CELL, Kind.NOTED):
    _EMPTY_OF[_kind] = _kind + 1
_IS_AFTER = np.zeros((_KINDS, _KINDS), dtype=np.bool_)
for _kind, _others in _AFTER.items():
    _IS_AFTER[_kind, list(_others)] = True
_HAS_TEXT = is_one_of(*WITH_TEXT)
_ENDS_PIECE = is_one_of(Kind.ROW_END, Kind.ROW_EMPTY)


@dataclass(frozen=True)
class Tags:
    """The tags of a piece of a sheet, in order; the arrays are of one length."""

    content: bytes  # the piece, and PADDING
    starts: Positions  # of each "<"
    ends: Positions  # of each ">"
    kinds: NDArray[np.uint8]

    def words(self, at: Positions) -> Words:
        """Return the eight bytes from each position on, as one number."""
        shape = (len(self.content) - 7,)
        words = np.ndarray(shape, dtype="<u8", buffer=self.content, strides=(1,))
        return np.asarray(words[at], dtype=np.uint64)

    def bytes_at(self, at: Positions) -> Bytes:
        """Return the byte at each position."""
        return np.frombuffer(self.content, dtype=np.uint8)[at]


def read_tags(piece: bytes) -> Tags:
    """Return the tags of a piece of whole rows. Raises StrangeError."""
    _check_characters(piece)
    content = piece + PADDING
    data = np.frombuffer(content, dtype=np.uint8)
    starts, ends = np.flatnonzero(data == ord("<")), np.flatnonzero(data == ord(">"))
    _check_pairs(starts, ends, len(piece))
    pairs = np.ndarray((len(content) - 1,), dtype="<u2", buffer=content, strides=(1,))
    kinds = _KIND_BY_BEGINNING[pairs[starts + 1]]
    tags = Tags(content, starts, ends, kinds)
    _check_texts(tags)
    kinds = np.where(data[ends - 1] == ord("/"), _EMPTY_OF[kinds], kinds)
    _check_order(kinds, starts[1:] - ends[:-1])
    return Tags(content, starts, ends, kinds)


def _check_characters(piece: bytes) -> None:
    data = np.frombuffer(piece, dtype=np.uint8)
    controls = int(np.count_nonzero(data < ord(" ")))
    if controls and controls != piece.count(b"\n") + piece.count(b"\t"):
        raise StrangeError
    if not piece.isascii():
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError:
            raise StrangeError from None
        if any(one in text for one in _NO_CHARACTERS):
            raise StrangeError
    if b"&" in piece and not are_known(piece):
        raise StrangeError


def _check_pairs(starts: Positions, ends: Positions, length: int) -> None:
    if len(starts) != len(ends) or not len(starts) or starts[0] or ends[-1] != length - 1:
        raise StrangeError
    lengths = ends - starts
    if lengths.min() < 2 or lengths.max() > LONGEST_TAG or (starts[1:] < ends[:-1]).any():
        raise StrangeError


def _check_texts(tags: Tags) -> None:
    """Refuse tags that only begin as those that are known."""
    kinds = tags.kinds
    if not kinds.all():
        raise StrangeError
    if ((tags.words(tags.starts) & _MASK_OF[kinds]) != _TEXT_OF[kinds]).any():
        raise StrangeError
    lengths, fixed = tags.ends - tags.starts + 1, _LENGTH_OF[kinds]
    if ((lengths != fixed) & (fixed > 0)).any():
        raise StrangeError
    for at in np.flatnonzero(kinds == Kind.TEXT_KEPT).tolist():
        if tags.content[tags.starts[at] : tags.ends[at] + 1] != _KEPT:
            raise StrangeError


def _check_order(kinds: NDArray[np.uint8], steps: Positions) -> None:
    """Refuse tags that do not follow one another as in a sheet, and texts where none belongs."""
    if kinds[0] not in ROWS or not _ENDS_PIECE[kinds[-1]]:
        raise StrangeError
    if not _IS_AFTER[kinds[:-1], kinds[1:]].all():
        raise StrangeError
    if ((steps > 1) & ~_HAS_TEXT[kinds[:-1]]).any():
        raise StrangeError
