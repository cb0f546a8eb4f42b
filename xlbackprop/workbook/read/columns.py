"""Texts of cells, a column of them for a sheet: none of them is an object until it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_TEXT = -1
_WORD = 8  # bytes


def append(column: array[Any], more: NDArray[Any]) -> None:
    """Add numbers to a column that has room for them."""
    column.frombytes(np.ascontiguousarray(more, dtype=column.typecode).view(np.uint8).data)


class TextColumn:
    """A text, or none, for each cell: their bytes one after the other, to take little memory."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q")
        self._present = bytearray()

    def __len__(self) -> int:
        """Return how many cells there are."""
        return len(self._ends)

    def append(self, text: str | None) -> None:
        """Add the next cell's text."""
        if text is not None:
            self._bytes += text.encode("utf-8", "surrogatepass")
        self._present.append(text is not None)
        self._ends.append(len(self._bytes))

    def extend(
        self, content: bytes, lengths: NDArray[np.int64], present: NDArray[np.bool_]
    ) -> None:
        """Add the texts of the next cells: their bytes, and how many are each one's."""
        ends = np.cumsum(lengths, dtype=np.int64) + len(self._bytes)
        self._bytes += content
        self._present += present.tobytes()
        append(self._ends, ends)

    def get(self, position: int) -> str | None:
        """Return a cell's text."""
        if not self._present[position]:
            return None
        return self.raw(position).decode("utf-8", "surrogatepass")

    def raw(self, position: int) -> bytes:
        """Return the bytes of a cell's text, none where there is none."""
        start = self._ends[position - 1] if position else 0
        return bytes(self._bytes[start : self._ends[position]])

    def raws(self, positions: Sequence[int] | NDArray[np.int64]) -> list[bytes]:
        """Return the bytes of the texts of several cells, in ascending order."""
        at = np.asarray(positions, dtype=np.int64)
        if not at.size:
            return []
        starts, ends = self._spans(at)
        first = int(starts[0])
        content = bytes(self._bytes[first : int(ends[-1])])
        pairs = zip((starts - first).tolist(), (ends - first).tolist(), strict=True)
        return [content[start:end] for start, end in pairs]

    def begin_with(self, character: int) -> NDArray[np.bool_]:
        """Return which cells' texts begin with a byte."""
        starts, ends = self._spans(np.arange(len(self)))
        mask = starts < ends
        mask[mask] = np.frombuffer(self._bytes, dtype=np.uint8)[starts[mask]] == character
        return mask

    def distinct(self, positions: NDArray[np.int64]) -> tuple[list[bytes], NDArray[np.int64]]:
        """Return the texts of some cells, each once, and which of them each cell has."""
        starts, ends = self._spans(positions)
        lengths = ends - starts
        if lengths.max(initial=0) >= _WORD:
            texts = self.raws(positions)
            number = {text: at for at, text in enumerate(dict.fromkeys(texts))}
            return list(number), np.array([number[text] for text in texts], dtype=np.int64)
        data = np.frombuffer(self._bytes, dtype=np.uint8)
        words = lengths.copy()
        for at in range(int(lengths.max(initial=0))):
            own = lengths > at
            words[own] |= data[starts[own] + at].astype(np.int64) << 8 * (at + 1)
        _, first, which = np.unique(words, return_index=True, return_inverse=True)
        return [self.raw(int(positions[at])) for at in first.tolist()], which

    def _spans(self, at: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the texts of some cells begin and end."""
        ends = np.frombuffer(self._ends, dtype=np.int64)
        return np.where(at > 0, ends[at - 1], 0) if at.size else at, ends[at]

    @property
    def content(self) -> bytes:
        """All texts, one after the other."""
        return bytes(self._bytes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many bytes each cell's text has."""
        starts, ends = self._spans(np.arange(len(self)))
        return ends - starts

    @property
    def has_empty(self) -> bool:
        """Whether a cell's text is there, and empty."""
        return bool((self.present & (self.lengths == 0)).any())

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether each cell has a text."""
        return np.frombuffer(self._present, dtype=np.bool_)


class NumberedTexts:
    """A text, or none, for each cell: the number of one that cells share, or of one of its own."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings, self._own = strings, TextColumn()
        self._numbers = array("i")

    @property
    def shared(self) -> int:
        """How many texts there are that cells share."""
        return len(self._strings)

    def append(self, number: int) -> None:
        """Add the next cell's text by its number, NO_TEXT for none."""
        self._numbers.append(number)

    def extend(self, numbers: NDArray[np.int32]) -> None:
        """Add the texts of the next cells by their numbers."""
        append(self._numbers, numbers)

    def number(self, text: str | None) -> int:
        """Return the number of a text that no cells share."""
        if text is None:
            return NO_TEXT
        self._own.append(text)
        return len(self._strings) + len(self._own) - 1

    def get(self, position: int) -> str | None:
        """Return a cell's text."""
        number = self._numbers[position]
        if number == NO_TEXT:
            return None
        shared = len(self._strings)
        return self._strings[number] if number < shared else self._own.get(number - shared)

    def raw(self, position: int) -> bytes:
        """Return the bytes of a cell's text, none where there is none."""
        return (self.get(position) or "").encode("utf-8", "surrogatepass")
