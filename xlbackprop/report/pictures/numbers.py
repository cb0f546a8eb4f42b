"""The numbers that are drawn: those that a spec gives, or those that a workbook was saved with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from xlbackprop.equation import Array, Tensor
from xlbackprop.find.subject import find_subject
from xlbackprop.network import Network, build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import Spec
from xlbackprop.spec.templates import is_spec, load_spec
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import Found, read_tensors
from xlbackprop.workbook.read.workbook import open_workbook


@dataclass(frozen=True)
class Numbers:
    """A network, and what gives the arrays of some of its tensors; NaN where there is no number."""

    network: Network
    read: Callable[[Iterable[Tensor]], Mapping[str, Array]]


def numbers_of(source: Spec | str | Path) -> Numbers:
    """Return the numbers of a spec, a template's name, or a path of a spec or a workbook.

    Raises SpecError or WorkbookError where it cannot be used.
    """
    if not is_spec(source):
        return _of_workbook(Path(str(source)))
    network = build_network(source if isinstance(source, Spec) else load_spec(source))
    return Numbers(network, _Evaluated(network).read)


class _Evaluated:
    """A network's arrays, evaluated when they are asked for."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def read(self, tensors: Iterable[Tensor]) -> dict[str, Array]:
        return {tensor.name: self._arrays[tensor.name] for tensor in tensors}

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        return self._network.evaluate(choose_values(self._network))


def _of_workbook(path: Path) -> Numbers:
    with as_xlsx(path, DEFAULT_LIMITS) as file, open_workbook(file, path) as opened:
        network = find_subject(opened).network

    def read(tensors: Iterable[Tensor]) -> dict[str, Array]:
        with as_xlsx(path, DEFAULT_LIMITS) as file, open_workbook(file, path) as opened:
            wanted = {tensor.name: tensor for tensor in tensors}
            places = find_subject(opened).places
            found = read_tensors(
                opened, wanted, {name: places[name] for name in wanted if name in places}
            )
        return {name: _shown(one) for name, one in found.items()}

    return Numbers(network, read)


def _shown(found: Found) -> Array:
    return np.where(found.states == State.NUMBER, found.numbers, np.nan)
