"""The idea: a network is a list of equations, each of which defines one tensor."""

from xlbackprop.equation.equation import (
    Array,
    Domain,
    Equation,
    Index,
    Kind,
    Mask,
    Math,
    Place,
    Shape,
    Slip,
    Tensor,
)

__all__ = [
    "Array",
    "Domain",
    "Equation",
    "Index",
    "Kind",
    "Mask",
    "Math",
    "Place",
    "Shape",
    "Slip",
    "Tensor",
]
