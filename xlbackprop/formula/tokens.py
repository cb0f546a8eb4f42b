"""A formula's text in pieces: numbers, texts, references, names, calls, signs.

Knows what stands in files: function names and separators are English, whatever the language of
the program that wrote it, and functions newer than the format have a prefix (`_xlfn.`).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from xlbackprop.formula.addresses import CELLS, SHEET, Address, address_in_formula

# Excel's own limit for a formula; beyond it nothing is read.
LONGEST = 8_192

# Stands for a reference in a skeleton. No file can hold this character.
SLOT = "\1"

_TEXT = r'"[^"]*+(?:""[^"]*+)*+"'
_REFERENCE = rf"(?<![\w.$\\])(?:{SHEET})?{CELLS}(?![\w(.!\\\[])"
# A column of a table, in brackets that may hold brackets.
_STRUCTURED = r"[\w.\\]*\[(?:[^\[\]]|\[[^\[\]]*\])*\](?!\w*[!(])"
_WORD = rf"(?:{SHEET})?[^\W\d][\w.\\?]*"

_TOKEN = re.compile(
    rf"(?P<space>[ \t\r\n]+)"
    rf"|(?P<text>{_TEXT})"
    rf"|(?P<reference>{_REFERENCE}|{SLOT})"
    rf"|(?P<error>(?:{SHEET})?\#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|SPILL!|CALC!))"
    rf"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:E[+-]?[0-9]+)?)"
    rf"|(?P<call>[^\W\d][\w.]*)\("
    rf"|(?P<structured>{_STRUCTURED})"
    rf"|(?P<name>{_WORD})"
    rf"|(?P<sign><=|>=|<>|[-+*/^&=<>%(),;{{}}:])"
    rf"|(?P<unknown>.)",
    re.IGNORECASE | re.DOTALL,
)
# What may hold something that looks like a reference and is none is matched to be passed over.
_PASSED_OR_REFERENCE = re.compile(
    rf"[^\W\d][\w.]*+\(|{_TEXT}|(?P<reference>{_REFERENCE})|{_STRUCTURED}|{_WORD}"
    r"|[\w.\\]+|'[^']*+(?:''[^']*+)*+'?",
    re.IGNORECASE,
)
_RUN = re.compile(r"[0-9]+")


class Token(NamedTuple):
    """A piece of a formula, and where it begins."""

    kind: str  # space, text, reference, error, number, call, structured, name, sign
    text: str  # of a call: the function's name alone
    position: int


def tokens(formula: str) -> Iterator[Token]:
    """Yield the pieces of a formula without its equals sign.

    Raises ValueError, with the position, at what is none, and for a formula that is too long.
    """
    if len(formula) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    for match in _TOKEN.finditer(formula):
        kind = match.lastgroup or "unknown"
        if kind == "unknown":
            raise ValueError(f"not understood at {match.start()}: {formula[match.start() :][:20]}")
        yield Token(kind, match[kind], match.start())


@lru_cache(maxsize=4096)
def names_in(skeleton: str) -> tuple[str, ...]:
    """Return what a skeleton calls by name; after what is not understood there is nothing."""
    found: list[str] = []
    with contextlib.suppress(ValueError):
        found.extend(token.text for token in tokens(skeleton) if token.kind == "name")
    return tuple(found)


def links_elsewhere(formula: str) -> bool:
    """Return whether a formula refers to another workbook."""
    for match in _PASSED_OR_REFERENCE.finditer(formula):
        sheet, mark, _ = match[0].rpartition("!")
        if mark and sheet[:1] != '"' and "[" in sheet:
            return True
    return False


def references_in(formula: str) -> Iterator[tuple[int, str]]:
    """Yield where each reference of a formula begins, and its text."""
    for match in _PASSED_OR_REFERENCE.finditer(formula):
        if match["reference"] and address_in_formula(match[0]) is not None:
            yield match.start(), match[0]


def split(formula: str) -> tuple[str, tuple[Address, ...]]:
    """Return a formula's skeleton, SLOT in place of each reference, and the references in order.

    Formulas that differ in nothing but where they refer to have one skeleton. Raises ValueError
    for a formula that is too long, or holds a SLOT.
    """
    _refuse(formula)
    references: list[Address] = []

    def replace(match: re.Match[str]) -> str:
        address = address_in_formula(match[0]) if match["reference"] else None
        if address is None:
            return match[0]
        references.append(address)
        return SLOT

    return _PASSED_OR_REFERENCE.sub(replace, formula), tuple(references)


@dataclass(frozen=True, slots=True)
class Reading:
    """A formula's skeleton and references, and which runs of digits in it are their rows.

    The runs of the whole text are counted from 0; a reference has the run of its first row and
    that of its last one, or none where it is whole columns.
    """

    skeleton: str
    addresses: tuple[Address, ...]
    row_runs: tuple[tuple[int, int] | None, ...]


def read_references(formula: str) -> Reading:
    """Return a formula's skeleton, as `split` does, and where its rows stand in the text."""
    _refuse(formula)
    parts: list[str] = []
    addresses: list[Address] = []
    row_runs: list[tuple[int, int] | None] = []
    runs = last = 0
    for match in _PASSED_OR_REFERENCE.finditer(formula):
        before, text = formula[last : match.start()], match[0]
        last = match.end()
        runs += len(_RUN.findall(before))
        own = len(_RUN.findall(text))
        address = address_in_formula(text) if match["reference"] else None
        if address is not None:
            in_sheet = len(_RUN.findall(text.rpartition("!")[0])) if "!" in text else 0
            row_runs.append((runs + in_sheet, runs + own - 1) if own > in_sheet else None)
            addresses.append(address)
        parts += [before, text if address is None else SLOT]
        runs += own
    return Reading("".join([*parts, formula[last:]]), tuple(addresses), tuple(row_runs))


def _refuse(formula: str) -> None:
    """Raise ValueError for a formula that is too long, or holds a SLOT."""
    if len(formula) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    if SLOT in formula:
        raise ValueError("a character that no formula holds")
