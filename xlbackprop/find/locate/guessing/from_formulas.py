"""The chain of dense layers that a sheet's own formulas lead through, from its L back to inputs.

No layout is asked: what each formula refers to says which weights, inputs and nets there are. Loss
and activations are tried on all draws, so that nothing is taken for one that computes otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tomli_w

from xlbackprop.equation import Array, Mask
from xlbackprop.find.gradients.findings import Findings
from xlbackprop.formula.sheets.plane import OUTSIDE

_MOST_LAYERS, _MOST_CELLS = 12, 400
_LEAST_DRAWS = 3

Layer = dict[str, object]


def chain_of(findings: Findings) -> str | None:
    """Return the spec of the chain that leads to the first L, as TOML; None where there is none."""
    if findings.assumed or not findings.losses:
        return None
    with np.errstate(all="ignore"):
        return _Walk(findings).text(findings.losses[0])


class _Walk:
    """The formulas before L, walked backwards a layer at a time."""

    def __init__(self, findings: Findings) -> None:
        self._graph, self._numbers = findings.graph, findings.board.numbers
        self._is_typed: Mask = (self._graph.owner < 0) | self._graph.is_constant
        self._is_typed[findings.given] = True  # the weights of a later step are given, too

    def text(self, loss: int) -> str | None:
        """Return the spec of the chain before a loss."""
        outputs, targets = self._ends(loss)
        kind = self._loss(loss, outputs, targets) if len(outputs) == len(targets) > 0 else ""
        cells = self._nets_of_softmax(outputs) if kind == "cross_entropy" else outputs
        layers: list[Layer] = []
        while kind and cells and len(layers) < _MOST_LAYERS:
            activation = self._activation(cells)
            if activation:
                layers.append({"type": activation})
                cells = [self._made_of(cell)[0] for cell in cells]
            layer, inputs, before = self._dense(cells)
            if not inputs:
                return None
            layers.append(layer)
            if not before:
                of_loss = {"target": "probabilities"} if kind == "cross_entropy" else {}
                head = {"name": "guess", "input": [inputs], "layers": layers[::-1]}
                return tomli_w.dumps({**head, "loss": {"type": kind, **of_loss}})
            cells = before
        return None

    def _made_of(self, cell: int) -> list[int]:
        """Return what a cell's formula refers to, each once, and copies as what they copy."""
        found = (int(self._graph.copied[one]) for one in self._graph.references(cell))
        return list(dict.fromkeys(one for one in found if one != OUTSIDE))

    def _parted(self, cell: int) -> tuple[list[int], list[int]]:
        """Return the typed cells and the computed ones to which a formula refers."""
        every = self._made_of(cell)
        return [one for one in every if self._is_typed[one]], [
            one for one in every if not self._is_typed[one]
        ]

    def _ends(self, loss: int) -> tuple[list[int], list[int]]:
        """Return the outputs and the targets, of errors that are summed one by one, too."""
        outputs, targets, open_to = list[int](), list[int](), [loss]
        while open_to and len(outputs) < _MOST_CELLS:
            typed, computed = self._parted(open_to.pop(0))
            if typed:
                outputs += [one for one in computed if one not in outputs]
                targets += [one for one in typed if one not in targets]
            else:
                open_to += computed
        return outputs, targets

    def _loss(self, loss: int, outputs: Sequence[int], targets: Sequence[int]) -> str:
        out, target, own = self._numbers[outputs], self._numbers[targets], self._numbers[loss]
        found = (kind for kind, of in _LOSSES.items() if _is_same(of(out, target), own))
        return next(found, "")

    def _nets_of_softmax(self, outputs: Sequence[int]) -> list[int]:
        """Return the nets whose softmax some outputs are, in their order."""
        nets = self._made_of(outputs[0])
        powers = np.exp(self._numbers[nets])
        shares = powers / powers.sum(axis=0)
        found = []
        for output in outputs:
            same = [net for net, own in zip(nets, shares, strict=True)
                    if _is_same(own, self._numbers[output])]  # fmt: skip
            found += same[:1]
        return found if len(set(found)) == len(outputs) == len(nets) else []

    def _activation(self, cells: Sequence[int]) -> str:
        """Return the activation that all cells are of one net each; nothing for none."""
        made_of = [self._made_of(cell) for cell in cells]
        if any(len(one) != 1 or self._is_typed[one[0]] for one in made_of):
            return ""
        nets, own = self._numbers[[one[0] for one in made_of]], self._numbers[list(cells)]
        return next((kind for kind, of in _ACTIVATIONS.items() if _is_same(of(nets), own)), "")

    def _dense(self, cells: Sequence[int]) -> tuple[Layer, int, list[int]]:
        """Return a dense layer, the number of its inputs, 0 for none, and what is computed of them.

        Each unit has as many weights as inputs, and one more for a bias, which units may share.
        """
        parts = [self._parted(cell) for cell in cells]
        typed, before = parts[0]
        if any(len(own) != len(typed) or {*computed} != {*before} for own, computed in parts):
            return {}, 0, []
        inputs, odd = (len(before), len(typed) - len(before)) if before else divmod(len(typed), 2)
        layer: Layer = {"type": "dense", "units": len(cells), "bias": bool(odd)}
        return (layer, inputs, before) if odd in (0, 1) else ({}, 0, [])


def _is_same(one: Array, other: Array) -> bool:
    """Return whether numbers are the same in the draws in which both are known."""
    known = np.isfinite(one) & np.isfinite(other)
    if known.reshape(-1, known.shape[-1]).all(axis=0).sum() < _LEAST_DRAWS:
        return False
    return bool(np.allclose(one[known], other[known], rtol=1e-9, atol=1e-12))


def _sigmoid(net: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-net)))


def _relu(net: Array) -> Array:
    return np.maximum(net, 0.0)


_ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid, "tanh": np.tanh, "relu": _relu,
}  # fmt: skip
_LOSSES: Mapping[str, Callable[[Array, Array], Array]] = {
    "half_sse": lambda out, target: 0.5 * ((out - target) ** 2).sum(axis=0),
    "mse": lambda out, target: ((out - target) ** 2).mean(axis=0),
    "cross_entropy": lambda out, target: -(target * np.log(out)).sum(axis=0),
}
