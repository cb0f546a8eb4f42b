"""What stands below a layer's bands: why its equations are so, a line or two for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from textwrap import wrap

from xlbackprop.equation import Equation, Tensor

BAND = "WHY"
FEWEST_COLUMNS = 12  # what a page has at least, on paper

# How wide the font runs, in characters of the standard font.
_CHARACTER = 0.78


def reason_lines(
    tensors: Iterable[Tensor],
    equations: Mapping[str, Equation],
    without_chain: Collection[str],
    room: float,
) -> list[str]:
    """Return the lines, which have room for so many characters of the standard font.

    What has the same reason is named together. Of the tensors `without_chain` in their title, the
    chain rule stands here, too. Later training steps have the reasons of the first.
    """
    names: dict[str, dict[str, None]] = {}
    chains: dict[str, None] = {}
    for tensor in tensors:
        # What later steps have repeats the first two.
        equation = equations.get(tensor.name) if tensor.step <= 2 else None
        if equation and equation.math.why:
            names.setdefault(equation.math.why, {})[tensor.title] = None
        if equation and equation.math.chain and tensor.name in without_chain:
            chains[f"{tensor.title} = {equation.math.chain}"] = None
    texts = [*chains, *(f"{', '.join(own)}: {why}" for why, own in names.items())]
    return [
        line
        for text in texts
        for line in wrap(text, int(room / _CHARACTER), subsequent_indent="    ")
    ]
