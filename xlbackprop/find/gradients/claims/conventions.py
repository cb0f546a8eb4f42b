"""A sheet's own conventions: minus signs of deltas, rates inside, a mean for a sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from xlbackprop.find.gradients.claims.factors import all_rounded, is_near, rounded, usual_of
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Reason
from xlbackprop.find.gradients.loss.losses import factor
from xlbackprop.find.gradients.training.updates import Update, with_moved_rates

# A factor of its own counts as a convention where so many cells have it.
_FEWEST = 3
# Such a part of all updates have to take the same before it is the rate.
_PART = 4
# Factors that are mistakes though all gradients have them: a square's 2, or its half.
_SLIPS = (2.0, 0.5)


class Conventions:
    """Which factors are a convention of the sheet's, and which are mistakes."""

    def __init__(self, named: Named) -> None:
        self._named, choice = named, named.choice
        self._exact = {
            cell: factor(choice, cell, at)
            for cell, at in named.target.items()
            if cell in choice.matches and at in choice.matches[cell].targets
        }
        self._factors = dict(zip(self._exact, all_rounded(self._exact.values()), strict=True))
        self._group = {cell: int(choice.study.sheets.graph.owner[cell]) for cell in named.target}
        self._uses: dict[int, list[Update]] = {}
        for one in named.updates:
            for gradient in one.gradients:
                self._uses.setdefault(gradient, []).append(one)
        self._plain_groups = {
            self._group[cell]
            for cell, uses in self._uses.items()
            if cell in self._group and all(one.is_plain for one in uses)
        }
        self._targets = choice.flow.by_cell
        self.usual = self._usual_as_it_is()
        self._fitting = named.fitting
        self._moved = with_moved_rates(
            named.updates, named.fitting, choice.study.sheets.graph.owner
        )
        self.rate = self._usual_rate(self._as_it_is)
        self._all_climb = self.rate < 0 and (self.usual < 0 or self._all_are_changes)
        self.usual = self._usual_as_meant()
        self._plain = self._usual_plain()
        self._accepted = {
            cell: own for cell, own in self._factors.items() if self._is_accepted(cell, own)
        }
        self._decide_with_most_beside()
        self._alike: dict[object, float | None] = {}  # what most of a kind have, once it is asked
        self.rate = self._usual_rate(self._as_meant)

    def _usual_as_it_is(self) -> float:
        """Return the factor that most gradients have; where there are none, dL/dx itself.

        Of one sample, dz is so many times the gradient of the samples' mean: what updates or texts
        call gradients tells more.
        """
        usual = usual_of(self._factors.values(), self._down) or 1.0
        if self._named.usual:
            return self._named.usual
        if abs(usual) == 1:
            return usual
        said = [
            own
            for cell, own in self._factors.items()
            if self._named.reason[cell] <= Reason.LABEL and not self._is_plain(cell)
        ]
        return usual_of(said, self._down) or usual

    def _usual_as_meant(self) -> float:
        """Return the factor that most gradients should have."""
        objective, usual = self._named.choice.objective, self.usual
        # Updates that all climb with -dL/dx as it were are right; the sign of dL/dx is not.
        # What is called dL/dx outright, and no update takes for anything else, is not -dL/dx.
        if self._all_climb or (usual < 0 and self._texts_tell):
            usual = -usual
        is_slip = abs(usual) in _SLIPS and not objective.assumed and bool(objective.label)
        return float(np.sign(usual)) if is_slip else usual

    def _as_meant(self, update: Update) -> float:
        """Return what an update would take of dL/dx if what it uses were right."""
        ratio = self._fitting[update.cell][1]
        own = [self._factors[one] for one in update.gradients if one in self._factors]
        meant = [self.of_gradient(one) for one in update.gradients if one in self._factors]
        return ratio * meant[0] / own[0] if len(own) == len(update.gradients) == 1 else ratio

    def _as_it_is(self, update: Update) -> float:
        return self._fitting[update.cell][1]

    def _usual_rate(self, taken_by: Callable[[Update], float]) -> float:
        """Return what most updates take of a gradient; what was typed where too few take the same.

        Where gradients have the rate inside, it was typed there.
        """
        fits = all_rounded(
            taken_by(one) for one in self._named.updates if one.cell in self._fitting
        )
        usual = usual_of(fits)
        # With a momentum more is taken than a gradient, but for the first step.
        simple = sum(len(one.gradients) == 1 and not one.has_more for one in self._named.updates)
        if fits.count(usual) >= max(1, simple / _PART):
            return usual
        graph = self._named.choice.study.sheets.graph
        typed: list[float] = []
        for one in self._named.updates:
            inside = graph.references(one.gradients[0]) if one.is_plain else ()
            typed += map(rounded, self._typed([*one.rates, *inside]))
        return usual_of(typed) or usual

    def _usual_plain(self) -> float:
        """Return the factor of what updates add or take away as it is.

        Where too few are right, it is what makes a step down of such an update.
        """
        cells = [cell for cell in self._named.target if self._is_plain(cell)]
        factors = [self._factors[cell] for cell in cells if cell in self._factors]
        usual = usual_of(factors, self._down)
        if factors.count(usual) >= max(1, len(cells) / _PART):
            return -usual if self._all_climb else usual
        signs = Counter(one.sign for one in self._named.updates if one.is_plain)
        return -signs.most_common(1)[0][0] * abs(self.rate or 1.0) if signs else usual

    @property
    def is_odd(self) -> bool:
        """Whether most gradients are a multiple of dL/dx that no update bears out as a rate."""
        if abs(self.usual) == 1:
            return False
        return not any(self._is_plain(cell) for cell in self._factors)

    @property
    def _down(self) -> float:
        """The sign of what updates use where they go down: -1 for the changes of a delta rule."""
        return -1.0 if self._named.updates and self._all_are_changes else 1.0

    @property
    def _all_are_changes(self) -> bool:
        """Whether all updates add a change as it is, which nothing calls dL/dx: `w + change`."""
        return all(
            one.is_plain and one.sign > 0 and not any(map(self._is_called, one.gradients))
            for one in self._named.updates
            if not one.stays
        )

    @property
    def _texts_tell(self) -> bool:
        """Whether texts call all gradients dL/dx, or some that are it; and no update uses any."""
        called = [cell for cell in self._factors if self._is_called(cell)]
        is_all = len(called) == len(self._factors)
        return not self._uses and (is_all or any(self._factors[one] > 0 for one in called))

    def of_gradient(self, cell: int) -> float:
        """Return the factor that a gradient should have."""
        if cell in self._named.factors:
            return self._named.factors[cell]
        if cell in self._accepted:
            return self._precise(self._accepted[cell])
        for kind in (self._group.__getitem__, self._kind):  # formulas of one shape tell the most
            if (key := kind(cell)) not in self._alike:
                alike = [own for other, own in self._accepted.items() if kind(other) == key]
                self._alike[key] = usual_of(alike) if alike else None
            if (usual := self._alike[key]) is not None:
                return self._precise(usual)
        return self._precise(self._plain if self._is_plain(cell) else self.usual)

    def _precise(self, factor: float) -> float:
        """Return a factor with all its digits."""
        if factor == round(factor):
            return factor
        exact = [self._exact[cell] for cell, own in self._factors.items() if own == factor]
        return float(np.median(exact)) if exact else factor

    def is_something_else(self, cell: int) -> bool:
        """Whether a cell that nothing calls a gradient is an update, or a multiple that none is."""
        own, is_said = self._factors.get(cell), self._named.reason[cell] is not Reason.VALUE
        if is_said or cell in self._fitting:
            return not is_said
        return not (own is None or cell in self._accepted or abs(own) == abs(self.usual))

    def left_out(self) -> Mapping[int, float]:
        """Return the factors of cells that are multiples of gradients, and claimed to be none."""
        return {cell: own for cell, own in self._exact.items() if self.is_something_else(cell)}

    def of_update(self, update: Update) -> float:
        """Return what an update should take of its gradient."""
        if self._named.rate is not None:
            return abs(self._named.rate)
        fit = self._fitting.get(update.cell)
        own = rounded(fit[1]) if fit else 0.0
        if own > 0 and own in {rounded(value) for value in self._typed(update.rates)}:
            return own
        return abs(self.rate)

    def _decide_with_most_beside(self) -> None:
        """Take a factor as most cells of the formula in its row or column are taken."""
        lines: dict[tuple[int, int, int], list[int]] = {}
        graph = self._named.choice.study.sheets.graph
        for cell in self._factors:
            group, at = graph.groups[self._group[cell]], int(graph.position[cell])
            for axis, place in enumerate((group.rows[at], group.columns[at])):
                lines.setdefault((self._group[cell], axis, int(place)), []).append(cell)
        for members in lines.values():
            kept = Counter(self._accepted[one] for one in members if one in self._accepted)
            if kept.total() < len(members) / 2:
                for one in members:
                    if self._accepted.get(one, self.usual) != self.usual:
                        del self._accepted[one]
            elif kept.total() >= _FEWEST:
                most = kept.most_common(1)[0][0]
                self._accepted |= {one: most for one in members if self._factors[one] == most}

    def judged_updates(self) -> list[tuple[Update, int]]:
        """Return the updates that claim to be such, and the target of each."""
        found = []
        most_fit = len(self._fitting) >= max(_FEWEST, len(self._named.updates) / 2)
        for one in self._named.updates:
            meant = self._targets.get(one.of, [])
            fit = self._fitting.get(one.cell)
            if fit:
                found.append((one, fit[0]))
            elif meant and self.rate and self._is_judged(one, most_fit=most_fit):
                found.append((one, meant[0]))
        return found

    def _is_judged(self, update: Update, *, most_fit: bool) -> bool:
        """Whether an update that does not fit is to: none that does more than take a gradient."""
        if update.cell in self._named.said:
            return True
        named = [one for one in update.gradients if one in self._named.target]
        if update.has_more and update.cell not in self._moved:
            return False
        if update.stays:
            return True
        if len(named) == len(update.gradients) == 1 or (update.is_waiting and not named):
            return True
        return most_fit and not update.gradients

    def _is_accepted(self, cell: int, own: float) -> bool:
        """Whether the factor that a right gradient has is no mistake."""
        usual = self.usual
        if self._is_plain(cell):
            return own == self._plain and all(ratio > 0 for ratio in self._taken(cell))
        if own == usual or self._named.reason[cell] is Reason.PLACE:
            return own == usual  # among others that have the usual one
        if own == -usual:
            if self._all_climb:
                return False
            if used := self._taken(cell):
                return all(ratio > 0 for ratio in used)
            return not self._is_called(cell) and not self._is_among_usual(cell)
        made_of = self._named.choice.study.sheets.graph.references(cell)
        inside = {rounded(value) for value in self._typed(made_of)}
        parts = {part for value in inside if value for part in (value, rounded(1 / value))}
        return any(is_near(abs(own), abs(usual * part)) for part in parts)

    def _taken(self, cell: int) -> list[float]:
        """Return what the updates that use a cell take of the gradient."""
        uses = self._uses.get(cell, [])
        return [self._as_it_is(one) for one in uses if one.cell in self._fitting]

    def _is_called(self, cell: int) -> bool:
        said = self._named.call(cell)
        return said is not None and said.is_quotient

    def _is_among_usual(self, cell: int) -> bool:
        group = self._group[cell]
        return any(
            own == self.usual and self._group[other] == group
            for other, own in self._factors.items()
        )

    def _is_plain(self, cell: int) -> bool:
        """Whether updates add a cell to a weight, or take it away, as it is."""
        uses = self._uses.get(cell, [])
        if not uses:
            return self._group[cell] in self._plain_groups  # after the last step there is no update
        return all(one.is_plain for one in uses)

    def _kind(self, cell: int) -> tuple[bool, bool]:
        return self._is_plain(cell), self._is_called(cell)

    def _typed(self, cells: Sequence[int]) -> list[float]:
        """Return the numbers of the typed cells on which no L rests."""
        sheets, flow = self._named.choice.study.sheets, self._named.choice.flow
        return [
            float(sheets.page.numbers[one, 0])
            for one in cells
            if sheets.is_typed[one] and flow.last[one] < 0
        ]
