"""Slips in a word: the right step, done on sources that were changed first."""

from __future__ import annotations

from collections.abc import Callable

from xlbackprop.equation import Array, Slip


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
