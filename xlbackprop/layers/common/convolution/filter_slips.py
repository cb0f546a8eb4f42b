"""The slips that people make with filters, whatever slides over what."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Shape, Slip, Tensor
from xlbackprop.layers.common.windows.planes import turned

Compute = Callable[..., Array]


def bias_slips(compute: Compute) -> Iterator[Slip]:
    """Yield the slips of an output's bias, known as b."""
    yield altered(
        "bias left out",
        "Add the bias b[k] of the output's filter to the finished sum: it is missing in yours.",
        compute,
        b=lambda b: 0 * b,
    )
    yield altered(
        "bias added twice",
        "Add the bias b[k] once for each output, not once more for each channel or window.",
        compute,
        b=lambda b: 2 * b,
    )


def filter_slips(
    compute: Compute, letter: str, shape: Shape, axes: tuple[str, str]
) -> Iterator[Slip]:
    """Yield what is mixed up in filters (first, second, R, S), known under a letter.

    `axes` says what the first two axes are, in words: filters and channels, or the reverse.
    """
    first, second, rows, columns = shape
    if rows == columns > 1:
        yield altered(
            "filter transposed",
            "Take the filter as it stands: its rows run along the window's rows.",
            compute,
            **{letter: lambda w: w.swapaxes(-1, -2)},
        )
    if first == second > 1:
        yield altered(
            "channels and filters swapped",
            "Mind which filter goes with which channel: the page labels each block of w with"
            " both, and you took the two for one another.",
            compute,
            **{letter: lambda w: w.swapaxes(0, 1)},
        )
    for axis, size in ((0, first), (1, second)):
        if size > 1:
            yield altered(
                f"{axes[axis]} swapped",
                f"Use the {axes[axis]} of w in the order of their indices: yours are in the"
                " opposite order.",
                compute,
                **{letter: lambda w, axis=axis: np.flip(w, axis)},
            )


def turned_slip(name: str, hint: str, compute: Compute, letter: str) -> Slip:
    """Return the slip that turns a source's planes by 180 degrees."""
    return altered(name, hint, compute, **{letter: turned})


def without_weights(compute: Compute, letter: str) -> Slip:
    """Return the slip of dL/dh that forgets the weights, known under a letter."""
    return altered(
        "weights missing in dL/dh",
        "Multiply each dL/dout with the weight through which the input reached it before you add"
        " up: the weights are missing.",
        compute,
        **{letter: lambda w: np.where(w == 0, w, 1)},
    )


def gradient_of_b_slips(dL_dw: Tensor, axis: int) -> Iterator[Slip]:
    """Yield what is made of dL/dw for dL/db; `axis` is that of the filters."""
    others = tuple(n for n in range(len(dL_dw.shape)) if n != axis)
    hint = (
        "Sum dL/dout[k] for dL/db[k]: the bias is added to every output of its filter, and has"
        " nothing to do with dL/dw."
    )
    sources = {"dw": dL_dw}
    yield Slip("dL/db as the sum of dL/dw", hint, lambda dw, **_: dw.sum(axis=others), sources)
    yield Slip("dL/db as the mean of dL/dw", hint, lambda dw, **_: dw.mean(axis=others), sources)


def wrong_gradient_slip(dL_dw: Tensor, dL_dh: Tensor) -> Iterator[Slip]:
    """Yield dL/dw put where dL/dh belongs, where one fits into the other's cells."""
    if dL_dw.size == dL_dh.size:
        yield Slip(
            "dL/dw returned as dL/dh",
            "Slide the filter over dL/dout for dL/dh: what you have is dL/dw, in which the input"
            " takes part and not the filter.",
            lambda dw, **_: dw,
            {"dw": dL_dw},
        )
