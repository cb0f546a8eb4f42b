"""Tensors of many steps said in few words: `dense1.dL_dw in steps 2 to 68`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_OF_STEP = re.compile(r"step(\d+)\.(.+)")
_FEW = 2  # so many steps are named as their tensors are


def named_by_steps(names: Iterable[str]) -> str:
    """Return tensors' names, those of several steps once with the steps in which they are."""
    steps: dict[str, list[int]] = {}
    for name in names:
        found = _OF_STEP.fullmatch(name)
        step, base = (int(found[1]), found[2]) if found else (1, name)
        steps.setdefault(base, []).append(step)
    together: dict[tuple[int, ...], list[str]] = {}
    for base, own in steps.items():
        together.setdefault(tuple(own), []).append(base)
    return ", ".join(_said(own, bases) for own, bases in together.items())


def _said(steps: tuple[int, ...], bases: list[str]) -> str:
    if len(steps) <= _FEW:
        one_by_one = [
            f"step{step}.{base}" if step > 1 else base for base in bases for step in steps
        ]
        return ", ".join(one_by_one)
    return f"{', '.join(bases)} in steps {' and '.join(_runs(sorted(steps)))}"


def _runs(steps: list[int]) -> Iterator[str]:
    """Yield runs of successive steps: `2 to 68`."""
    first = last = steps[0]
    for step in [*steps[1:], -1]:
        if step != last + 1:
            yield f"{first}" if first == last else f"{first} to {last}"
            first = step
        last = step
