"""Blocks that are a tensor although their numbers are not: for a label or for their references.

A label that names a tensor decides: the numbers beside it are that tensor's, right or not. Without
one, a gradient or an output is a block of its shape whose formulas refer to all of its sources and
to nothing else. Where several blocks may be meant, or none has the shape, it is not judged, and
said so.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from xlbackprop.equation import Kind, Role, Tensor
from xlbackprop.errors import one_line
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.spots.disputes import Disputes
from xlbackprop.find.locate.spots.spots import Located, Spot
from xlbackprop.network import Network

_REFERS, _FITS = 0.9, 0.9
_PART = 2.1  # so odd is a part of a line of numbers, in its order: what refers to no other sources
_PARTLY, _SOME = 0.5, 0.25  # of the numbers fit, of the references
_AS_WELL = 0.05  # evidence that differs by less is the same
_ROLES = {Role.PARAMETER_GRADIENT, Role.INPUT_GRADIENT, Role.OUTPUT_GRADIENT, Role.OUTPUT}
_LONGEST_LABEL = 60
_GRADIENTS = {Role.PARAMETER_GRADIENT, Role.INPUT_GRADIENT}


class Claims:
    """Finds the tensors that are on a page for other reasons than their numbers."""

    def __init__(
        self, network: Network, page: Page, captions: Captions, disputes: Disputes
    ) -> None:
        self._network, self._page, self._captions = network, page, captions
        self._disputes = disputes

    def settle(self, located: Located) -> None:
        """Place what a label or references claim, and say what remains unsettled."""
        for name in self._network.equation_of:
            if self._is_missing(name, located):
                self._claim(self._network.tensors[name], located)
        self._read_labels(located)
        self._read_strange_labels(located)

    def _is_missing(self, name: str, located: Located) -> bool:
        """Return whether a tensor was not found that people write down: no copy of another."""
        is_copy = self._network.tensors[name].kind is Kind.LINK
        return not is_copy and name not in located.spots and name not in located.unsettled

    def _claim(self, tensor: Tensor, located: Located) -> None:
        free = self._free(tensor, located)
        claims = [spot for spot in free if is_claim(spot)]
        if not claims:
            if nearly := next((spot for spot in free if _nearly_fits(spot)), None):
                located.unsettled[tensor.name] = self._doubtful(nearly)
            return
        best = max(claims, key=lambda spot: (_strength(spot), spot.rank))
        rivals = [
            spot
            for spot in claims
            if _strength(spot) >= _strength(best) - _AS_WELL
            and not np.intersect1d(spot.keys, best.keys).size
        ]
        if rivals:
            places = " or ".join(self._where(spot.keys) for spot in (best, *rivals[:2]))
            located.unsettled[tensor.name] = f"it may stand at {places}, and fits at neither"
        else:
            located.spots[tensor.name] = best

    def _doubtful(self, spot: Spot) -> str:
        """Return what to say of a place that may be a tensor's."""
        return f"it may begin at {self._where(spot.keys)}, where {spot.fitting}: say so in a map"

    def _free(self, tensor: Tensor, located: Located) -> list[Spot]:
        """Return the places in a usual order on whose cells nothing else stands."""
        placed = {name: spot.keys for name, spot in located.spots.items()}
        taken = _cells([*placed.values(), *located.inputs.keys.values()])
        return [
            spot
            for spot in located.considered.get(tensor.name, ())
            if taken.isdisjoint(spot.keys.ravel().tolist())
            and (spot.is_told or not self._disputes.is_disputed(tensor, spot.keys, placed))
        ]

    def _read_labels(self, located: Located) -> None:
        """Say where a label names a tensor that was not found; numbers that fit are enough then."""
        for name in self._network.equation_of:
            tensor = self._network.tensors[name]
            if not self._is_missing(name, located):
                continue
            if label := self._unread_label(tensor, located):
                fitting = [spot for spot in self._free(tensor, located) if spot.share >= _FITS]
                if fitting:
                    located.spots[name] = fitting[0]
                else:
                    located.unsettled[name] = (
                        f"{label} names it, but no block of numbers beside it has its shape: fill"
                        " it in, or say with a map where it stands"
                    )

    def _read_strange_labels(self, located: Located) -> None:
        """Say where a gradient stands, by its label, of which it is not known whose it is."""
        taken = _cells([*located.inputs.keys.values(), *(s.keys for s in located.spots.values())])
        missing = [
            tensor
            for tensor in map(self._network.tensors.__getitem__, self._network.equation_of)
            if tensor.role in _GRADIENTS and self._is_missing(tensor.name, located)
        ]
        for key, text in self._captions.strange_gradients():
            beside = [at for at in self._captions.numbers_beside(key) if at not in taken]
            extents = {self._page.extent(at) for at in beside}
            for tensor in missing:
                if extents & _extents(tensor):
                    reason = f"{self._quoted(key, text)} may name it: say so in a map"
                    located.unsettled.setdefault(tensor.name, reason)

    def _unread_label(self, tensor: Tensor, located: Located) -> str:
        """Return a label that names a tensor and no placed one, and where; or an empty text."""
        found = {name: spot.keys for name, spot in located.spots.items()}
        placed = {**located.inputs.keys, **found}
        read = {
            key
            for name, keys in placed.items()
            for key in self._captions.cells_of_labels(keys, self._network.tensors[name])
        }
        taken = _cells(placed.values())
        for key, text in self._captions.naming(tensor):
            beside = self._captions.numbers_beside(key)
            if key not in read and not taken.intersection(beside):
                return self._quoted(key, text)
        return ""

    def _quoted(self, key: int, text: str) -> str:
        where = self._where(np.array([key]))
        return f"the label '{one_line(text, _LONGEST_LABEL)}' at {where}"

    def _where(self, keys: Keys) -> str:
        places = self._page.places(keys.ravel()[:1])
        return "!".join(places.at((0,)))


def _extents(tensor: Tensor) -> set[tuple[int, int]]:
    """Return the rows and columns of a tensor's blocks, either way."""
    rows, columns = (1, 1, *tensor.shape)[-2:]
    return {(rows, columns), (columns, rows)}


def is_claim(spot: Spot) -> bool:
    """Return whether a label, derivatives, references or what follows say whose a place is."""
    if spot.tensor.kind is Kind.LINK:
        return False
    # That a value happens to be a gradient tells nothing where neither numbers nor formulas fit.
    is_told = spot.is_told and (spot.is_said or spot.share > 0 or spot.references > 0)
    if spot.is_named or is_told or spot.is_followed:
        return True
    is_usual = spot.tensor.role in _ROLES or spot.tensor.kind is Kind.UPDATE
    is_block = is_usual and spot.keys.size > 1 and spot.formulas == 1 and spot.label >= 0
    is_plain = spot.oddity < 1 and spot.references >= _REFERS
    return is_block and (is_plain or (spot.oddity < _PART and spot.references == 1))


def _nearly_fits(spot: Spot) -> bool:
    """Return whether formulas of the right sources give some of a tensor's numbers, but not all.

    That may be chance, and may be the tensor with a mistake in it: it is not passed over.
    """
    is_written_down = spot.tensor.kind is not Kind.HELPER or spot.label > 0
    is_made_of_them = is_written_down and spot.formulas == 1 and spot.references >= _SOME
    return is_made_of_them and spot.different > 1 and _PARTLY <= spot.share < 1


def _strength(spot: Spot) -> float:
    return spot.label + spot.references + spot.is_told


def _cells(keys: Iterable[Keys]) -> set[int]:
    return {key for one in keys for key in one.ravel().tolist()}
