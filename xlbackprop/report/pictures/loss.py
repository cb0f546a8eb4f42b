"""The losses of a training, step by step."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from xlbackprop.errors import SpecError
from xlbackprop.network.training import OWNER as TRAINING
from xlbackprop.report.pictures.canvas import FAINT, INK, NAME, TEXT, new_figure
from xlbackprop.report.pictures.numbers import Numbers

_SIZE = (6.0, 3.6)  # inches
_FEW = 40  # steps whose points are drawn


def loss(numbers: Numbers) -> Figure:
    """Return the figure of the losses. Raises SpecError where nothing is trained."""
    network = numbers.network
    if not network.training:
        raise SpecError(
            f"{network.spec.name} has no [training]: its loss is one number, and no curve"
        )
    tensor = network.tensors[f"{TRAINING}.L"]
    losses = numbers.read([tensor]).get(tensor.name, np.full(tensor.shape, np.nan)).ravel()
    figure = new_figure(*_SIZE)
    figure.set_label(f"L over the training steps of {network.spec.name}")
    axes = figure.add_axes((0.13, 0.16, 0.84, 0.72))
    axes.plot(
        range(1, losses.size + 1), losses, color="#2C6FAC", linewidth=1.8,
        marker="o" if losses.size <= _FEW else "", markersize=4,
    )  # fmt: skip
    axes.set_title(f"{network.spec.name}: L in each step", fontsize=NAME, color=INK,
                   parse_math=False)  # fmt: skip
    axes.set_xlabel(f"step ({network.training.name})", fontsize=TEXT, color=INK)
    axes.set_ylabel("L", fontsize=TEXT, color=INK)
    axes.tick_params(labelsize=TEXT, colors=FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=True, axis="y", color="#E4E7EB", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure
