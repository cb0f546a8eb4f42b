"""Filled-in pages without files: networks, their numbers, and what `verify` takes for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Array, Kind, Slip
from xlbackprop.formula.places import places_in_blocks
from xlbackprop.layout import lay_out
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import Spec
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found


class Page:
    """A network with its true numbers, and pages that are filled in otherwise."""

    def __init__(self, raw: Mapping[str, Any] | Spec) -> None:
        spec = raw if isinstance(raw, Spec) else spec_of(raw)
        self.network: Network = build_network(spec)
        values = choose_values(self.network)
        random = np.random.default_rng(spec.values.seed)
        for tensor in self.network.inputs:
            # A scale of 1 and a shift of 0 would hide what is done with them.
            if tensor.kind is Kind.PARAMETER and tensor.domain.initial is not None:
                values[tensor.name] = np.round(random.normal(1, 0.5, tensor.shape), 3)
        self.true = self.network.evaluate(values)
        self._blocks = lay_out(self.network).blocks

    def follow(self, planted: Mapping[str, Array | Slip]) -> dict[str, Array]:
        """Return all arrays with numbers or slips planted in some tensors, the rest following."""
        # What a slip takes from a later tensor (dL/dw for dL/dh, an update) is the true one.
        arrays = dict(self.true)
        for equation in self.network.equations:
            name = equation.target.name
            wrong = planted.get(name)
            if isinstance(wrong, Slip):
                arrays[name] = equation.evaluate_slip(wrong, arrays)
            else:
                arrays[name] = equation.evaluate(arrays) if wrong is None else wrong
        return arrays

    def found(self, arrays: Mapping[str, Array], blank: tuple[str, ...] = ()) -> dict[str, Found]:
        """Return the tensors as `read_tensors` would find them typed in by hand."""
        found = {}
        for name in self.network.tensors:
            array = np.full_like(arrays[name], np.nan) if name in blank else arrays[name]
            found[name] = self.found_tensor(name, array)
            if name in blank:
                found[name].states[...] = State.BLANK
        return found

    def found_tensor(self, name: str, array: Array) -> Found:
        """Return one tensor as it would be found typed in; what is no number is an error."""
        tensor = self.network.tensors[name]
        numbers = np.array(array, dtype=np.float64).reshape(tensor.shape)
        states = np.where(np.isfinite(numbers), int(State.NUMBER), int(State.ERROR)).astype(np.int8)
        nowhere, typed = np.full(tensor.shape, -1), np.zeros(tensor.shape, dtype=np.bool_)
        places = places_in_blocks(tensor, self._blocks[name])
        return Found(tensor, places, numbers, states, typed, nowhere, {}, self._blocks)
