"""What the tags of cells say: their places, all at once, and each other attribute only once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.workbook.read.scan.tags import Positions, StrangeError, Tags, Words, as_word

_BEGINNING = b'<c r="'
_MOST_LETTERS, _MOST_DIGITS = 3, 7
_MOST_WORDS = 4
_MOST_MEANINGS = 2_000
# Of each number of bytes, up to a word, the mask that leaves just these.
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], dtype=np.uint64)
# Odd numbers without a pattern: each word of a tag counts in a way of its own.
_MIXED_BY = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)

_ATTRIBUTES = re.compile(rb'((?: [A-Za-z_][\w.:-]*="[^"<&\t\n]*")*) ?')
_ATTRIBUTE = re.compile(rb' ([^=]+)="([^"]*)"')

_Meaning = TypeVar("_Meaning")


def read_attributes(text: bytes) -> dict[str, str]:
    """Return the attributes in what stands after a tag's name. Raises StrangeError."""
    match = _ATTRIBUTES.fullmatch(text)
    if match is None:
        raise StrangeError
    found = _ATTRIBUTE.findall(match[1])
    attributes = {name.decode(): value.decode() for name, value in found}
    if len(attributes) < len(found):
        raise StrangeError
    return attributes


def read_places(tags: Tags, cells: Positions) -> tuple[Positions, Positions, Positions]:
    """Return the rows and columns of cells, and where in the bytes their addresses end.

    `cells` are the numbers of their tags. Raises StrangeError.
    """
    starts = tags.starts[cells]
    words = tags.words(starts) & _FIRST_BYTES[len(_BEGINNING)]
    if (words != np.uint64(as_word(_BEGINNING))).any():
        raise StrangeError
    columns, at = _read_letters(tags, starts + len(_BEGINNING))
    rows, at = _read_digits(tags, at)
    if (tags.bytes_at(at) != ord('"')).any():
        raise StrangeError
    if (rows < 1).any() or (rows > MAX_ROWS).any() or (columns > MAX_COLUMNS).any():
        raise StrangeError
    return rows - 1, columns - 1, at


def _read_letters(tags: Tags, at: Positions) -> tuple[Positions, Positions]:
    columns = np.zeros(len(at), dtype=np.int64)
    is_letter = np.ones(len(at), dtype=np.bool_)
    for _ in range(_MOST_LETTERS):
        letters = tags.bytes_at(at) - np.uint8(ord("A"))  # below A they are large
        is_letter = is_letter & (letters < 26)
        columns = np.where(is_letter, columns * 26 + letters + 1, columns)
        at = at + is_letter
    if not columns.all():
        raise StrangeError
    return columns, at


def _read_digits(tags: Tags, at: Positions) -> tuple[Positions, Positions]:
    rows = np.zeros(len(at), dtype=np.int64)
    is_digit = np.ones(len(at), dtype=np.bool_)
    if (tags.bytes_at(at) == ord("0")).any():
        raise StrangeError
    for _ in range(_MOST_DIGITS):
        digits = tags.bytes_at(at) - np.uint8(ord("0"))
        is_digit = is_digit & (digits < 10)
        if not is_digit.any():
            break
        rows = np.where(is_digit, rows * 10 + digits, rows)
        at = at + is_digit
    return rows, at


class Meanings(Generic[_Meaning]):
    """What short texts of a sheet mean: `read` is asked once of each that differs."""

    def __init__(self, read: Callable[[bytes], _Meaning]) -> None:
        self._read = read
        self.found: list[_Meaning] = []
        self._mixed = np.empty(0, dtype=np.uint64)  # of the texts that are known, ascending
        self._words = np.empty((_MOST_WORDS, 0), dtype=np.uint64)
        self._numbers = np.empty(0, dtype=np.int64)

    def numbers(self, tags: Tags, starts: Positions, ends: Positions) -> Positions:
        """Return which of those found the text between each two positions means."""
        words = _words(tags, starts, ends - starts)
        mixed = np.zeros(len(starts), dtype=np.uint64)
        for word, factor in zip(words, _MIXED_BY, strict=True):
            mixed = (mixed ^ word) * np.uint64(factor)
        at, is_known = self._look_up(mixed)
        if not is_known.all():
            new, first = np.unique(mixed[~is_known], return_index=True)
            cells = np.flatnonzero(~is_known)[first]
            spans = zip(starts[cells].tolist(), ends[cells].tolist(), strict=True)
            self._add(new, words[:, cells], [tags.content[start:end] for start, end in spans])
            at, _ = self._look_up(mixed)
        # Texts may be made so that they look alike when mixed: they are not dealt with here.
        if any((own != known[at]).any() for own, known in zip(words, self._words, strict=True)):
            raise StrangeError
        return self._numbers[at]

    def _look_up(self, mixed: Words) -> tuple[Positions, NDArray[np.bool_]]:
        if not self._mixed.size:
            return np.zeros(len(mixed), dtype=np.int64), np.zeros(len(mixed), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self._mixed, mixed), len(self._mixed) - 1)
        return at, self._mixed[at] == mixed

    def _add(self, mixed: Words, words: Words, texts: Sequence[bytes]) -> None:
        at = np.searchsorted(self._mixed, mixed)
        known = len(self.found)
        if known + len(texts) > _MOST_MEANINGS:
            raise StrangeError
        self._mixed = np.insert(self._mixed, at, mixed)
        self._words = np.insert(self._words, at, words, axis=1)
        self._numbers = np.insert(self._numbers, at, np.arange(known, known + len(texts)))
        self.found += map(self._read, texts)


def _words(tags: Tags, starts: Positions, lengths: Positions) -> Words:
    """Return texts as words, those beyond a text's end being 0: an array of (words, texts)."""
    longest = int(lengths.max(initial=0))
    if longest > 8 * _MOST_WORDS:
        raise StrangeError
    words = np.zeros((_MOST_WORDS, len(starts)), dtype=np.uint64)
    for number in range(-(-longest // 8)):
        count = np.clip(lengths - 8 * number, 0, 8)
        at = np.minimum(starts + 8 * number, len(tags.content) - 8)
        words[number] = tags.words(at) & _FIRST_BYTES[count]
    return words
