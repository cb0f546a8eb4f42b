"""Functions that equations may name though spreadsheets have none of the name."""

from __future__ import annotations

from xlbackprop.formula.functions.function import Function

OF_EQUATIONS = (
    Function("", "σ", r"\sigma"),
    Function("", "φ", r"\varphi"),
    Function("", "erf", r"\mathrm{erf}"),
    Function("", "softmax", r"\mathrm{softmax}"),
    Function("", "relu", r"\mathrm{relu}"),
    Function("", "argmax", r"\mathrm{argmax}"),
    Function("", "floor", r"\mathrm{floor}"),
)
