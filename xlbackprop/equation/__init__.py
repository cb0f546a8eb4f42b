"""The idea: a network is a list of equations, each of which defines one tensor."""

from xlbackprop.equation.equation import Equation, Math, Mistake, Slip
from xlbackprop.equation.tensor import (
    Array,
    Domain,
    Index,
    Kind,
    Mask,
    Place,
    Role,
    Shape,
    Tensor,
    owner_in_step,
)

__all__ = [
    "Array",
    "Domain",
    "Equation",
    "Index",
    "Kind",
    "Mask",
    "Math",
    "Mistake",
    "Place",
    "Role",
    "Shape",
    "Slip",
    "Tensor",
    "owner_in_step",
]
