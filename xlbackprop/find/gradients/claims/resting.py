"""Whether a cell is made of a right gradient: then it is a mean or a momentum, and no mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.differentiation.flow import OWN_SHEET
from xlbackprop.find.gradients.loss.losses import Choice

_MOST_FOLLOWED = 200


def rests_on_right(
    choice: Choice, cell: int, meant: Iterable[int], typed: Mapping[int, Sequence[int]]
) -> bool:
    """Whether a cell is made of the right gradient of its weight, or of what is `typed` for it."""
    wanted = set(meant)
    cells, copied = choice.flow.cells, choice.study.sheets.graph.copied

    def is_right(one: int) -> bool:
        match = choice.matches.get(one)
        if match is None and one in typed:
            return bool({*copied[cells[[*wanted]]]} & {*copied[cells[[*typed[one]]]]})
        return match is not None and bool(wanted & set(match.targets))

    return _rests_on(choice, cell, is_right)


def rests_on_weights(named: Named, cell: int) -> bool:
    """Whether a cell is made of the right gradient of any weight, and of nothing but weights."""
    flow = named.flow

    def is_right(one: int) -> bool:
        match = named.matches.get(one)
        return match is not None and all(
            named.is_leaf(int(flow.cells[at])) and flow.steps[at] != OWN_SHEET
            for at in match.targets
        )

    return _rests_on(named.choice, cell, is_right)


def _rests_on(choice: Choice, cell: int, is_it: Callable[[int], bool]) -> bool:
    graph = choice.study.sheets.graph
    seen, left = {cell}, [cell]
    while left and len(seen) < _MOST_FOLLOWED:
        for one in graph.references(left.pop()):
            if one in seen or choice.flow.last[one] >= 0:
                continue
            if is_it(one):
                return True
            seen.add(one)
            left.append(one)
    return False


class Ingredients:
    """What right gradients are made of: a softmax's output stands in that of its net."""

    def __init__(self, choice: Choice) -> None:
        self._graph = choice.study.sheets.graph
        self._right: dict[int, list[int]] = {}
        for cell, match in choice.matches.items():
            for target in match.targets:
                self._right.setdefault(target, []).append(cell)

    def has(self, cell: int, target: int) -> bool:
        """Whether a right gradient of the target refers to the cell, which then is none itself."""
        return any(cell in self._graph.references(one) for one in self._right.get(target, ()))
