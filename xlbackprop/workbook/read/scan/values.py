"""What the cells in a piece of a sheet hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlbackprop.equation import Array
from xlbackprop.workbook.read.cell_store import CellStore, read_boolean, read_number
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.columns import NO_TEXT
from xlbackprop.workbook.read.scan.decimals import read_decimals
from xlbackprop.workbook.read.scan.spans import Spans
from xlbackprop.workbook.read.scan.tags import StrangeError, Tags
from xlbackprop.workbook.read.strings import plain_text

# What a cell's `t` says of it; all others are texts of their own.
TYPES = ("n", "s", "b", "e", "")
_NUMBER, _SHARED, _BOOLEAN, _ERROR, _TEXT = range(5)
_MOST_DIGITS = 9


@dataclass(frozen=True)
class Values:
    """What some cells hold; the arrays are of one length."""

    states: NDArray[np.int8]
    numbers: Array
    texts: NDArray[np.int32]


def type_number(name: str) -> int:
    """Return the number of a cell's type."""
    return TYPES.index(name) if name in TYPES[:_TEXT] else _TEXT


def read_values(tags: Tags, spans: Spans, types: NDArray[np.int8], store: CellStore) -> Values:
    """Return what cells hold, those without a value too; `types` are those of all cells.

    Texts of their own get numbers in the store. Raises StrangeError.
    """
    values = Values(
        np.full(len(types), State.BLANK, dtype=np.int8),
        np.full(len(types), np.nan),
        np.full(len(types), NO_TEXT, dtype=np.int32),
    )
    own = types[spans.cells]
    spans = spans.where(~(spans.is_empty & np.isin(own, (_NUMBER, _SHARED))))
    own = types[spans.cells]
    _put_numbers(tags, spans.where(own == _NUMBER), store, values)
    _put_shared(tags, spans.where(own == _SHARED), store, values)
    words = spans.where(own > _SHARED)
    kinds = own[own > _SHARED].tolist()
    for cell, kind, text in zip(words.cells.tolist(), kinds, words.texts(tags), strict=True):
        state, plain = _in_words(kind, text.decode())
        values.states[cell], values.texts[cell] = state, store.texts.number(plain)
    return values


def _put_numbers(tags: Tags, spans: Spans, store: CellStore, values: Values) -> None:
    numbers, is_read = read_decimals(tags, spans.starts, spans.ends)
    cells = spans.cells[is_read]
    values.states[cells], values.numbers[cells] = State.NUMBER, numbers[is_read]
    _put_other_numbers(tags, spans.where(~is_read), store, values)


def _put_other_numbers(tags: Tags, spans: Spans, store: CellStore, values: Values) -> None:
    if not len(spans.cells):
        return
    texts = spans.texts(tags)
    numbers = _floats(texts)
    if numbers is not None:
        values.states[spans.cells], values.numbers[spans.cells] = State.NUMBER, numbers
        return
    for cell, text in zip(spans.cells.tolist(), texts, strict=True):
        state, number, plain = read_number(text.decode())
        values.states[cell], values.numbers[cell] = state, number
        values.texts[cell] = store.texts.number(plain)


def _floats(texts: list[bytes]) -> Array | None:
    """Return the numbers that texts are, or None where one of them may be none."""
    try:
        numbers = np.array(list(map(float, texts)))
    except ValueError:
        return None
    if not np.isfinite(numbers).all() or b"_" in b"".join(texts):
        return None
    return numbers


def _put_shared(tags: Tags, spans: Spans, store: CellStore, values: Values) -> None:
    if not len(spans.cells):
        return
    texts = spans.texts(tags)
    if not all(map(bytes.isdigit, texts)) or max(map(len, texts)) > _MOST_DIGITS:
        raise StrangeError
    numbers = np.array(list(map(int, texts)), dtype=np.int64)
    if numbers.max() >= store.texts.shared:
        raise StrangeError
    values.states[spans.cells], values.texts[spans.cells] = State.TEXT, numbers


def _in_words(kind: int, text: str) -> tuple[State, str]:
    if kind == _BOOLEAN:
        return State.BOOLEAN, read_boolean(text)
    if kind == _ERROR:
        return State.ERROR, text
    return State.TEXT, plain_text(text)
