"""Computed tensors of which a page shows a part, or a multiple: -dL/dx, as deltas are.

What is on the page goes by the tensor's own name, and is judged. What follows from it takes the
whole, which is made of what is on the page again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlbackprop.equation import Array, Equation, Index, Mask, Math, Tensor
from xlbackprop.errors import MapError, shown
from xlbackprop.find.mapping.map import Placement
from xlbackprop.formula.grid import Addresses
from xlbackprop.network import Network

_PAGE = "shown"  # the letter for what is on the page, where the whole is made of it
Part = tuple[slice, ...]


@dataclass(frozen=True)
class _Shown:
    """What a page has of a tensor: a part, times a factor."""

    page: Tensor
    whole: Tensor
    part: Part
    factor: float

    @property
    def is_part(self) -> bool:
        return self.page.shape != self.whole.shape

    def of(self, array: Array) -> Array:
        """Return what of a whole array is on the page."""
        return self.factor * array[self.part]

    def within(self, page: Array, array: Array) -> Array:
        """Return a whole array in which there is what is on the page."""
        whole = np.array(array, dtype=np.float64)
        whole[self.part] = page / self.factor
        return whole

    def index(self, index: Index) -> Index:
        """Return the index in the whole of an entry on the page."""
        return tuple(at + one.start for at, one in zip(index, self.part, strict=True))


def with_shown(
    network: Network, tensor: Tensor, placement: Placement, *, in_all_steps: bool
) -> Network:
    """Return the network in which a tensor is what the page has of it, in all steps or in its own.

    Raises MapError for a part or a factor of what is not computed, and for a part that is none.
    """
    if not placement.part and placement.factor == 1:
        return network
    if not tensor.kind.is_computed:
        what = "part" if placement.part else "factor"
        raise MapError(f"{what}: it is given, and has to be there whole and as it is")
    chosen = {
        one.name: _shown(one, placement)
        for one in network.tensors.values()
        if one is tensor or (in_all_steps and one.first_name == tensor.first_name)
    }
    wholes = {name: one.whole for name, one in chosen.items()}
    equations = [
        each
        for equation in network.equations
        for each in _equations(_renamed(equation, wholes), chosen.get(equation.target.name))
    ]
    tensors = {equation.target.name: equation.target for equation in equations}
    inputs = {tensor.name: tensor for tensor in network.inputs}
    return replace(network, tensors={**inputs, **tensors}, equations=tuple(equations))


def _shown(tensor: Tensor, placement: Placement) -> _Shown:
    part = _part(tensor, placement.part)
    page = replace(tensor, shape=tuple(one.stop - one.start for one in part))
    name = "whole" if placement.part else "plain"
    whole = replace(tensor, short=f"{tensor.short}_{name}", symbol=tensor.title)
    return _Shown(page, whole, part, placement.factor)


def _part(tensor: Tensor, text: str) -> Part:
    """Return the slices of a part: `0:2, :`, a row `1, :` or one entry `1, 0`."""
    whole = tuple(slice(0, size) for size in tensor.shape)
    if not text:
        return whole
    texts = text.split(",")
    axes = [_slice(*one) for one in zip(texts, tensor.shape, strict=False)]
    found = tuple(one for one in axes if one)
    if len(found) < len(texts):
        sizes = ", ".join(f"0:{size}" for size in tensor.shape)
        raise MapError(
            f"part = {shown(text)}: expected an index or a range of indices for each axis, from 0;"
            f" the whole is {shown(sizes)}"
        )
    return (*found, *whole[len(found) :])


def _slice(text: str, size: int) -> slice | None:
    first, colon, last = (one.strip() for one in text.partition(":"))
    if not all(one.isdecimal() and len(one) < 9 for one in (first, last) if one):
        return None
    if not colon and not first:
        return None
    start = int(first or 0)
    stop = (int(last) if last else size) if colon else start + 1
    return slice(start, stop) if start < stop <= size else None


def _renamed(equation: Equation, wholes: Mapping[str, Tensor]) -> Equation:
    """Return an equation that takes the whole of what the page shows a part or a multiple of."""

    def new(sources: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {letter: wholes.get(one.name, one) for letter, one in sources.items()}

    slips = tuple(replace(slip, sources=new(slip.sources)) for slip in equation.slips)
    return replace(equation, sources=new(equation.sources), slips=slips)


def _equations(equation: Equation, one: _Shown | None) -> list[Equation]:
    """Return the equations of what is on the page and of the whole, or the equation itself."""
    return [equation] if one is None else [_of_page(equation, one), _of_whole(equation, one)]


def _of_page(equation: Equation, one: _Shown) -> Equation:
    def seen(compute: Callable[..., Array]) -> Callable[..., Array]:
        return lambda **arrays: one.of(np.reshape(compute(**arrays), one.whole.shape))

    def formula(at: Addresses, *index: int) -> str | float:
        found = equation.formula(at, *one.index(index))
        if one.factor == 1:
            return found
        return f"{one.factor:g}*({found})" if isinstance(found, str) else one.factor * found

    def accepts(found: Array, tolerance: Array, **arrays: Array) -> Mask:
        right = np.reshape(equation.compute(**arrays), one.whole.shape)
        near = np.zeros(right.shape)
        near[one.part] = tolerance / abs(one.factor)
        accepted = equation.accepts(one.within(found, right), near, **arrays)  # type: ignore[misc]
        return np.asarray(accepted[one.part])

    return replace(
        equation,
        target=one.page,
        compute=seen(equation.compute),
        formula=formula,
        math=_times(equation.math, one.factor),
        slips=tuple(replace(slip, compute=seen(slip.compute)) for slip in equation.slips),
        accepts=accepts if equation.accepts is not None else None,
    )


def _of_whole(equation: Equation, one: _Shown) -> Equation:
    """Return the equation of the whole, made of what is on the page and of the right rest."""

    def compute(**arrays: Array) -> Array:
        page = arrays.pop(_PAGE)
        right = equation.compute(**arrays) if one.is_part else page / one.factor
        return one.within(page, np.reshape(right, one.whole.shape))

    def formula(at: Addresses, *index: int) -> str | float:
        inside = tuple(i - part.start for i, part in zip(index, one.part, strict=True))
        if all(0 <= i < size for i, size in zip(inside, one.page.shape, strict=True)):
            cell = getattr(at, _PAGE)[inside]
            return str(cell) if one.factor == 1 else f"{cell}/{one.factor:g}"
        return equation.formula(at, *index)

    sources = {_PAGE: one.page, **(equation.sources if one.is_part else {})}
    rest = " and the rest that follows" if one.is_part else ""
    divisor = "" if one.factor == 1 else f" / {one.factor:g}"
    text = equation.math.text.partition(" = ")[0]
    math = Math(f"{text} = {text}{divisor}", why=f"What is on the page{rest}.")
    return Equation(one.whole, sources, compute, formula, math)


def _times(math: Math, factor: float) -> Math:
    if factor == 1:
        return math
    left, _, right = math.text.partition(" = ")
    return replace(math, text=f"{left} = {factor:g} · ({right})", full="")
