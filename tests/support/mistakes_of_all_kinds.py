"""Mistakes of all kinds, each a new content of a cell, made from what belongs there.

A mistake is None where it would be none: nobody sees a changed sign of 0.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from openpyxl.formula.translate import Translator

from xlbackprop.equation import Array

# A change is seen where it is larger than this part of the tensor's largest entry.
SEEN = 0.2


@dataclass(frozen=True)
class Content:
    """What is put into a cell: as openpyxl takes it, or as a text or an error (`data_type`)."""

    value: Any
    data_type: str | None = None
    number_format: str | None = None


@dataclass(frozen=True)
class Spot:
    """A cell in which all is right, and the draws for what is put there instead."""

    address: str
    formula: str
    value: float
    tensor: Array  # the numbers of the whole tensor
    random: np.random.Generator

    @property
    def largest(self) -> float:
        """The tensor's largest entry; 1 where all are 0."""
        return float(np.abs(self.tensor).max()) or 1.0

    @property
    def body(self) -> str:
        """The formula without its equals sign, in brackets."""
        return f"({self.formula.removeprefix('=')})"

    def typed(self, number: float) -> Content | None:
        """Return a number as it is typed, where it is not what belongs there."""
        if abs(number - self.value) <= SEEN * self.largest:
            return None
        return Content(float(f"{number:.4g}"))

    def pick(self, *options: str) -> str:
        """Return one of some texts."""
        return options[int(self.random.integers(len(options)))]


Mistake = Callable[[Spot], Content | None]


def _changed(spot: Spot) -> Content | None:
    away = spot.random.choice([-1, 1]) * spot.random.uniform(0.25, 3)
    return spot.typed(spot.value + away * spot.largest)


def _neighbour(spot: Spot) -> Content | None:
    return spot.typed(float(spot.random.choice(spot.tensor.ravel())))


def _shifted(spot: Spot) -> Content | None:
    down, across = (int(n) for n in spot.random.integers(-1, 2, 2))
    moved = Translator(spot.formula, "E50").translate_formula(f"{'DEF'[across + 1]}{50 + down}")
    return None if moved == spot.formula or "#REF!" in moved else Content(moved)


def _formula(text: str) -> Mistake:
    return lambda spot: Content(text.format(body=spot.body, step=f"{0.3 * spot.largest!r}"))


def _error(spot: Spot) -> Content:
    if spot.random.random() < 0.5:
        return Content(spot.pick("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?"), "e")
    return Content(spot.pick("=1/0", "=NA()", "=#REF!+1", "=SQRT(-1)"))


def _boolean(spot: Spot) -> Content:
    if spot.random.random() < 0.5:
        return Content(bool(spot.random.random() < 0.5))
    return Content(spot.pick("=TRUE", "=1>2", f"={spot.body}>0"))


def _number_as_text(spot: Spot) -> Content:
    number = f"{spot.value:.2f}"
    return Content(spot.pick(number, f" {number}", f"{number}\u00a0", f"{number}\u200b"), "s")


def _dash(spot: Spot) -> Content:
    number = f"{abs(spot.value):.3g}"
    dash = spot.pick("-", "\u2212", "\u2013", "\u2014", "\u2010", "\u2011", "- ", "\uff0d")
    return Content(spot.pick(dash + number, dash), "s")


def _comma(spot: Spot) -> Content:
    texts = f"{spot.value:.2f}".replace(".", ","), f"{1000 * spot.value:,.0f}"
    return Content(spot.pick(*texts), "s")


def _percent(spot: Spot) -> Content:
    return Content(spot.pick(f"{100 * spot.value:.2f}%", f"{100 * spot.value:.0f} %"), "s")


def _date(spot: Spot) -> Content | None:
    day = datetime.datetime(*(int(n) for n in spot.random.integers([1950, 1, 1], [2050, 13, 29])))
    number = (day - datetime.datetime(1899, 12, 30)).days
    if abs(number - spot.value) <= SEEN * spot.largest:
        return None
    return Content(float(number), number_format=spot.pick("d-mmm", "dd.mm.yyyy", "mmm-yy"))


def _text(spot: Spot) -> Content:
    return Content(spot.pick("?", "see above", "x1", "n/a", "1.2.3", "1e", "0,5 or so", "."), "s")


def _time(spot: Spot) -> Content:
    return Content(spot.pick("12:05", "3/4", "1 1/2", "12.05.", "$ 1.5", "1.5e3"), "s")


def _constant(spot: Spot) -> Content:
    return Content(spot.pick("=0*1", "=1", "=2-2"))


def _empty_text(spot: Spot) -> Content:
    return Content(spot.pick("", " ", "\u00a0"), "s")


# For each kind, what it does and what the cell is called for it.
MISTAKES: dict[str, tuple[Mistake, frozenset[str]]] = {
    "changed number": (_changed, frozenset({"wrong"})),
    "wrong sign": (lambda spot: spot.typed(-spot.value), frozenset({"wrong"})),
    "zero": (lambda spot: spot.typed(0.0), frozenset({"wrong"})),
    "one": (lambda spot: spot.typed(1.0), frozenset({"wrong"})),
    "another entry of the tensor": (_neighbour, frozenset({"wrong"})),
    "ten times": (lambda spot: spot.typed(10 * spot.value), frozenset({"wrong"})),
    "point lost": (lambda spot: spot.typed(1000 * spot.value), frozenset({"wrong"})),
    "percent as a number": (lambda spot: spot.typed(100 * spot.value), frozenset({"wrong"})),
    "shifted references": (_shifted, frozenset({"wrong", "invalid"})),
    "formula, a constant added": (_formula("={body}+{step}"), frozenset({"wrong"})),
    "formula, 3 % off": (_formula("={body}*1.03"), frozenset({"wrong"})),
    "formula, times 0": (_formula("={body}*0"), frozenset({"wrong"})),
    "formula, sign changed": (_formula("=-{body}"), frozenset({"wrong"})),
    "formula, absolute value": (_formula("=ABS{body}"), frozenset({"wrong"})),
    "formula, rounded away": (_formula("=ROUND({body},0)"), frozenset({"wrong"})),
    "constant formula": (_constant, frozenset({"wrong"})),
    "empty cell referred to": (lambda _: Content("=ZZ999"), frozenset({"wrong"})),
    "error": (_error, frozenset({"invalid"})),
    "true or false": (_boolean, frozenset({"invalid"})),
    "percent as a text": (_percent, frozenset({"invalid"})),
    "number as a text": (_number_as_text, frozenset({"invalid"})),
    "dash": (_dash, frozenset({"invalid"})),
    "comma": (_comma, frozenset({"invalid"})),
    "fraction, time, money": (_time, frozenset({"invalid"})),
    "text": (_text, frozenset({"invalid"})),
    "formula as a text": (lambda spot: Content(spot.formula, "s"), frozenset({"invalid"})),
    "date": (_date, frozenset({"wrong", "invalid"})),
    "blank": (lambda _: Content(None), frozenset({"blank"})),
    "empty text": (_empty_text, frozenset({"blank"})),
}  # fmt: skip
