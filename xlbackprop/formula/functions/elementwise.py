"""Functions of numbers, entry by entry."""

from __future__ import annotations

from math import erfc

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Function, Singly
from xlbackprop.formula.functions.unknown import unless_unknown
from xlbackprop.formula.functions.values import (
    DIV,
    NUM,
    Failed,
    NotKnown,
    Operand,
    Value,
    each,
    finite,
    number,
)
from xlbackprop.formula.tree import Expression

# Excel counts 15 digits: 2.675 is rounded to 2.68, though the number is a little less.
_DIGITS = 15
_MOST_DIGITS = (-300, 20)

_erfc = np.vectorize(erfc, otypes=[np.float64])


def power(base: Array, exponent: Array) -> Array:
    """Return powers; 0 to the power of 0 is an error to spreadsheets."""
    result = np.power(base, exponent)
    undefined = np.equal(base, 0) & np.equal(exponent, 0)
    return unless_unknown(np.where(undefined, np.nan, result), base, exponent)


def _logarithm(of: Array | float, base: Array | float = 10.0) -> Array:
    result = np.divide(np.log(of), np.where(np.greater(base, 0), np.log(base), np.nan))
    # Powers of the base are exact: LOG(8,2) is 3.
    whole = np.round(result)
    return np.where(np.power(base, whole) == of, whole, result)


def power_slopes(base: Array, exponent: Array) -> tuple[Array, Array]:
    """Return the derivatives of a power by its base and by its exponent."""
    return exponent * np.power(base, exponent - 1), np.power(base, exponent) * np.log(base)


def _logarithm_slopes(of: Array, *bases: Array) -> tuple[Array, ...]:
    logarithm = np.log(bases[0] if bases else 10.0)
    by_base = (-np.log(of) / (base * logarithm**2) for base in bases)
    return (1 / (of * logarithm), *by_base)


def flat(*values: Array) -> tuple[Array, ...]:
    """Return the derivatives of what changes in jumps only."""
    return tuple(np.zeros_like(value) for value in values)


def powered(left: Value, right: Value) -> Value:
    """Return a power of single values. Raises Failed, or NotKnown."""
    base, exponent = number(left), number(right)
    if base == 0 and exponent <= 0:
        raise Failed(NUM if exponent == 0 else DIV)
    if base < 0 and exponent != np.trunc(exponent):
        raise NotKnown("a root of a negative number")  # some are odd, and have a value
    with np.errstate(all="ignore"):
        return finite(float(np.power(base, exponent)))


def _power_singly(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    return each(powered, *map(singly.operand, arguments))


def _logarithm_singly(singly: Singly, arguments: tuple[Expression, ...]) -> Operand:
    return each(_logarithm_of, *map(singly.operand, arguments))


def _logarithm_of(value: Value, base: Value = 10.0) -> Value:
    numbers = number(value), number(base)
    if numbers[0] > 0 and numbers[1] == 1:
        raise Failed(DIV)
    with np.errstate(all="ignore"):
        return finite(float(_logarithm(*numbers)))


def _normal_share(of: Array) -> Array:
    return np.asarray(0.5 * _erfc(-of / np.sqrt(2)))


def _density(of: Array) -> Array:
    return np.asarray(np.exp(-of * of / 2) / np.sqrt(2 * np.pi))


def _rounded(of: Array, digits: Array | float = 0.0) -> Array:
    """Return numbers rounded half away from zero."""
    scale = np.power(10.0, np.clip(np.trunc(digits), *_MOST_DIGITS))
    scaled = np.abs(of) * scale
    whole = np.floor(scaled)
    # What is half but for the last bits counts as half.
    is_half = np.abs(scaled - whole - 0.5) <= scaled * 10.0 ** (1 - _DIGITS)
    result = np.where(is_half, whole + 1, np.round(scaled)) / scale
    return unless_unknown(np.sign(of) * result, of, scale)


def _remainder(of: Array, divisor: Array) -> Array:
    return np.subtract(of, divisor * np.floor(np.divide(of, divisor)))


def _remainder_slopes(of: Array, divisor: Array) -> tuple[Array, Array]:
    return np.ones_like(of), -np.floor(of / divisor)


ELEMENTWISE = (
    Function("ABS", "|", r"\left|%s\right|", each=np.abs, slopes=lambda x: (np.sign(x),)),
    Function("SIGN", latex=r"\mathrm{sign}", each=np.sign, slopes=flat),
    Function("EXP", latex=r"\exp", each=np.exp, slopes=lambda x: (np.exp(x),)),
    Function("LN", latex=r"\ln", each=np.log, slopes=lambda x: (1 / x,)),
    Function(
        "LOG",
        latex=r"\log",
        arguments=(1, 2),
        each=_logarithm,
        slopes=_logarithm_slopes,
        singly=_logarithm_singly,
    ),
    Function("LOG10", latex=r"\log_{10}", each=np.log10, slopes=_logarithm_slopes),
    Function("SQRT", "√", r"\sqrt{%s}", each=np.sqrt, slopes=lambda x: (0.5 / np.sqrt(x),)),
    Function("POWER", arguments=(2, 2), each=power, slopes=power_slopes, singly=_power_singly),
    Function("TANH", latex=r"\tanh", each=np.tanh, slopes=lambda x: (1 - np.tanh(x) ** 2,)),
    Function("SINH", latex=r"\sinh", each=np.sinh, slopes=lambda x: (np.cosh(x),)),
    Function("COSH", latex=r"\cosh", each=np.cosh, slopes=lambda x: (np.sinh(x),)),
    Function("NORMSDIST", "Φ", r"\Phi", each=_normal_share, slopes=lambda x: (_density(x),)),
    Function("SIN", latex=r"\sin", each=np.sin, slopes=lambda x: (np.cos(x),)),
    Function("COS", latex=r"\cos", each=np.cos, slopes=lambda x: (-np.sin(x),)),
    Function("ROUND", arguments=(2, 2), each=_rounded, slopes=flat),
    Function("INT", each=np.floor, slopes=flat),
    Function("MOD", arguments=(2, 2), each=_remainder, slopes=_remainder_slopes, error=DIV),
    Function("PI", "π", r"\pi", arguments=(0, 0), each=lambda: np.array(np.pi), slopes=flat),
)
