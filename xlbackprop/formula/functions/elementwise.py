"""Functions of a number, entry by entry."""

from __future__ import annotations

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.formula.functions.function import Function


def power(base: Array, exponent: Array) -> Array:
    """Return powers; 0 to the power of 0 is an error to spreadsheets."""
    undefined = np.equal(base, 0) & np.equal(exponent, 0)
    return np.where(undefined, np.nan, np.power(base, exponent))


ELEMENTWISE = (
    Function("ABS", "|", r"\left|%s\right|", each=np.abs),
    Function("SIGN", "sign", r"\mathrm{sign}", each=np.sign),
    Function("EXP", latex=r"\exp", each=np.exp),
    Function("LN", latex=r"\ln", each=np.log),
    Function("LOG10", latex=r"\log_{10}", each=np.log10),
    Function("SQRT", "√", r"\sqrt{%s}", each=np.sqrt),
    Function("POWER", "power", r"\mathrm{power}", each=power),
    Function("TANH", latex=r"\tanh", each=np.tanh),
    Function("PI", "π", r"\pi", each=lambda: np.array(np.pi)),
)
