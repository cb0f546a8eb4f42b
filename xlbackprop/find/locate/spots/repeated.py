"""Parameters that are only repeated where their next numbers belong.

Nobody writes a parameter down once more to which nothing refers. Where the page's other parameters
are updated, and this one is not elsewhere, that is the update, left undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.equation import Kind, Tensor
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.spots.disputes import Disputes
from xlbackprop.find.locate.spots.spots import Located, Spot
from xlbackprop.network import Network


class Repeated:
    """Finds the updates that only repeat their parameters."""

    def __init__(
        self, network: Network, page: Page, references: PageReferences, captions: Captions
    ) -> None:
        self._network, self._page = network, page
        self._references, self._captions = references, captions

    def settle(
        self, located: Located, disputes: Disputes, spot: Callable[[Tensor, Keys], Spot]
    ) -> None:
        """Place what is only repeated, or say that it may be that; `spot` makes a spot of cells."""
        updated = any(one.tensor.kind is Kind.UPDATE for one in located.spots.values())
        for tensor, keys in self._repeated(located, disputes):
            if updated or self._captions.name(keys, tensor):
                located.spots[tensor.name] = spot(tensor, keys)
            else:
                where = "!".join(self._page.places(keys.ravel()[:1]).at((0,)))
                located.unsettled[tensor.name] = (
                    f"it may begin at {where}, where it is only repeated: say so in a map"
                )

    def _repeated(self, located: Located, disputes: Disputes) -> Iterator[tuple[Tensor, Keys]]:
        taken = {key for one in located.spots.values() for key in one.cells}
        for name in self._network.equation_of:
            tensor = self._network.tensors[name]
            missing = name not in located.spots and name not in located.unsettled
            if tensor.kind is not Kind.UPDATE or not missing:
                continue
            partner = disputes.partner(tensor, located.inputs.keys)
            keys = None if partner is None else self._repeating(located.inputs.keys[partner])
            if keys is None or keys.shape != tensor.shape or not taken.isdisjoint(keys.flat):
                continue
            if self._captions.fit(keys, tensor) >= 0:
                yield tensor, keys

    def _repeating(self, keys: Keys) -> Keys | None:
        """Return the cells that repeat some others, one each; None where there are none."""
        found = [self._references.repeats.get(key, ()) for key in keys.ravel().tolist()]
        if any(len(one) != 1 for one in found):
            return None
        return np.array([one[0] for one in found], dtype=np.int64).reshape(keys.shape)
