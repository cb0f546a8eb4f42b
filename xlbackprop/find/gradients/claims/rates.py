"""The cell in which the learning rate stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from xlbackprop.find.gradients.claims.factors import is_near
from xlbackprop.find.gradients.claims.named import Named
from xlbackprop.find.gradients.findings import Claim, Role


def cell_of_rate(named: Named, claims: Iterable[Claim]) -> int | None:
    """Return the typed cell from which most updates have the rate that most of them should have.

    Where gradients have the rate inside, it is there. None where no cell holds it.
    """
    rates = {one.cell: one.factor for one in claims if one.role is Role.UPDATE}
    if not rates:
        return None
    study, graph = named.study, named.graph
    usual = Counter(rates.values()).most_common(1)[0][0]
    counted = Counter[int]()
    for one in named.updates:
        if one.cell in rates:
            inside = [made for cell in one.gradients for made in graph.references(cell)]
            used = dict.fromkeys(one.rates or inside)
            counted.update(cell for cell in used if study.sheets.is_typed[cell])
    numbers = study.sheets.page.numbers[:, 0]
    fitting = [cell for cell in counted if is_near(float(numbers[cell]), usual)]
    return max(fitting, key=counted.__getitem__, default=None)
