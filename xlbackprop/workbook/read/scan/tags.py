"""The tags in a piece of a sheet: where they are, of which kind, and each in its place.

Only the plainest XML is known here, as spreadsheet programs write it. All else is STRANGE, be it
right or wrong: the careful reader tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from xlbackprop.workbook.read.scan.entities import are_known

Positions = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]

LONGEST_TAG = 4_096
PADDING = bytes(32)
_NO_CHARACTERS = ("\ufffe", "\uffff")


class StrangeError(Exception):
    """The sheet has something that is not known here."""


class RefusedError(Exception):
    """The careful reader would refuse the sheet here, for a reason that its part gives or not."""

    def __init__(self, reason: str, *, is_of_part: bool) -> None:
        super().__init__(reason)
        self.reason, self.is_of_part = reason, is_of_part


class Kind(IntEnum):
    """A kind of tag; one that is empty follows the same with an end."""

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
    Kind.TEXT_KEPT: b'<t xml:space="preserve">',
}
_BEGINNINGS = {Kind.ROW: b"<row", Kind.CELL: b"<c ", Kind.NOTED: b"<f "}
# What is known of a tag from the two bytes after its "<", and from how long it is.
_TOLD = 3

FORMULAS = (Kind.FORMULA, Kind.FORMULA_EMPTY, Kind.NOTED, Kind.NOTED_EMPTY)
VALUES = (Kind.VALUE, Kind.VALUE_EMPTY, Kind.VALUE_SPACED, Kind.TEXT, Kind.TEXT_KEPT)
CELLS = (Kind.CELL, Kind.CELL_EMPTY)
ROWS = (Kind.ROW, Kind.ROW_EMPTY)
ENDS = (
    Kind.ROW_END,
    Kind.CELL_END,
    Kind.FORMULA_END,
    Kind.VALUE_END,
    Kind.INLINE_END,
    Kind.TEXT_END,
)
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


class Table:
    """A number for each kind, looked up for very many tags at once."""

    def __init__(self, numbers: Mapping[Kind, int]) -> None:
        self._numbers = bytes(numbers.get(Kind(kind), 0) for kind in range(_KINDS)).ljust(
            256, b"\0"
        )

    def of(self, kinds: Bytes) -> Bytes:
        """Return the numbers of tags' kinds."""
        return np.frombuffer(kinds.tobytes().translate(self._numbers), dtype=np.uint8)


class Group(Table):
    """Some kinds."""

    def __init__(self, *kinds: Kind) -> None:
        super().__init__(dict.fromkeys(kinds, 1))

    def has(self, kinds: Bytes) -> Mask:
        """Return which tags are of one of the kinds."""
        return self.of(kinds).view(np.bool_)


def as_word(text: bytes) -> int:
    """Return up to eight bytes as one number, as they are found in memory."""
    return int.from_bytes(text, "little")


def _kinds_by_beginning() -> Bytes:
    """Return the kinds by the two bytes after the `<`, as one number."""
    table = np.zeros(1 << 16, dtype=np.uint8)
    for kind, text in (_TEXTS | _BEGINNINGS).items():
        table[as_word(text[1:_TOLD])] = kind
    return table


def _what_may_follow() -> Mask:
    table = np.zeros((_KINDS, _KINDS), dtype=np.bool_)
    for kind, others in _AFTER.items():
        table[kind, list(others)] = True
    return table.ravel()


_KIND_BY_BEGINNING = _kinds_by_beginning()
_LENGTHS = Table({kind: len(text) for kind, text in _TEXTS.items()})
_FOLLOWS = _what_may_follow()
_MAY_BE_EMPTY = Group(Kind.ROW, Kind.CELL, Kind.NOTED)
# Their first bytes and their length do not tell all.
_UNTOLD = Group(Kind.ROW, *(kind for kind, text in _TEXTS.items() if len(text) > _TOLD + 1))
_HAS_TEXT = Group(*WITH_TEXT)
_ENDS_PIECE = (Kind.ROW_END, Kind.ROW_EMPTY)


@dataclass(frozen=True)
class Tags:
    """The tags of a piece of a sheet, in order; the arrays are of one length."""

    content: bytes  # the piece, and PADDING
    starts: Positions  # of each "<"
    ends: Positions  # of each ">"
    kinds: Bytes

    def words(self, at: Positions) -> Words:
        """Return the eight bytes from each position on, as one number."""
        shape = (len(self.content) - 7,)
        words = np.ndarray(shape, dtype="<u8", buffer=self.content, strides=(1,))
        return np.asarray(words[at], dtype=np.uint64)

    def bytes_at(self, at: Positions) -> Bytes:
        """Return the byte at each position."""
        return np.frombuffer(self.content, dtype=np.uint8).take(at)


def read_tags(piece: bytes) -> Tags:
    """Return the tags of a piece of whole rows. Raises StrangeError."""
    _check_characters(piece)
    content = piece + PADDING
    data = np.frombuffer(content, dtype=np.uint8)
    starts, ends = np.flatnonzero(data == ord("<")), np.flatnonzero(data == ord(">"))
    _check_pairs(starts, ends, len(piece))
    second = data.take(starts + 2).astype(np.uint16)
    kinds = _KIND_BY_BEGINNING.take(second << 8 | data.take(starts + 1))
    _check_texts(content, starts, ends, kinds)
    at = np.flatnonzero(_MAY_BE_EMPTY.has(kinds))
    kinds[at] += data[ends[at] - 1] == ord("/")
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


def _check_texts(content: bytes, starts: Positions, ends: Positions, kinds: Bytes) -> None:
    """Refuse tags that only begin as those that are known."""
    if not kinds.all():
        raise StrangeError
    fixed = _LENGTHS.of(kinds)
    if ((ends - starts + 1 != fixed) & (fixed > 0)).any():
        raise StrangeError
    for at in np.flatnonzero(_UNTOLD.has(kinds)).tolist():
        kind = Kind(kinds[at])
        if not content.startswith(_TEXTS.get(kind) or _BEGINNINGS[kind], starts[at]):
            raise StrangeError


def _check_order(kinds: Bytes, steps: Positions) -> None:
    """Refuse tags that do not follow one another as in a sheet, and texts where none belongs."""
    if kinds[0] not in ROWS or kinds[-1] not in _ENDS_PIECE:
        raise StrangeError
    if not _FOLLOWS[kinds[:-1].astype(np.intp) * _KINDS + kinds[1:]].all():
        raise StrangeError
    if ((steps > 1) > _HAS_TEXT.has(kinds[:-1])).any():
        raise StrangeError
