"""Which places are no places: numbers that fit only where a slip has changed their order.

A gradient stands in the order of what it is the gradient of, an update in that of its parameter;
any other tensor in the natural order, or in one that the page's other tensors have as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlbackprop.equation import Kind, Tensor
from xlbackprop.find.locate.page.order import exchanged_axes, is_in_order
from xlbackprop.find.locate.page.page import Keys
from xlbackprop.network import Network

_GRADIENT, _UPDATED = "dL_d", "_new"


class Disputes:
    """Tells which readings of a tensor no reader of the page would make."""

    def __init__(self, network: Network, inputs: Mapping[str, Keys]) -> None:
        self._network, self._inputs = network, inputs

    def is_disputed(self, tensor: Tensor, keys: Keys, others: Mapping[str, Keys]) -> bool:
        """Return whether a computed tensor's entries stand in an order that nothing supports.

        `others` are the places of other computed tensors, as far as they are known.
        """
        if keys.ndim == 0 or keys.size == 1:
            return False
        if not is_in_order(keys):
            return True
        own = exchanged_axes(keys)
        placed = {**others, **self._inputs}
        partner = self.partner(tensor, placed)
        if partner is not None and placed[partner].shape == keys.shape:
            return own != exchanged_axes(placed[partner])
        return bool(own) and not any(
            own & exchanged_axes(other)
            for name, other in placed.items()
            if name != tensor.name and other.ndim == keys.ndim
        )

    def partner(self, tensor: Tensor, placed: Mapping[str, Keys]) -> str | None:
        """Return the placed tensor of which this is the gradient, or the next version."""
        return next((name for name in self._partners(tensor) if name in placed), None)

    def _partners(self, tensor: Tensor) -> Iterator[str]:
        if tensor.short.startswith(_GRADIENT):
            short = tensor.short.removeprefix(_GRADIENT)
        elif tensor.short.endswith(_UPDATED):
            short = tensor.short.removesuffix(_UPDATED)
        else:
            return
        name = f"{tensor.owner}.{short}"
        while name in self._network.tensors:
            yield name
            if self._network.tensors[name].kind is not Kind.LINK:
                return
            (source, *_) = self._network.equation_of[name].sources.values()
            name = source.name
