"""Gradients gather at the tensor: what comes back from all of its uses adds up.

One use is a link; several are linked copies beside a sum of them, each a block that one sees; and
where nothing uses a tensor, its gradient is zero. So it is for an output that several layers take,
for parameters that several layers share, and for the network's input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.contract.scope import Scope
from xlbackprop.equation import Array, Equation, Kind, Math, Place, Slip, Tensor


@dataclass(frozen=True)
class Use:
    """Where a tensor is used, and the gradient that comes back from there."""

    user: str  # a layer's name
    gradient: Tensor


@dataclass(frozen=True)
class Words:
    """How the page speaks of a tensor and its uses."""

    why: str
    hint: str  # "Add up …", with the number of the uses where it has %d
    first_only: str  # the slips' names
    last_only: str
    mean: str
    one_missing: str = ""


OUTPUT = Words(
    why="The output is used more than once: what comes back from all its uses adds up.",
    hint="Add up what comes back from all %d uses of the output",
    first_only="only the first branch",
    last_only="only the last branch",
    mean="mean over the branches for their sum",
)
INPUT = Words(
    why="The network's input is used more than once: what comes back from all its uses adds up.",
    hint="Add up what comes back from all %d uses of the network's input",
    first_only=OUTPUT.first_only,
    last_only=OUTPUT.last_only,
    mean=OUTPUT.mean,
)
PARAMETER = Words(
    why="Several layers share the parameter: each use has a part in L, and their gradients add up.",
    hint="Add up the gradients from all %d uses of the parameter",
    first_only="gradient from one use only",
    last_only="gradient from the last use only",
    mean="mean over the uses for their sum",
    one_missing="gradient of one use missing",
)


def gathered(scope: Scope, target: Tensor, uses: Sequence[Use], words: Words) -> Iterator[Equation]:
    """Yield the equations of a tensor's gradient; the last one defines `target`.

    `scope` is that of the layer on whose page the target stands; a gradient that stands there
    already is taken as it is.
    """
    if not uses:
        yield _zero(target)
    elif len(uses) == 1:
        yield link(target, uses[0].gradient)
    else:
        parts = []
        for number, use in enumerate(uses):
            if use.gradient.layer == scope.layer:
                parts.append(use.gradient)
            else:
                copy = _copy(scope, target, number, use)
                parts.append(copy.target)
                yield copy
        yield _sum(target, parts, words)


def link(target: Tensor, source: Tensor) -> Equation:
    """Return the equation of a tensor that shows another one's cells."""
    return Equation(
        target,
        {"x": source},
        compute=lambda x: x,
        formula=lambda at, *index: at.x[index],
        math=Math(f"{target.title} = {source.name}"),
    )


def _zero(target: Tensor) -> Equation:
    index = ",".join(target.axes)
    return Equation(
        target,
        {},
        compute=lambda: np.zeros(target.shape),
        formula=lambda at, *index: 0,  # noqa: ARG005
        math=Math(
            f"{target.title}[{index}] = 0" if index else f"{target.title} = 0",
            why="Nothing uses this output, so L does not change with it.",
        ),
    )


def _copy(scope: Scope, target: Tensor, number: int, use: Use) -> Equation:
    short, about = f"{target.short}_{number}", f"from {use.user}"
    return link(scope.beside(target, short, Kind.LINK, about, Place.BESIDE), use.gradient)


def _sum(target: Tensor, parts: Sequence[Tensor], words: Words) -> Equation:
    sources = {f"part{number}": part for number, part in enumerate(parts)}
    index = f"[{','.join(target.axes)}]" if target.axes else ""
    return Equation(
        target,
        sources,
        compute=lambda **arrays: sum(arrays.values()),
        formula=lambda at, *index: "+".join(getattr(at, letter)[index] for letter in sources),
        math=Math(
            f"{target.title}{index} = " + " + ".join(part.title for part in parts),
            full=f"{target.title}{index} = " + " + ".join(f"{part.title}{index}" for part in parts),
            why=words.why,
        ),
        slips=tuple(_slips_of_sum([part.title for part in parts], words)),
    )


def _slips_of_sum(parts: Sequence[str], words: Words) -> Iterator[Slip]:
    number = len(parts)
    hint = words.hint % number

    def only(position: int) -> Callable[..., Array]:
        return lambda **arrays: list(arrays.values())[position]

    def without(position: int) -> Callable[..., Array]:
        return lambda **arrays: sum(arrays.values()) - list(arrays.values())[position]

    yield Slip(words.first_only, f"{hint}: yours has the first only.", only(0))
    yield Slip(words.last_only, f"{hint}: yours has the last only.", only(-1))
    yield Slip(
        words.mean,
        f"{hint}, and do not divide by {number}.",
        lambda **arrays: np.mean(list(arrays.values()), axis=0),
    )
    for position, part in enumerate(parts) if number > 2 and words.one_missing else ():
        yield Slip(words.one_missing, f"{hint}: {part} is missing.", without(position))
