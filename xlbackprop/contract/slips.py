"""Slips in a word: the right step, done on sources that were changed first."""

from __future__ import annotations

from collections.abc import Callable
from math import log

from xlbackprop.equation import Array, Slip, Tensor


def altered(
    name: str,
    hint: str,
    compute: Callable[..., Array],
    **changes: Callable[[Array], Array],
) -> Slip:
    """Return the slip that changes some sources, by letter, and then computes what is right."""

    def wrong(**arrays: Array) -> Array:
        return compute(
            **{
                letter: changes[letter](array) if letter in changes else array
                for letter, array in arrays.items()
            }
        )

    return Slip(name, hint, wrong)


def scaled(name: str, hint: str, compute: Callable[..., Array], factor: float) -> Slip:
    """Return the slip whose numbers are the right ones times a factor."""
    return Slip(name, hint, lambda **arrays: factor * compute(**arrays))


def other_logarithms(hint: str, compute: Callable[..., Array]) -> tuple[Slip, ...]:
    """Return the slips that take a logarithm to another base than e; `compute` is proportional."""
    return (
        scaled("logarithm to base 10", f"{hint}: LOG is to base 10.", compute, 1 / log(10)),
        scaled("logarithm to base 2", f"{hint}, which is to base e, not 2.", compute, 1 / log(2)),
    )


def without_upstream(derivative: Callable[..., Array]) -> tuple[Slip, Slip]:
    """Return the slips that forget one of the chain rule's factors; g is the other.

    `derivative(**arrays)` is the layer's own, by the letters of the equation's sources but g.
    """

    def only_own(**arrays: Array) -> Array:
        own = {letter: array for letter, array in arrays.items() if letter != "g"}
        return derivative(**own) + 0 * arrays["g"]

    return (
        Slip(
            "derivative missing",
            "Multiply dL/dout with the layer's own derivative in each cell: you passed dL/dout on"
            " as it is.",
            lambda g, **_: g,
        ),
        Slip(
            "upstream gradient missing",
            "Multiply the derivative with dL/dout of the same cell (the chain rule): yours is the"
            " derivative alone.",
            only_own,
        ),
    )


def derivative_of_gradient(slope: Callable[[Array], Array], right: str) -> Slip:
    """Return the slip that puts dL/dout into the derivative: `slope(out)`, in words `right`."""
    return Slip(
        "derivative taken at the gradient",
        f"Put the output into {right}, and multiply with dL/dout: you put dL/dout into it.",
        lambda g, **_: slope(g),
    )


def misplaced_derivative(
    h: Tensor, slope: Callable[[Array], Array], squash: Callable[[Array], Array], at: str, name: str
) -> tuple[Slip, Slip]:
    """Return the slips that take the derivative at another place than the output.

    `slope(out)` is the derivative, made from the output; `squash(h)` is the layer itself, which
    `name` calls. `at` says what to put into what.
    """
    return (
        Slip(
            "derivative taken at the input",
            f"{at} and the input h has no place there.",
            lambda g, h, **_: g * slope(h),
            {"h": h},
        ),
        Slip(
            "derivative taken at the output",
            f"{at} so do not take the {name} of it once more.",
            lambda g, out: g * slope(squash(out)),
        ),
    )
