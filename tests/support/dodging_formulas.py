"""Formulas that are right wherever the page and ordinary numbers look, and wrong elsewhere.

They hide behind thresholds, or know the page's own numbers. That each is wrong somewhere is shown
with IronCalc alone: on large and small numbers, on zeros, and next to the page.
"""

# ruff: noqa: ARG001  (all are made by functions of the same form)

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.support.wrong_formulas import Book, Cell, Formulas, Mutation, Numbers, name_of

TEMPLATES = ["conv5x5x2", "mlp-2-2-2", "two-conv", "optimizers-sgd", "residual-block", "xor"]
_CELL = re.compile(r"(?<![A-Z!':$])(\$?[A-Z]{1,2}\$?\d+)(?![(\d:])")

Dodge = Callable[[str, float, list[tuple[str, float]], np.random.Generator], str | None]


def _clipped(formula: str, value: float, _: object, random: np.random.Generator) -> str | None:
    limit = float(random.choice([50, 100, 1000]))
    return f"=MAX(-{limit:g},MIN({limit:g},{formula}))" if abs(value) < 0.9 * limit else None


def _capped(formula: str, value: float, _: object, random: np.random.Generator) -> str | None:
    """As ReLU6 is for ReLU."""
    limit = float(random.choice([3, 6, 20]))
    return f"=MIN({limit:g},{formula})" if value < 0.9 * limit else None


def _floored(formula: str, value: float, _: object, random: np.random.Generator) -> str | None:
    limit = -float(random.choice([2, 6, 20]))
    return f"=MAX({limit:g},{formula})" if value > 0.9 * limit else None


def _small_is_zero(
    formula: str, value: float, _: object, random: np.random.Generator
) -> str | None:
    least = float(random.choice([0.02, 0.005]))
    return f"=IF(ABS({formula})<{least:g},0,{formula})" if abs(value) > 1.1 * least else None


def _above_a_threshold(
    formula: str, value: float, sources: list[tuple[str, float]], random: np.random.Generator
) -> str | None:
    """IF(h>0.2, formula, 0): right while a source is as it is on the page, or zero."""
    limit = float(random.choice([0.1, 0.2]))
    address, number = sources[random.integers(len(sources))]
    if number > limit:
        return f"=IF(OR({address}>{limit:g},{address}<=0),{formula},0)"
    if number < -limit:
        return f"=IF(OR({address}<-{limit:g},{address}>=0),{formula},0)"
    return None


def _below_a_threshold(
    formula: str, value: float, sources: list[tuple[str, float]], random: np.random.Generator
) -> str | None:
    limit = float(random.choice([10, 40]))
    address, number = sources[random.integers(len(sources))]
    return f"=IF(ABS({address})<{limit:g},{formula},0)" if abs(number) < 0.9 * limit else None


def _knows_the_answer(
    formula: str, value: float, sources: list[tuple[str, float]], random: np.random.Generator
) -> str | None:
    address, number = sources[random.integers(len(sources))]
    return f"=IF(ABS({address}-{number!r})<1E-9,{value!r},{formula})"


def _knows_two_numbers(
    formula: str, value: float, sources: list[tuple[str, float]], random: np.random.Generator
) -> str | None:
    if len(sources) < 3:
        return None
    first, second = random.choice(len(sources), 2, replace=False)
    (a, x), (b, y) = sources[first], sources[second]
    known = f"IF(ABS({b}-{y!r})<1E-9,{value!r},{formula})"
    return f"=IF(ABS({a}-{x!r})<1E-9,{known},{formula})"


DODGES: dict[str, Dodge] = {
    "clipped": _clipped,
    "capped": _capped,
    "floored": _floored,
    "small-is-zero": _small_is_zero,
    "above-a-threshold": _above_a_threshold,
    "below-a-threshold": _below_a_threshold,
    "knows-the-answer": _knows_the_answer,
    "knows-two-numbers": _knows_two_numbers,
}
# These look at any given or parameter, the others at what the formula refers to.
OF_GIVENS = ("knows-the-answer", "knows-two-numbers")


def find_dodges(folder: Path, of_each: int, seed: int) -> list[Mutation]:
    """Return a mutation of each template, with so many dodges of each kind in all of them."""
    random = np.random.default_rng(seed)
    books = [Book(template, folder) for template in TEMPLATES]
    pages = {book.template: book.numbers("any", random) for book in books}
    found: dict[str, Formulas] = {book.template: {} for book in books}
    kinds: dict[str, list[str]] = {book.template: [] for book in books}
    for number, kind in enumerate(DODGES):
        count = turn = 0
        while count < of_each:
            book = books[(number + turn) % len(books)]
            turn += 1
            assert turn < 3_000, kind
            own = found[book.template]
            dodge = _attempt(book, kind, pages[book.template], random)
            if dodge and not dodge.keys() & own.keys():
                count += 1
                own.update(dodge)
                kinds[book.template].append(kind)
    return [
        Mutation(", ".join(kinds[name]), name, pages[name], own, frozenset(own))
        for name, own in found.items()
    ]


def _attempt(book: Book, kind: str, page: Numbers, random: np.random.Generator) -> Formulas | None:
    cell, _ = book.computed[random.integers(len(book.computed))]
    formula = str(book.formula(cell))[1:]
    if kind in OF_GIVENS:
        sources = [(f"{one[0]}!{name_of(one)}", number) for one, number in page.items()]
    else:
        sources = list(_sources(book, cell, formula, page))
    (value,) = book.values(page, {}, [cell])
    if len(sources) < 2 or not isinstance(value, float):
        return None
    text = DODGES[kind](formula, value, sources, random)
    if text is None or book.values(page, {cell: text}, [cell]) != [value]:
        return None
    return {cell: text} if _is_wrong_somewhere(book, cell, text, page, random) else None


def _sources(book: Book, cell: Cell, formula: str, page: Numbers) -> Iterator[tuple[str, float]]:
    """Yield the single cells of its own sheet that a formula refers to, and their numbers."""
    for address in dict.fromkeys(_CELL.findall(formula)):
        letters, row = re.fullmatch(r"\$?([A-Z]+)\$?(\d+)", address).groups()
        column = 0
        for letter in letters:
            column = 26 * column + ord(letter) - 64
        (number,) = book.values(page, {}, [(cell[0], int(row), column)])
        if isinstance(number, float) and number:
            yield address, number


def _is_wrong_somewhere(
    book: Book, cell: Cell, text: str, page: Numbers, random: np.random.Generator
) -> bool:
    """Return whether other numbers, of any size or but for some the page's, show the difference.

    Not once, by chance, but now and then.
    """
    shown = 0
    for turn in range(16):
        size = (1.0, 0.1, 30.0, 200.0)[turn % 4]
        numbers = {
            one: number if one[0] == "training" else size * float(np.round(random.normal(), 3))
            for one, number in page.items()
        }
        if turn % 3 == 0:
            kept = random.random(len(page)) < 0.5
            numbers = {
                one: number if keep else numbers[one]
                for (one, number), keep in zip(page.items(), kept, strict=True)
            }
        (right,) = book.values(numbers, {}, [cell])
        (wrong,) = book.values(numbers, {cell: text}, [cell])
        if isinstance(right, float) and isinstance(wrong, float):
            largest = max(abs(right), abs(wrong))
            shown += abs(right - wrong) > 1e-3 * largest > 1e-7
    return shown >= 2
