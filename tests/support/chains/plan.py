"""What a person decides before writing a chain of layers on a sheet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tests.support.peoples_sheets import slips

NOT_UPDATED = "weight not updated"
SLIPS = (
    slips.ANOTHER_UNIT, slips.NO_DERIVATIVE, slips.ONE_PATH, slips.TIMES, slips.SIGN,
    slips.ONE_ROW, slips.RATE, slips.OTHER_INPUT, slips.TRANSPOSED, slips.FACTOR,
    slips.OTHER_GRADIENT, slips.PLUS, slips.OF_NET, slips.SWAPPED, NOT_UPDATED,
)  # fmt: skip
ROWS, PAGES, COLUMN = "rows", "pages", "column"
STYLES = ("words", "letters", "greek", "german", "code", "short", "")
NONE, DELTAS, ALL = "none", "deltas", "all"


@dataclass(frozen=True)
class Plan:
    """A network, and how its sheet looks."""

    arrangement: str = ROWS
    sizes: tuple[int, ...] = (2, 2, 2)  # inputs, and the units of each dense layer
    activations: tuple[str, ...] = ("sigmoid", "sigmoid")  # of the dense layers, "" for none
    loss: str = "half_sse"  # half_sse, mse or cross_entropy
    has_bias: bool = True
    is_conv: bool = False  # conv, activation and pool before the dense layers
    image: int = 5
    channels: int = 1
    filters: int = 1
    kernel: int = 2
    conv_activation: str = "relu"
    pool: str = "max_pool2d"
    intermediate: str = ALL  # which gradients stand on the page besides those of parameters
    style: str = "words"
    steps: int = 1
    is_across: bool = False  # a column for each step
    sample: str = "retyped"  # retyped, own or above
    is_trained: bool = False  # the spec tells the training
    has_updates: bool = True  # blocks: the new weights stand on the page
    weights_last: bool = False
    is_upright: bool = False  # vectors are columns
    batch: int = 0
    has_functions: bool = True  # SUMPRODUCT, where two rectangles lie alike
    has_gaps: bool = False
    rate: float = 0.5

    @property
    def dense(self):
        """The names of the dense layers."""
        return [f"dense{at}" for at in range(1, len(self.sizes))]

    @property
    def of_dense(self):
        """The name of the activation behind each dense layer, None where there is none."""
        counts = Counter([self.conv_activation] if self.is_conv else [])
        names = []
        for kind in self.activations:
            counts[kind] += 1
            names.append(f"{kind}{counts[kind]}" if kind else None)
        return names

    @property
    def of_pool(self):
        """The name of the pool."""
        return "pool1" if self.pool == "max_pool2d" else "avgpool1"

    @property
    def spec(self):
        """The network's spec, as TOML."""
        image = [self.channels, self.image, self.image] if self.is_conv else [self.sizes[0]]
        lines = ['name = "chain"', f"input = {image}"]
        lines += [f"batch = {self.batch}"] * bool(self.batch)
        lines += self._conv() if self.is_conv else []
        bias = "" if self.has_bias else "bias = false\n"
        for units, kind in zip(self.sizes[1:], self.activations, strict=True):
            lines.append(f'[[layers]]\ntype = "dense"\nunits = {units}\n{bias}')
            lines += [f'[[layers]]\ntype = "{kind}"'] * bool(kind)
        lines.append(f'[loss]\ntype = "{self.loss}"')
        lines += ['target = "probabilities"'] * (self.loss == "cross_entropy")
        if self.is_trained:
            lines.append(f'[training]\noptimizer = "sgd"\nlr = {self.rate}\nsteps = {self.steps}')
            lines += ['data = "each step"'] * (self.sample == "own")
        return "\n".join(lines) + "\n"

    def _conv(self):
        return [
            f'[[layers]]\ntype = "conv2d"\nfilters = {self.filters}\nkernel = {self.kernel}',
            f'[[layers]]\ntype = "{self.conv_activation}"',
            f'[[layers]]\ntype = "{self.pool}"\nkernel = 2',
            '[[layers]]\ntype = "flatten"',
        ]


def drawn_plan(seed):
    """Return the plan of a seed: arrangements and styles take turns, the rest is drawn."""
    rng = np.random.default_rng([seed, 17])

    def one_of(*choices):
        return choices[rng.integers(len(choices))]

    arrangement = (ROWS, PAGES, COLUMN)[seed % 3]
    layers = int(rng.integers(1, 4))
    is_rows = arrangement == ROWS
    is_conv = not is_rows and one_of(False, False, True)
    sizes = [one_of(2, 2, 3, 4), *(one_of(2, 2, 3) for _ in range(layers - 1)), one_of(1, 2, 2, 3)]
    activations = [one_of("sigmoid", "sigmoid", "tanh", "relu") for _ in range(layers)]
    loss = one_of("half_sse", "half_sse", "mse", "cross_entropy")
    if loss == "cross_entropy":
        activations[-1], sizes[-1] = "", max(2, sizes[-1])
    elif rng.integers(2):
        activations[-1] = one_of("sigmoid", "")
    kernel = one_of(2, 3)
    conv = {"image": kernel - 1 + one_of(2, 4), "channels": one_of(1, 1, 2),
            "filters": one_of(1, 2), "kernel": kernel,
            "conv_activation": one_of("relu", "sigmoid"),
            "pool": one_of("max_pool2d", "avg_pool2d")}  # fmt: skip
    if is_conv:
        maps = (conv["image"] - conv["kernel"] + 1) // 2
        sizes, activations = [conv["filters"] * maps**2, sizes[-1]], activations[-1:]
    batch = 0 if is_rows or is_conv else one_of(0, 0, 2, 4)
    return Plan(
        arrangement,
        tuple(sizes),
        tuple(activations),
        loss,
        has_bias=is_conv or one_of(True, True, False),
        is_conv=is_conv,
        **conv,
        intermediate=one_of(NONE, DELTAS, ALL),
        style=STYLES[seed // 3 % len(STYLES)],
        steps=one_of(3, 6, 30, 60) if is_rows else 1,
        is_across=is_rows and one_of(False, False, True),
        sample=one_of("retyped", "own", "above"),
        is_trained=one_of(False, True),
        has_updates=one_of(False, True),
        weights_last=one_of(False, True),
        is_upright=not batch and one_of(False, True),
        batch=batch,
        has_functions=one_of(False, True),
        has_gaps=one_of(False, True),
        rate=one_of(0.1, 0.5, 0.05),
    )
