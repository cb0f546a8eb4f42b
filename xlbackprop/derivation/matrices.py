"""Tensors with their numbers in LaTeX: a matrix for each block, written as a page would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlbackprop.derivation.derive import size_of
from xlbackprop.equation import Array, Tensor
from xlbackprop.formula.grid import block_size
from xlbackprop.notation import name_to_latex, prose
from xlbackprop.notation.numbers import number_writer

# What is larger fills pages that nobody reads; amsmath's matrices have so many columns.
MOST_ENTRIES = 150
MOST_COLUMNS = 10


@dataclass(frozen=True)
class Numbers:
    """The numbers of a worked example, and the tensors that are given in it."""

    arrays: Mapping[str, Array]
    given: tuple[Tensor, ...]


def matrices(tensor: Tensor, numbers: Numbers, *, delta: bool) -> str:
    """Return a paragraph with the numbers of a tensor, or one that says that there are too many."""
    height, width = block_size(tensor)
    if tensor.size > MOST_ENTRIES or width > MOST_COLUMNS:
        name = name_to_latex(tensor.title, flat=True, delta=delta)
        return rf"${name}$: {prose(f'{size_of(tensor)}, {tensor.size:,} numbers')}, not printed"
    blocks = _blocks(tensor, numbers.arrays[tensor.name], (height, width), delta=delta)
    shown = " ".join(rf"\mbox{{\fit{{{block}}}}}\quad" for block in blocks)
    return rf"{{\lineskip=4pt\lineskiplimit=4pt {shown}\par}}"


def _blocks(tensor: Tensor, array: Array, size: tuple[int, int], *, delta: bool) -> Iterator[str]:
    write = number_writer(array)
    for index in tensor.block_indices():
        block = np.asarray(array[index]).reshape(size)
        rows = [" & ".join(_number(write(float(one))) for one in row) for row in block]
        body = r" \\ ".join(rows)
        value = rf"\begin{{bmatrix}} {body} \end{{bmatrix}}" if tensor.block_shape else body
        name = name_to_latex(tensor.title, ",".join(map(str, index)), delta=delta)
        yield f"{name} = {value}"


def _number(text: str) -> str:
    digits, mark, exponent = text.replace("\N{MINUS SIGN}", "-").partition("e")
    return digits + (rf" \cdot 10^{{{int(exponent)}}}" if mark else "")
