"""Texts of cells, a column of them for a sheet: none of them is an object until it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NO_TEXT = -1


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
        self._ends.frombytes(ends.tobytes())

    def get(self, position: int) -> str | None:
        """Return a cell's text."""
        if not self._present[position]:
            return None
        return self.raw(position).decode("utf-8", "surrogatepass")

    def raw(self, position: int) -> bytes:
        """Return the bytes of a cell's text, none where there is none."""
        start = self._ends[position - 1] if position else 0
        return bytes(self._bytes[start : self._ends[position]])

    def raws(self, positions: Sequence[int]) -> list[bytes]:
        """Return the bytes of the texts of several cells, in ascending order."""
        if not positions:
            return []
        ends, first = self._ends, positions[0]
        start = ends[first - 1] if first else 0
        content = bytes(self._bytes[start : ends[positions[-1]]])
        return [
            content[(ends[position - 1] if position else 0) - start : ends[position] - start]
            for position in positions
        ]

    @property
    def content(self) -> bytes:
        """All texts, one after the other."""
        return bytes(self._bytes)

    @property
    def has_empty(self) -> bool:
        """Whether a cell's text is there, and empty."""
        lengths = np.diff(np.frombuffer(self._ends, dtype=np.int64), prepend=0)
        return bool((self.present & (lengths == 0)).any())

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
        self._numbers.frombytes(numbers.astype(np.int32).tobytes())

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
