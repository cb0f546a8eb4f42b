"""What a person decides before writing a sheet with a row, or a column, for each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Plan:
    """A network of two layers, and how its sheet looks."""

    sizes: tuple[int, int, int] = (2, 2, 2)  # inputs, hidden units, outputs
    activation: str = "sigmoid"  # of the hidden units
    output: str = "sigmoid"  # sigmoid, tanh, linear or softmax
    loss: str = "half"  # half, mean or cross-entropy
    biases: str = "none"  # none, own or shared
    has_deltas: bool = False
    is_delta_rule: bool = False
    sample: str = "retyped"  # retyped, own or above
    steps: int = 30
    is_across: bool = False  # a column for each step
    weights_last: bool = False
    is_grouped: bool = False  # h1 h2 a_h1 a_h2 instead of h1 a_h1 h2 a_h2
    language: str = "en"
    label_rows: int = 1  # 0: no labels
    has_gaps: bool = False
    rate: float = 0.5

    @property
    def kind(self):
        """A word for what tells the sheet from others."""
        inputs, hidden, outputs = self.sizes
        rule = "delta rule" if self.is_delta_rule else "gradients"
        return f"{'columns' if self.is_across else 'rows'} {inputs}-{hidden}-{outputs} {rule}"


def drawn_plan(rng, **fixed):
    """Return a plan as a person might have it; some of it may be fixed."""

    def one_of(*choices):
        return choices[rng.integers(len(choices))]

    activation = one_of("sigmoid", "sigmoid", "tanh", "relu")
    loss, output = one_of(
        ("half", one_of("sigmoid", "tanh", "linear")),
        ("half", "sigmoid"),
        ("mean", one_of("sigmoid", "linear")),
        ("cross-entropy", "softmax"),
    )
    choices = {
        "sizes": one_of((2, 2, 2), (2, 2, 2), (2, 3, 1), (3, 2, 2)),
        "activation": activation,
        "output": output,
        "loss": loss,
        "biases": one_of("none", "own", "shared"),
        "has_deltas": one_of(False, True),
        "sample": one_of("retyped", "own", "above"),
        "steps": int(rng.integers(30, 91)),
        "is_across": one_of(False, False, True),
        "weights_last": one_of(False, True),
        "is_grouped": one_of(False, True),
        "language": one_of("en", "en", "de", "greek"),
        "label_rows": one_of(1, 1, 2),
        "has_gaps": one_of(False, True),
        "rate": one_of(0.1, 0.5, 1.0),
    } | fixed
    if choices["sizes"][2] == 1 and choices["output"] == "softmax":
        choices |= {"output": "sigmoid", "loss": "half"}
    return Plan(**choices)


def drawn_numbers(rng, plan):
    """Return weights, inputs and targets: as typed, with few digits."""
    inputs, hidden, outputs = plan.sizes
    samples = plan.steps if plan.sample == "own" else 1

    def typed(*size):
        numbers = np.round(rng.uniform(-0.95, 0.95, size), 2)
        return np.where(np.abs(numbers) < 0.05, 0.15, numbers)

    if plan.loss == "cross-entropy":
        target = np.eye(outputs)[rng.integers(0, outputs, samples)]
    else:
        target = np.round(rng.uniform(0.05, 0.95, (samples, outputs)), 2)
    biases = {"none": (), "own": (hidden, outputs), "shared": (1, 1)}[plan.biases]
    return {
        "x": typed(samples, inputs),
        "t": target,
        "W1": typed(hidden, inputs),
        "W2": typed(outputs, hidden),
        **{f"b{at}": typed(size) for at, size in enumerate(biases, 1)},
    }
