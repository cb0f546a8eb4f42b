"""The loss of each training step as a small drawing, of what the workbook has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlbackprop.judge.judgement import Status
from xlbackprop.judge.review import Review

WIDTH, HEIGHT = 640, 220  # the drawing's own units; the page makes it as wide as there is room
LEFT, RIGHT, TOP, BOTTOM = 64, 628, 12, 184
_FEWEST_STEPS = 2
_TICKS = 4  # at most so many lines across, and twice as many steps with their numbers


@dataclass(frozen=True)
class Point:
    """A step's loss in the drawing; `title` says both in words."""

    x: float
    y: float
    title: str
    is_right: bool


@dataclass(frozen=True)
class Tick:
    """A number along an edge, and where it stands."""

    at: float
    text: str


@dataclass(frozen=True)
class LossChart:
    """The points in their order; `description` is for who cannot see them."""

    points: tuple[Point, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    description: str

    @property
    def line(self) -> str:
        """The points as a polyline has them."""
        return " ".join(f"{point.x:g},{point.y:g}" for point in self.points)


def loss_chart(review: Review) -> LossChart | None:
    """Return the chart of a training; None where there is none, or no two of its losses are."""
    names = [step.loss.L.name for step in review.network.steps] if review.network else []
    losses = [
        (step, float(review.found[name].numbers), _is_right(review, name))
        for step, name in enumerate(names, start=1)
        if name in review.found and np.isfinite(review.found[name].numbers)
    ]
    if len(losses) < _FEWEST_STEPS:
        return None
    first, last = losses[0][0], losses[-1][0]
    numbers = [loss for _, loss, _ in losses]
    up = _round_numbers(min(0.0, *numbers), max(0.0, *numbers))
    bottom, top = up[0], up[-1]
    points = tuple(
        Point(
            round(LEFT + (RIGHT - LEFT) * (step - first) / (last - first), 1),
            _height(loss, bottom, top),
            f"step {step}: {loss:.6g}{'' if is_right else ', not right'}",
            is_right,
        )
        for step, loss, is_right in losses
    )
    every = -(-len(losses) // (2 * _TICKS))
    across = [Tick(points[at].x, str(losses[at][0])) for at in range(0, len(losses), every)]
    ups = tuple(Tick(_height(one, bottom, top), f"{one:.4g}") for one in up)
    return LossChart(points, tuple(across), ups, _description(losses))


def _is_right(review: Review, name: str) -> bool:
    judgement = review.judgements.get(name)
    return judgement is None or bool((judgement.statuses == Status.RIGHT).all())


def _height(loss: float, bottom: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * (loss - bottom) / (top - bottom), 1)


def _round_numbers(low: float, high: float) -> list[float]:
    """Return some round numbers from just below the lowest to just above the highest."""
    least = max(high - low, 1e-300) / _TICKS
    power = 10.0 ** np.floor(np.log10(least))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= least * 0.999)
    start, end = int(np.floor(low / step)), int(np.ceil(high / step * 0.9999))
    return [number * step for number in range(start, max(end, start + 1) + 1)]


def _description(losses: Sequence[tuple[int, float, bool]]) -> str:
    (first, begins, _), *_, (last, ends, _) = losses
    least_step, least, _ = min(losses, key=lambda one: one[1])
    wrong = sum(not is_right for _, _, is_right in losses)
    told = f"From {begins:.4g} in step {first} to {ends:.4g} in step {last}"
    if least_step not in (first, last):
        told += f", with the least, {least:.4g}, in step {least_step}"
    return told + (f". Not right in {wrong} of {len(losses)} steps." if wrong else ".")
