"""Formulas as people write them, each with the number it comes to: text and value side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SUM, _PRODUCT, _POWER, _SINGLE = 1, 2, 3, 4


@dataclass(frozen=True, eq=False)
class Term:
    """A part of a formula; `value` is a number, or a matrix where the text is a rectangle."""

    text: str
    value: object
    binds: int = _SINGLE

    def __add__(self, other):
        return _joined(self, "+", other, np.add, _SUM)

    def __radd__(self, other):
        return _term(other) + self

    def __sub__(self, other):
        return _joined(self, "-", other, np.subtract, _SUM, is_strict=True)

    def __rsub__(self, other):
        return _term(other) - self

    def __mul__(self, other):
        return _joined(self, "*", other, np.multiply, _PRODUCT)

    def __rmul__(self, other):
        return _term(other) * self

    def __truediv__(self, other):
        return _joined(self, "/", other, np.divide, _PRODUCT, is_strict=True)

    def __rtruediv__(self, other):
        return _term(other) / self

    def __pow__(self, other):
        return _joined(self, "^", other, np.power, _POWER, is_strict=True)

    def __neg__(self):
        # The sign stands first, and so may have been taken for the sum's.
        text = self.text if self.binds > _PRODUCT else f"({self.text})"
        return Term(f"-{text}", np.negative(self.value), _PRODUCT)


def _term(value):
    return value if isinstance(value, Term) else Term(f"{value:g}", float(value))


def _joined(left, sign, right, apply, binds, *, is_strict=False):
    right = _term(right)
    first = left.text if left.binds >= binds and not _starts_with_sign(left, binds) else None
    second = right.text if right.binds >= binds + is_strict else None
    if right.text.startswith("-"):
        second = None
    texts = (first or f"({left.text})", second or f"({right.text})")
    return Term(sign.join(texts), apply(left.value, right.value), binds)


def _starts_with_sign(term, binds):
    return binds >= _POWER and term.text.startswith("-")


def call(name, apply, *parts):
    """Return a function's call."""
    parts = [_term(part) for part in parts]
    text = f"{name}({','.join(part.text for part in parts)})"
    return Term(text, apply(*(part.value for part in parts)))


def exp(part):
    """Return EXP of a term."""
    return call("EXP", np.exp, part)


def ln(part):
    """Return LN of a term."""
    return call("LN", np.log, part)


def tanh(part):
    """Return TANH of a term."""
    return call("TANH", np.tanh, part)


def positive(part):
    """Return MAX(0,part)."""
    return call("MAX", np.maximum, 0, part)


def positive_in_array(part):
    """Return what MAX(0,part) is not in an array formula: entry by entry."""
    return Term(f"({part.text}>0)*{part.text}", np.where(part.value > 0, part.value, 0.0), _PRODUCT)


def is_positive(part):
    """Return IF(part>0,1,0)."""
    return Term(f"IF({part.text}>0,1,0)", np.where(part.value > 0, 1.0, 0.0))


def is_positive_in_array(part):
    """Return a mask as an array formula writes it."""
    return Term(f"({part.text}>0)", np.where(part.value > 0, 1.0, 0.0))


def total(part):
    """Return SUM of a rectangle."""
    return call("SUM", np.sum, part)


def products(*parts):
    """Return SUMPRODUCT of rectangles of one size."""
    return call("SUMPRODUCT", lambda *values: float(np.prod(values, axis=0).sum()), *parts)


def product(left, right):
    """Return MMULT of two rectangles."""
    return call("MMULT", np.matmul, left, right)


def turned(part):
    """Return TRANSPOSE of a rectangle."""
    return call("TRANSPOSE", np.transpose, part)


def added(parts):
    """Return the sum of several terms, written with plus signs."""
    first, *others = parts
    for one in others:
        first = first + one
    return first
