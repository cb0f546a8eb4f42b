"""Fresh numbers for the givens and parameters, such that a wrong formula gives itself away."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from xlbackprop.equation import Array, Kind, Mask, Tensor
from xlbackprop.judge.prove.manners import (
    NEAR_ONE,
    ORDINARY,
    PARTS,
    PLAN,
    Keeps,
    Manner,
    Signs,
    manner_of,
)

_DIGITS = 5
# With so few inputs each can be changed by itself, the others as on the page.
_FEW_INPUTS = sum(manner.keeps is Keeps.TENSORS for manner in PLAN)
# Of so many, any two are told apart by halves.
_MOST_HALVED = 2 ** (_FEW_INPUTS // 2)


def draw_row(inputs: Sequence[Tensor], page: Array, number: int, seed: int) -> Array:
    """Return a draw's numbers for all inputs, one tensor after the other.

    `page` has those that stand on the page. The draw depends on the seed, its number, the
    tensors' names and, where it keeps some of them, those on the page.
    """
    manner = manner_of(number)
    if not inputs:
        return page
    drawn = np.concatenate([draw(tensor, number, seed, manner).ravel() for tensor in inputs])
    if manner.keeps is Keeps.NONE:
        return drawn
    return np.where(_kept(inputs, number, seed), page, drawn)


def draw(tensor: Tensor, number: int, seed: int, manner: Manner = ORDINARY) -> Array:
    """Return random numbers for a given or a parameter, of its shape and in its domain."""
    random = np.random.default_rng([seed, number, zlib.crc32(tensor.name.encode())])
    allowed = _in_domain(tensor, random)
    if allowed is not None:
        return allowed
    if manner.sizes is None:
        return np.asarray(random.choice([-1.0, 0.0, 0.0, 0.5, 1.0], tensor.shape))
    if manner.signs is Signs.MIRRORED:
        before = draw(tensor, number - 1, seed, replace(manner, signs=Signs.MIXED))
        return _rounded(_mirrored(before, manner))
    signs = _signs(tensor, manner.signs, random)
    return _rounded(_sizes(tensor, manner, random) * signs)


def _in_domain(tensor: Tensor, random: np.random.Generator) -> Array | None:
    """Return numbers for a tensor that not every number is allowed for; None for all others."""
    domain = tensor.domain
    of_few = domain.drawn(random, tensor.shape)
    if of_few is not None:
        return of_few
    if domain.drawn_from is not None:
        return _rounded(random.uniform(*domain.drawn_from, tensor.shape))
    if domain.soft:
        return _rounded(random.uniform(0.05, 0.95, tensor.shape))
    if domain.keep is not None:
        return random.integers(0, 2, tensor.shape).astype(np.float64)
    return None


def _sizes(tensor: Tensor, manner: Manner, random: np.random.Generator) -> Array:
    least, most = manner.sizes or NEAR_ONE
    if manner.sizes == NEAR_ONE:
        return random.uniform(least, most, tensor.shape) * _scale(tensor)
    # As many of each order of magnitude: there is no telling where a threshold is.
    return np.exp(random.uniform(np.log(least), np.log(most), tensor.shape))


def _signs(tensor: Tensor, signs: Signs, random: np.random.Generator) -> Array | float:
    match signs:
        case Signs.POSITIVE:
            return 1.0
        case Signs.NEGATIVE_PARAMETERS:
            return -1.0 if tensor.kind is Kind.PARAMETER else 1.0
    return np.asarray(random.choice([-1.0, 1.0], tensor.shape))


def _mirrored(numbers: Array, manner: Manner) -> Array:
    """Return numbers of the opposite sign, small ones where those are large."""
    least, most = manner.sizes or NEAR_ONE
    return -least * most / numbers


def _rounded(numbers: Array | float) -> Array:
    """Return numbers that can be typed as they are shown, and still are all different."""
    array = np.asarray(numbers, dtype=np.float64)
    with np.errstate(divide="ignore"):
        decimals = _DIGITS - 1 - np.floor(np.log10(np.abs(array)))
    units = 10.0 ** np.where(np.isfinite(decimals), decimals, 0)
    return np.asarray(np.round(array * units) / units)


def _scale(tensor: Tensor) -> float:
    """Return what keeps sums of products with a parameter as large as its factors."""
    fan_in = prod(tensor.shape[1:]) if tensor.kind is Kind.PARAMETER else 1
    return float(max(fan_in, 1) ** -0.5)


def _kept(inputs: Sequence[Tensor], number: int, seed: int) -> Mask:
    """Return which numbers a draw leaves as they are."""
    if manner_of(number).keeps is Keeps.ENTRIES:
        return np.concatenate([_entries(tensor, number, seed).ravel() for tensor in inputs])
    return np.repeat(_tensors(len(inputs), number, seed), [tensor.size for tensor in inputs])


def _tensors(count: int, number: int, seed: int) -> Mask:
    """Return which tensors are kept: all but one, or one half of them and then the other."""
    part, again, numbers = manner_of(number).part, number // len(PLAN), np.arange(count)
    if count <= _FEW_INPUTS:
        return np.asarray(numbers != (part + again) % count)
    if not again and count <= _MOST_HALVED:
        first = (numbers >> (part // 2)) % 2 == 0
    else:
        first = np.random.default_rng([seed, number - part % 2, count]).random(count) < 0.5
    return np.asarray(first ^ bool(part % 2))


def _entries(tensor: Tensor, number: int, seed: int) -> Mask:
    """Return which entries are kept: neighbours are changed in different draws."""
    part, name = manner_of(number).part, zlib.crc32(tensor.name.encode())
    if number >= len(PLAN):
        random = np.random.default_rng([seed, number, name, 2])
        return np.asarray(random.integers(0, PARTS, tensor.shape) != 0)
    diagonals = np.indices(tensor.shape).sum(axis=0)
    return np.asarray((diagonals + name) % PARTS != part)
