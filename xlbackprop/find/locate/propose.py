"""A workbook and a spec to a proposal of where the tensors stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from shlex import quote

import numpy as np

from xlbackprop.equation import Array, Kind, Tensor
from xlbackprop.errors import WorkbookError, one_line
from xlbackprop.find.gradients.derivatives import Derivatives
from xlbackprop.find.locate.captions.captions import Captions
from xlbackprop.find.locate.page.candidates import Readings
from xlbackprop.find.locate.page.indices import without_indices
from xlbackprop.find.locate.page.page import Keys, Page
from xlbackprop.find.locate.page.reading import page_of
from xlbackprop.find.locate.page.references import PageReferences
from xlbackprop.find.locate.page.tiles import Tiles
from xlbackprop.find.locate.proposal import LIKELY, SURE, LeftOut, LocatedTensor, Proposal
from xlbackprop.find.locate.spots.certainty import NOTHING_FITS, InputCertainty, doubt_of_computed
from xlbackprop.find.locate.spots.computed import ComputedSearch
from xlbackprop.find.locate.spots.inputs import InputSearch
from xlbackprop.find.locate.spots.spots import Located, Spot
from xlbackprop.find.locate.steps.by_line import located_by_line
from xlbackprop.find.locate.steps.told import NOTHING_TOLD, Told, told_of, told_to_be
from xlbackprop.find.locate.steps.training import with_training
from xlbackprop.find.sheets import listed
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import fixed_values
from xlbackprop.progress import tell
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import load_spec
from xlbackprop.workbook.engine.recalculation import Recalculation, engine_name, start
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS, EngineName, Limits
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import Workbook, open_workbook

# Where a workbook has more sheets, not each is tried by itself.
_MOST_SHEETS = 12
_HALF = 0.5
_NOT_CONSISTENT = "not all else fits"


def locate(
    path: str | Path,
    spec: Spec | str | Path,
    *,
    engine: EngineName | str = EngineName.IRONCALC,
    limits: Limits = DEFAULT_LIMITS,
    sheet: str | None = None,
) -> Proposal:
    """Propose where the tensors of a network stand in a workbook that somebody else laid out.

    `spec` is a Spec, a template's name or a path. Formulas are evaluated by the engine, within
    the limits ("none": saved numbers are taken). With `sheet` only that sheet is looked at.
    Raises WorkbookError where the file cannot be used or is too large to search, or where several
    sheets hold all that is needed, SpecError where
    `spec` cannot be used, EngineError where the engine is missing.
    """
    network = build_network(spec if isinstance(spec, Spec) else load_spec(spec))
    name = network.spec.name if isinstance(spec, Spec) else str(spec)
    with (
        as_xlsx(Path(path), limits) as file,
        open_workbook(file, Path(path)) as workbook,
        start(file, engine_name(engine), limits) as running,
    ):
        return locate_in(workbook, running, network, str(path), name, sheet)


def locate_in(
    workbook: Workbook,
    running: Recalculation,
    network: Network,
    path: str,
    spec: str,
    sheet: str | None = None,
    derivatives: Derivatives | None = None,
) -> Proposal:
    """Propose where the tensors stand in an open workbook.

    `derivatives` are asked first, unless no formula is to be evaluated. Raises WorkbookError where
    several sheets each hold all that is needed: which one is meant?
    """
    page = page_of(workbook, running, sheet)
    told = NOTHING_TOLD
    if running.name is not EngineName.NONE:
        told = told_of(workbook, page, derivatives or Derivatives(workbook), sheet)
    needed = sum(tensor.size for tensor in network.inputs)
    sheets = [one for one in page.sheets if len(page.on(one).keys) >= needed]
    if 1 < len(sheets) <= _MOST_SHEETS:
        alone = [locate_on(page.on(one), network, path, spec, told) for one in sheets]
        whole = [name for name, one in zip(sheets, alone, strict=True) if _holds_network(one)]
        if len(whole) > 1:
            raise WorkbookError(
                f"{listed(whole)} each hold the network: say which sheet is meant, with --sheet"
                f" {quote(whole[0])}"
            )
    return with_training(locate_on(page, network, path, spec, told), told, page)


def _holds_network(alone: Proposal) -> bool:
    """Return whether a sheet has all that is needed, and is no page of several of one network.

    There, numbers may stand for what is on other pages, but little follows from them.
    """
    return alone.is_complete and alone.fitting > _HALF


@np.errstate(all="ignore")  # a stranger's numbers may overflow
def locate_on(
    page: Page, network: Network, workbook: str, spec: str, told: Told = NOTHING_TOLD
) -> Proposal:
    """Propose where the tensors of a network stand on a page, and why there."""
    tell("looking for the tensors")
    page = without_indices(page)

    def search(page: Page, network: Network) -> Proposal:
        return _search(page, network, workbook, spec, told)

    has_other_steps = bool(told.losses) and told.steps is None
    by_line = located_by_line(page, network, told.steps, search, has_other_steps=has_other_steps)
    return by_line or search(page, network)


def _search(page: Page, network: Network, workbook: str, spec: str, told: Told) -> Proposal:
    references = PageReferences(page)
    readings = Readings(page, Tiles(page, references.ranges))
    captions = Captions(page, layer_orders(network))
    parts = (network, page, references, readings, captions)
    fixed = fixed_values(network)
    inputs = InputSearch(*parts, fixed, told)
    best = inputs.run()[0]
    located = ComputedSearch(*parts, told).run(best)
    certainty = InputCertainty(network, page, inputs, located)
    verdicts = _Verdicts(network, page, captions, certainty, located, fixed, told)
    return Proposal(workbook, spec, network, verdicts.tensors(), verdicts.left_out())


def layer_orders(network: Network) -> dict[str, int]:
    """Return the number of each tensor's layer among those that have such a tensor, from 1."""
    orders, counts = {}, dict[str, int]()
    for tensor in network.tensors.values():
        counts[tensor.short] = counts.get(tensor.short, 0) + 1
        orders[tensor.name] = counts[tensor.short]
    return orders


class _Verdicts:
    """Puts what was found in words."""

    def __init__(
        self,
        network: Network,
        page: Page,
        captions: Captions,
        certainty: InputCertainty,
        located: Located,
        fixed: Mapping[str, Array],
        told: Told,
    ) -> None:
        self._network, self._page, self._captions = network, page, captions
        self._located, self._fixed, self._told = located, fixed, told
        self._doubts = {
            name: certainty.doubt(network.tensors[name], captions.fit(keys, network.tensors[name]))
            for name, keys in located.inputs.keys.items()
        }
        self._unfounded = {name for name in self._doubts if self._nothing_supports(name)}
        self._is_consistent = self._explains_all()

    def tensors(self) -> tuple[LocatedTensor, ...]:
        found = []
        for tensor in self._network.tensors.values():
            if tensor.name in self._placed:
                found.append(self._input(tensor))
            elif tensor.name in self._located.spots:
                found.append(self._computed(self._located.spots[tensor.name]))
            elif tensor.name in self._located.exchanged:
                found.append(self._exchanged(self._located.exchanged[tensor.name]))
        return tuple(found)

    def left_out(self) -> tuple[LeftOut, ...]:
        return tuple(
            self._absent(tensor)
            for tensor in self._network.tensors.values()
            if tensor.name not in self._placed
            and tensor.name not in self._located.spots
            and tensor.name not in self._located.exchanged
        )

    @property
    def _placed(self) -> set[str]:
        return set(self._located.inputs.keys) - self._unfounded

    def _nothing_supports(self, name: str) -> bool:
        """Return whether nothing speaks for an input: no label, and nothing computed from it."""
        keys, tensor = self._located.inputs.keys[name], self._network.tensors[name]
        if self._told.is_rate(tensor, keys) or self._is_only(keys, self._fixed.get(name)):
            return False
        return self._doubts[name] == NOTHING_FITS and self._captions.fit(keys, tensor) <= 0

    def _is_only(self, keys: Keys, number: Array | None) -> bool:
        """Return whether a cell is the only one that holds a number of the spec."""
        if number is None or number.size != 1:
            return False
        numbers, own = self._page.by_number
        return np.array_equal(own[numbers == number.item()], keys.ravel())

    def _explains_all(self) -> bool:
        """Return whether no given is missing, and nothing that was found contradicts the rest.

        Otherwise the beginning may have been read in an order of axes that the rest would refute.
        """
        arrays, spots = self._located.inputs.arrays, self._located.spots.values()
        inputs = (tensor.name for tensor in self._network.inputs)
        known = all(name in arrays and name not in self._unfounded for name in inputs)
        return known and not any(one.share < 0.5 and one.keys.size > 1 for one in spots)

    def _input(self, tensor: Tensor) -> LocatedTensor:
        keys = self._located.inputs.keys[tensor.name]
        doubt = self._doubts[tensor.name] or ("" if self._is_consistent else _NOT_CONSISTENT)
        reason = self._because(keys, tensor)
        if self._told.is_rate(tensor, keys):
            doubt, reason = "", f"{reason}, the rate of the sheet's own updates"
        if doubt:
            return self._result(tensor, LIKELY, f"{reason}; {doubt}", keys)
        return self._result(tensor, SURE, f"what is computed from it fits; {reason}", keys)

    def _computed(self, spot: Spot) -> LocatedTensor:
        doubt = doubt_of_computed(spot, self._located, self._doubts.values())
        if not doubt and not self._is_consistent:
            doubt = _NOT_CONSISTENT
        reason = self._because(spot.keys, spot.tensor)
        if spot.is_told:
            reason += f", {told_to_be(spot.tensor)}"
        if spot.is_followed:
            reason += ", what is computed from it follows from these numbers"
        if spot.references > 0.9:
            reason += ", its formulas refer to what it is computed from"
        if not doubt:
            numbers = f"its {spot.keys.size} numbers are what the equation gives"
            fitting = numbers if spot.matched.all() else "nearly all of its numbers fit"
            return self._result(spot.tensor, SURE, f"{fitting}; {reason}", spot.keys)
        return self._result(spot.tensor, LIKELY, f"{reason}; {doubt}", spot.keys, spot.share)

    def _exchanged(self, spot: Spot) -> LocatedTensor:
        doubt = self._located.unsettled[spot.tensor.name]
        reason = f"{self._because(spot.keys, spot.tensor)}; {doubt}"
        found = self._result(spot.tensor, LIKELY, reason, spot.keys, spot.share)
        return replace(found, unsettled=doubt)

    def _because(self, keys: Keys, tensor: Tensor) -> str:
        shape = "×".join(map(str, tensor.shape)) or "a single number"
        label = self._captions.best(keys, tensor)
        return f"labelled '{one_line(label, 120)}', {shape}" if label else f"of shape {shape}"

    def _result(
        self,
        tensor: Tensor,
        certainty: str,
        reason: str,
        keys: Keys,
        share: float = 1.0,
    ) -> LocatedTensor:
        return LocatedTensor(tensor.name, certainty, reason, self._page.places(keys), share)

    def _absent(self, tensor: Tensor) -> LeftOut:
        return self._not_computed(tensor) if tensor.kind.is_computed else self._not_given(tensor)

    def _not_given(self, tensor: Tensor) -> LeftOut:
        if tensor.name in self._unfounded:
            reason = "neither a label nor what is computed from it speaks for any place"
            return LeftOut(tensor.name, reason, tensor.name not in self._fixed)
        if tensor.name in self._located.inputs.arrays:
            follows = tensor.name not in self._fixed
            how = (
                "it follows from the ones and zeros" if follows else "the spec's numbers are taken"
            )
            return LeftOut(tensor.name, f"not on the page: {how}", False)
        reason = "no block of numbers that has its shape fits"
        return LeftOut(tensor.name, reason, tensor.name not in self._fixed)

    def _not_computed(self, tensor: Tensor) -> LeftOut:
        if tensor.kind is Kind.LINK:
            return LeftOut(tensor.name, "a copy of another tensor, and not on the page", False)
        if reason := self._located.unsettled.get(tensor.name, ""):
            return LeftOut(tensor.name, reason, False, seems_there=True)
        if tensor.name not in self._located.inputs.arrays:
            return LeftOut(tensor.name, "what it is computed from was not found", False)
        if self._located.considered.get(tensor.name):
            return LeftOut(tensor.name, "too little speaks for any place", False)
        return LeftOut(tensor.name, "nowhere on the page", False)
