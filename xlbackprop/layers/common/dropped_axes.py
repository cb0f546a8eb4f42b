"""Equations of planes for what has fewer axes: the axes of size 1 are left out everywhere.

A row is a plane of height 1, so conv1d is conv2d without the axis of rows, and global pooling is
pooling with a single window, whose output has no planes at all. Nothing is computed in another way:
arrays get back their axes of size 1 before `compute`, and addresses lose those indices after
`formula` has made them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xlbackprop.contract.layer import LayerEquations, Port, Scope
from xlbackprop.equation import Array, Equation, Mask, Math, Shape, Slip, Tensor
from xlbackprop.errors import SpecError

# The letters with which equations count rows: of the output, of the filter, of the input.
_ROWS = "iau"


@dataclass(frozen=True)
class NamedByOwner(Scope):
    """The scope of a layer that another one is made from: refusals show the layer's own options."""

    options: object = None

    def refuse(self, key: str, value: object, why: str) -> SpecError:
        """Return the error that says why an option of the layer itself cannot work here."""
        return Scope.refuse(self, key, getattr(self.options, key, value), why)


def scope_for(options: object, scope: Scope) -> Scope:
    """Return a layer's scope for the layer that it is made from, which has other options."""
    return NamedByOwner(scope.layer, scope.has_batch, scope.step, scope.in_row, options=options)


@dataclass(frozen=True)
class DroppedAxes:
    """Which of the last axes are left out: `dropped(tensor)` says how many, of size 1.

    One is the axis of rows, last but one; two are the two last.
    """

    dropped: Callable[[Tensor], int]

    def layer(self, part: LayerEquations) -> LayerEquations:
        """Return a layer's ports and equations without the axes."""
        return replace(
            part,
            inputs=self._ports(part.inputs),
            outputs=self._ports(part.outputs),
            parameters=self._ports(part.parameters),
            forward=tuple(map(self._equation, part.forward)),
            backward=tuple(map(self._equation, part.backward)),
            emphasis=(),  # its conditions count rows, which are not there
        )

    def _ports(self, ports: Iterable[Port]) -> tuple[Port, ...]:
        return tuple(
            Port(self._tensor(port.tensor), self._tensor(port.gradient), port.flows)
            for port in ports
        )

    def _tensor(self, tensor: Tensor) -> Tensor:
        number = self.dropped(tensor)
        shape, axes = without(tensor.shape, number), without(tensor.axes, number)
        return replace(tensor, shape=shape, axes=axes)

    def _sources(self, sources: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {letter: self._tensor(tensor) for letter, tensor in sources.items()}

    def _equation(self, equation: Equation) -> Equation:
        target, shapes = self._tensor(equation.target), _shapes(equation.sources)
        dropped = {
            letter: (len(tensor.shape), self.dropped(tensor))
            for letter, tensor in {**equation.sources, "here": equation.target}.items()
        }
        number = self.dropped(equation.target)

        def formula(at: Any, *index: int) -> str | float:
            return equation.formula(_Addresses(at, dropped), *_with(index, number))

        return Equation(
            target,
            self._sources(equation.sources),
            _on_planes(equation.compute, shapes, target.shape),
            formula,
            self._math(equation.math),
            tuple(self._slip(slip, shapes, target.shape) for slip in equation.slips),
            self._accepts(equation, shapes, target.shape),
            equation.tie_rule,
        )

    def _accepts(
        self, equation: Equation, shapes: Mapping[str, Shape], shape: Shape
    ) -> Callable[..., Mask] | None:
        if equation.accepts is None:
            return None
        own = dict.fromkeys(("found", "tolerance"), equation.target.shape)
        on_planes = _on_planes(equation.accepts, {**shapes, **own}, shape)

        def accepts(found: Array, tolerance: Array, **arrays: Array) -> Mask:
            return np.asarray(on_planes(found=found, tolerance=tolerance, **arrays))

        return accepts

    def _slip(self, slip: Slip, shapes: Mapping[str, Shape], shape: Shape) -> Slip:
        compute = _on_planes(slip.compute, {**shapes, **_shapes(slip.sources)}, shape)
        return replace(slip, compute=compute, sources=self._sources(slip.sources))

    def _math(self, math: Math) -> Math:
        return replace(math, text=without_rows(math.text), full=without_rows(math.full))


def without_rows(text: str) -> str:
    """Return an equation's line of text without the indices that count rows."""
    text = re.sub(r"\[([^\[\]]*)\]", lambda found: f"[{_kept(found[1])}]", text)
    return re.sub(
        r"(Σ|max)\(([^():]*)(?=[:)])", lambda found: f"{found[1]}({_kept(found[2])}", text
    )


def _kept(indices: str) -> str:
    one_by_one = indices.split(",")
    return ",".join(one for one in one_by_one if not _counts_rows(one))


def _counts_rows(index: str) -> bool:
    return re.search(rf"(?<![a-z])[{_ROWS}](?![a-z])", index) is not None


@dataclass(frozen=True)
class _Addresses:
    """What a formula of planes calls `at`, where the tensors have fewer axes."""

    at: Any
    dropped: Mapping[str, tuple[int, int]]  # a source's axes as planes, and how many go

    def __getattr__(self, letter: str) -> _View:
        return _View(getattr(self.at, letter), *self.dropped[letter])


@dataclass(frozen=True)
class _View:
    view: Any
    axes: int
    dropped: int

    @property
    def is_row(self) -> bool:
        """Whether it stands in one row, with all of a training step."""
        return bool(self.view.is_row)

    def __getitem__(self, key: Any) -> Any:
        key = key if isinstance(key, tuple) else (key,)
        if self.dropped:  # of a whole plane, what is left of it
            key = without((*key, *[slice(None)] * (self.axes - len(key))), self.dropped)
        return self.view[key]


def without(items: tuple[Any, ...], number: int) -> tuple[Any, ...]:
    """Return a shape, or indices, without the axis of rows (1), or both axes of planes (2)."""
    return items if not number else items[:-2] if number == 2 else (*items[:-2], items[-1])


def _with(index: tuple[int, ...], number: int) -> tuple[int, ...]:
    return index if not number else (*index, 0, 0) if number == 2 else (*index[:-1], 0, index[-1])


def _shapes(tensors: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {letter: tensor.shape for letter, tensor in tensors.items()}


def _on_planes(
    compute: Callable[..., Any], shapes: Mapping[str, Shape], shape: Shape
) -> Callable[..., Array]:
    """Return what computes on arrays that have their axes back, and leaves them out again."""

    def computed(**arrays: Array) -> Any:
        planes = {letter: array.reshape(shapes[letter]) for letter, array in arrays.items()}
        return compute(**planes).reshape(shape)

    return computed
