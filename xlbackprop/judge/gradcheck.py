"""Gradients against central differences: (L(x + ε) - L(x - ε)) / 2ε for each entry of a tensor.

Where the two are not near, one may still be no mistake: L may have a kink between x - ε and x + ε,
as relu and max have, it may curve too much for such an ε, or its difference may drown in
rounding. Which of these it is, is found by trying a smaller ε, and each side alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from xlbackprop.equation import Array, Equation, Index, Tensor
from xlbackprop.errors import SpecError, WorkbookError, shown, suggestion
from xlbackprop.find.subject import find_subject
from xlbackprop.network import Network, build_network
from xlbackprop.network.gradients import gradients_of
from xlbackprop.network.values import choose_values
from xlbackprop.progress import each
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import is_spec, load_spec
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, read_tensors
from xlbackprop.workbook.read.workbook import open_workbook

EPSILON = 1e-5
NEAR = 1e-5  # how near a right gradient is to the difference, relative to the larger of both
_SMALLER = 16  # times
# A few units of the last place, for each of the numbers that L is made of.
_ROUNDING = 64 * np.finfo(float).eps


@dataclass(frozen=True)
class Checked:
    """One entry: its slope by differences, by the network's equations, and in the workbook.

    `yours` is None where there is no workbook, or no number in the cell. `reason` says why the
    numeric slope is off where that is no mistake, else it is empty; `accepted` are the slopes
    that are right at a kink, from the least to the largest.
    """

    tensor: str
    index: Index
    numeric: float
    analytic: float
    yours: float | None
    reason: str = ""
    accepted: tuple[float, float] | None = None

    @property
    def error(self) -> float:
        """How far the numeric slope is from the analytic one, relative to the larger of both."""
        return _relative(self.numeric, self.analytic)

    @property
    def agrees(self) -> bool:
        """Whether numeric and analytic slope are near, or there is a reason why not."""
        return self.error <= NEAR or bool(self.reason)

    @property
    def is_right(self) -> bool:
        """Whether yours is right, where there is one."""
        if self.yours is None:
            return True
        low, high = self.accepted or (self.analytic, self.analytic)
        near = NEAR * max(abs(low), abs(high), abs(self.yours))
        return low - near <= self.yours <= high + near

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON says of it; `reason` only where there is one."""
        own: dict[str, Any] = {
            "tensor": self.tensor,
            "index": list(self.index),
            "numeric": self.numeric if isfinite(self.numeric) else None,
            "analytic": self.analytic if isfinite(self.analytic) else None,
            "yours": self.yours,
        }
        return {**own, "reason": self.reason} if self.reason else own


def gradcheck(
    source: Spec | str | Path, tensor: str | None = None, *, epsilon: float = EPSILON
) -> list[Checked]:
    """Return each entry's slope of L by central differences, beside its gradient.

    `source` is a spec, a template's name, or a path of a spec or a workbook, whose numbers are
    those that it was saved with. `tensor` is the name of a tensor or of its gradient; without it
    these are all inputs and parameters. Raises SpecError or WorkbookError where one of them cannot
    be used.
    """
    if not 0 < epsilon < 1:
        raise SpecError(f"epsilon = {epsilon:g}: expected a number between 0 and 1")
    found: Mapping[str, Found] = {}
    if is_spec(source):
        network = build_network(source if isinstance(source, Spec) else load_spec(source))
        values = choose_values(network)
    else:
        network, values, found = _opened(Path(str(source)))
    pairs = _chosen(network, tensor)
    arrays = network.evaluate(values)
    return [
        one
        for name in each("nudging every entry", list(pairs))
        for one in _of_tensor(network, arrays, name, found.get(pairs[name]), epsilon)
    ]


def _opened(path: Path) -> tuple[Network, dict[str, Array], dict[str, Found]]:
    with as_xlsx(path, DEFAULT_LIMITS) as file, open_workbook(file, path) as opened:
        subject = find_subject(opened)
        network = subject.network
        names = {tensor.name for tensor in network.inputs} | set(gradients_of(network).values())
        tensors = {name: network.tensors[name] for name in names}
        found = read_tensors(opened, tensors, {name: subject.places[name] for name in names})
    return network, {t.name: _numbers(found[t.name]) for t in network.inputs}, dict(found)


def _numbers(found: Found) -> Array:
    missing = np.argwhere(found.states != State.NUMBER)
    if missing.size:
        sheet, cell = found.places.at(tuple(map(int, missing[0])))
        raise WorkbookError(f"{sheet}!{cell} ({found.tensor.name}) holds no number: fill it in")
    return np.ascontiguousarray(found.numbers)


def _chosen(network: Network, tensor: str | None) -> dict[str, str]:
    pairs = gradients_of(network)
    if tensor is None:
        leaves = {one.name for one in network.inputs}
        return {name: gradient for name, gradient in pairs.items() if name in leaves}
    chosen = {name: own for name, own in pairs.items() if tensor in (name, own)}
    if not chosen:
        near = suggestion(tensor, [*pairs, *pairs.values()])
        raise SpecError(f"there is no tensor {shown(tensor)} with a gradient{near}")
    return chosen


def _of_tensor(
    network: Network, arrays: Mapping[str, Array], name: str, found: Found | None, epsilon: float
) -> Iterator[Checked]:
    tensor = network.tensors[name]
    loss = Loss(network, arrays, tensor)
    gradient = arrays[gradients_of(network)[name]]
    for index in np.ndindex(*tensor.shape):
        analytic = float(gradient[index])
        numeric = loss.slope(index, epsilon)
        yours = None
        if found is not None and found.states[index] == State.NUMBER:
            yours = float(found.numbers[index])
        reason, accepted = "", None
        if _relative(numeric, analytic) > NEAR:
            reason, accepted = loss.reason(index, analytic, numeric, epsilon)
        yield Checked(name, index, numeric, analytic, yours, reason, accepted)


class Loss:
    """L as a function of one entry of one tensor; what does not follow from it is kept."""

    def __init__(self, network: Network, arrays: Mapping[str, Array], tensor: Tensor) -> None:
        self._arrays, self._name = arrays, tensor.name
        self._target = network.steps[tensor.step - 1].loss.L.name
        self._equations = _between(network, tensor.name, self._target)

    def at(self, index: Index, change: float) -> float:
        """Return L where the entry is larger by `change`."""
        moved = self._arrays[self._name].astype(np.float64)
        moved[index] += change
        arrays = {**self._arrays, self._name: moved}
        for equation in self._equations:
            arrays[equation.target.name] = equation.evaluate(arrays)
        return float(arrays[self._target])

    def slope(self, index: Index, epsilon: float) -> float:
        """Return the slope by central differences."""
        return (self.at(index, epsilon) - self.at(index, -epsilon)) / (2 * epsilon)

    def sides(self, index: Index, epsilon: float) -> tuple[float, float]:
        """Return the slope on the left and that on the right."""
        here = self.at(index, 0)
        left, right = self.at(index, -epsilon), self.at(index, epsilon)
        return (here - left) / epsilon, (right - here) / epsilon

    def reason(
        self, index: Index, analytic: float, numeric: float, epsilon: float
    ) -> tuple[str, tuple[float, float] | None]:
        """Return why the difference is not near the gradient, empty where the gradient is wrong.

        With it come the slopes that are right, where these are more than one.
        """
        largest = max(abs(self.at(index, change)) for change in (-epsilon, 0, epsilon))
        doubt = _ROUNDING * largest / epsilon
        if abs(numeric - analytic) <= doubt:
            return f"cancellation: L is {largest:.3g}, and its last digits decide here", None
        left, right = sorted(self.sides(index, epsilon))
        smaller = epsilon / _SMALLER
        near_left, near_right = sorted(self.sides(index, smaller))
        jump = near_right - near_left
        # A curve's two sides come nearer with epsilon, those of a kink do not.
        is_kink = jump > 0.5 * (right - left) and jump > 2 * doubt * _SMALLER
        if is_kink:
            told = f"kink: L's slope is {near_left:.4g} on one side, {near_right:.4g} on the other"
            if near_left - doubt * _SMALLER <= analytic <= near_right + doubt * _SMALLER:
                return told, (near_left, near_right)
            # Where several ties meet, what the rules for each give need not lie between the two.
            return f"{told}; several meet here", None
        return self._with_smaller(index, analytic, numeric, epsilon), None

    def _with_smaller(self, index: Index, analytic: float, numeric: float, epsilon: float) -> str:
        """Return what a smaller epsilon tells, or an empty text."""
        off = abs(numeric - analytic)
        for smaller in (epsilon / _SMALLER, epsilon / _SMALLER**2):
            doubt = _ROUNDING * abs(self.at(index, 0)) / smaller
            if abs(self.slope(index, smaller) - analytic) <= NEAR * abs(analytic) + doubt:
                half, quarter = (
                    abs(self.slope(index, part) - analytic) / off
                    for part in (epsilon / 2, epsilon / 4)
                )
                # Of a curve, a quarter and a sixteenth are left.
                if half > 0.4 or quarter < 0.02:
                    return f"kink: there is one within epsilon; with {smaller:.2g} both agree"
                return f"curvature: epsilon is too large; with {smaller:.2g} both agree"
        return ""


def _between(network: Network, name: str, target: str) -> list[Equation]:
    """Return the equations on the way from a tensor to another, in their order."""
    reached = {name}
    following = []
    for equation in network.equations:
        sources = {source.name for source in equation.sources.values()}
        if equation.target.name != name and not reached.isdisjoint(sources):
            reached.add(equation.target.name)
            following.append(equation)
    needed, kept = {target}, []
    for equation in reversed(following):
        if equation.target.name in needed:
            needed.update(source.name for source in equation.sources.values())
            kept.append(equation)
    return kept[::-1]


def _relative(one: float, other: float) -> float:
    largest = max(abs(one), abs(other))
    return abs(one - other) / largest if largest else 0.0
