"""Mistakes of all kinds planted into networks of extremes, checked, and counted by kind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
from openpyxl.utils import coordinate_to_tuple

import xlbackprop
from tests.support.by_hand import decimals_of_tensor
from tests.support.extreme_networks import cancelled, extreme_network, true_arrays
from tests.support.filling import Place, places_by_index
from tests.support.mistakes_of_all_kinds import MISTAKES, Content, Spot
from tests.support.specs_and_values import spec_of
from xlbackprop.equation import Array
from xlbackprop.network import Network
from xlbackprop.tolerance import is_one_number

# In a column where nothing stands, the cells' own formulas are computed once more.
_FREE_COLUMN = 4_000
_FREE_LETTERS = openpyxl.utils.get_column_letter(_FREE_COLUMN)

# A typed number that is off by no more may be a rounded one; a formula's is off where it differs.
_MAY_BE_ROUNDED, _DIFFERS, _OF_LARGEST = 0.06, 1e-5, 1e-3

HARMLESS = frozenset({"right", "carried"})


@dataclass(frozen=True)
class Planted:
    """A mistake, and the cell that it was put into."""

    kind: str
    place: Place
    sheet: str
    address: str
    spot: Spot
    content: Content

    @property
    def is_typed(self) -> bool:
        """Whether it is no formula."""
        return self.content.data_type is not None or not str(self.content.value).startswith("=")

    @property
    def refers(self) -> bool:
        """Whether it is a formula that refers to a cell."""
        return not self.is_typed and bool(re.search(r"[A-Z]+\$?[0-9]", self.content.value))


@dataclass
class Row:
    """What became of all mistakes of one kind."""

    planted: int = 0
    unseen: int = 0  # the number is what belongs there, or follows from other mistakes
    found: int = 0
    named: int = 0


@dataclass
class Table:
    """What became of all mistakes, by kind, and what is not as it should be."""

    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    innocents: int = 0
    carried: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def planted(self) -> int:
        """How many mistakes that can be seen were planted."""
        return sum(row.planted - row.unseen for row in self.rows.values())

    def lines(self) -> Iterator[str]:
        """Yield the table, a line for each kind."""
        yield f"{'kind':30}{'planted':>9}{'unseen':>9}{'found':>9}{'named':>9}"
        total = Row()
        for kind, row in sorted(self.rows.items()):
            yield f"{kind:30}{row.planted:9}{row.unseen:9}{row.found:9}{row.named:9}"
            for name, count in vars(row).items():
                setattr(total, name, getattr(total, name) + count)
        yield f"{'all':30}{total.planted:9}{total.unseen:9}{total.found:9}{total.named:9}"
        yield f"other cells: {self.innocents}, of these carried {self.carried}"
        yield f"faults: {len(self.faults)}"


def tally(seeds: Iterable[int], folder: Path, most: int = 10) -> Table:
    """Plant up to so many mistakes into the network of each seed, check it, and count."""
    table = Table()
    for seed in seeds:
        path = folder / f"extreme{seed}.xlsx"
        spec = spec_of(extreme_network(seed))
        xlbackprop.build(spec, path, force=True)
        network = xlbackprop.build_network(spec)
        planted = plant(path, network, np.random.default_rng([11, seed]), most)
        _count(table, path, planted, f"seed {seed}")
    return table


def plant(
    path: Path, network: Network, random: np.random.Generator, most: int
) -> dict[tuple[str, str], Planted]:
    """Plant mistakes into a workbook, beside numbers typed honestly, and save it without values."""
    book, arrays = openpyxl.load_workbook(path), true_arrays(network)
    where = places_by_index(path)
    left_out = cancelled(network, arrays)
    computed = [p for p in where if p[0] in network.equation_of and p[0] not in left_out]
    random.shuffle(computed)
    _type_honestly(book, network, arrays, where, random)
    planted: dict[tuple[str, str], Planted] = {}
    for place in computed[: min(most, 1 + len(computed) // 4)]:
        sheet, address = where[place]
        formula = openpyxl_formula(book[sheet][address].value)
        if formula is None:
            continue
        name, index = place
        spot = Spot(address, formula, float(arrays[name][index]), arrays[name], random)
        kind, content = _mistake(spot)
        _put(book[sheet][address], content)
        planted[sheet, address] = Planted(kind, place, sheet, address, spot, content)
    book.save(path)
    return planted


def plant_givens(path: Path, random: np.random.Generator) -> dict[tuple[str, str], frozenset[str]]:
    """Put what is no number into two givens or parameters; return what these cells are called."""
    book, where = openpyxl.load_workbook(path), places_by_index(path)
    kinds = {tensor.name: tensor.kind for tensor in xlbackprop.inspect(path).tensors}
    givens = [place for place in where if kinds[place[0]] in ("given", "parameter")]
    no_numbers = [kind for kind, (_, names) in MISTAKES.items() if names <= {"invalid", "blank"}]
    planted = {}
    for chosen in random.choice(len(givens), min(2, len(givens)), replace=False):
        sheet, address = where[givens[chosen]]
        cell = book[sheet][address]
        spot = Spot(address, f"={address}", float(cell.value), np.array([cell.value]), random)
        kind = str(random.choice(no_numbers))
        content = MISTAKES[kind][0](spot)
        if content is not None and not str(content.value).startswith("=("):  # a circle
            _put(cell, content)
            planted[sheet, address] = MISTAKES[kind][1]
    book.save(path)
    return planted


def openpyxl_formula(value: Any) -> str | None:
    """Return a cell's formula as openpyxl has it, None where it has none."""
    return value if isinstance(value, str) and value.startswith("=") else None


def _mistake(spot: Spot) -> tuple[str, Content]:
    while True:
        kind = spot.pick(*MISTAKES)
        content = MISTAKES[kind][0](spot)
        if content is not None:
            return kind, content


def _put(cell: Any, content: Content) -> None:
    cell.value = content.value
    if content.data_type:
        cell.data_type = content.data_type
    if content.number_format:
        cell.number_format = content.number_format


def _type_honestly(
    book: Any, network: Network, arrays: Any, where: Any, random: np.random.Generator
) -> None:
    """Type some tensors by hand, rounded as one does."""
    for name in network.equation_of:
        if random.random() < 0.15:
            array = _rounded_visibly(network, name, arrays)
            for index in np.ndindex(array.shape):
                sheet, address = where[name, index]
                if openpyxl_formula(book[sheet][address].value):
                    book[sheet][address].value = float(array[index])


def _rounded_visibly(network: Network, name: str, arrays: Mapping[str, Array]) -> Array:
    """Return a tensor rounded by hand, to so many decimals that it is no copy and not one number.

    Neither would count for rounded.
    """
    array, first = arrays[name], decimals_of_tensor(network, name, arrays)
    sources = network.equation_of[name].sources.values()
    others = [arrays[one.name] for one in sources if one.shape == array.shape]
    for decimals in range(first, first + 15):
        rounded = np.asarray(np.round(array, decimals) + 0.0)
        is_copy = any(np.allclose(rounded, one, 1e-5, 0) and (array != one).any() for one in others)
        if not is_copy and (np.ptp(rounded) or is_one_number(array)):
            return rounded
    return array


def _count(table: Table, path: Path, planted: dict[tuple[str, str], Planted], seed: str) -> None:
    report = xlbackprop.check(path)
    found = {(cell.sheet, cell.cell): cell for cell in report.cells}
    diagnosed = {tensor.name for tensor in report.tensors if tensor.diagnosis}
    unseen = _unseen(path, list(planted.values()))
    for at, one in planted.items():
        row, cell = table.rows[one.kind], found.get(at)
        status = cell.status if cell else "right"
        row.planted += 1
        if at in unseen and status in HARMLESS:
            row.unseen += 1
        elif status in MISTAKES[one.kind][1]:
            row.found += 1
            row.named += bool(cell and (cell.note or cell.tensor in diagnosed))
        else:
            table.faults.append(f"{seed}: {one.kind} is {status}: {_shown(one, cell)}")
    innocents = [cell for at, cell in found.items() if at not in planted]
    table.innocents += sum(sum(tensor.counts.values()) for tensor in report.tensors) - len(planted)
    table.carried += len(innocents)
    table.faults += [
        f"{seed}: innocent {cell.tensor}{list(cell.index)} {cell.sheet}!{cell.cell} is"
        f" {cell.status}: {cell.found} for {cell.expected}, {cell.formula}, {cell.note}"
        for cell in innocents
        if cell.status not in HARMLESS
    ]


def _shown(one: Planted, cell: Any) -> str:
    note = cell.note if cell else ""
    return (
        f"{one.place} {one.sheet}!{one.address} {one.content.value!r} for {one.spot.value!r}"
        f" {one.spot.formula} (largest {one.spot.largest:.3g}) {note}"
    )


def _unseen(path: Path, planted: Sequence[Planted]) -> set[tuple[str, str]]:
    """Return where a mistake changes nothing: it is the truth, or follows from other mistakes.

    What follows from a text may also be what follows from 0, for which sums take it.
    """
    model = ironcalc.load_from_xlsx(str(path))
    sheets = {sheet["name"]: i for i, sheet in enumerate(model.get_worksheets_properties())}
    for row, one in enumerate(planted, 1):
        model.set_user_input(sheets[one.sheet], row, _FREE_COLUMN, one.spot.formula)
    model.evaluate()
    places = [(sheets[one.sheet], *coordinate_to_tuple(one.address)) for one in planted]
    numbers = [model.get_cell_value(*place) for place in places]
    follows = [
        [model.get_cell_value(place[0], row, _FREE_COLUMN) for row, place in enumerate(places, 1)]
    ]
    for place, number in zip(places, numbers, strict=True):
        if not _is_number(number):
            model.set_user_input(*place, "0")
    model.evaluate()
    follows.append(
        [model.get_cell_value(place[0], row, _FREE_COLUMN) for row, place in enumerate(places, 1)]
    )
    return {
        (one.sheet, one.address)
        for one, number, *others in zip(planted, numbers, *follows, strict=True)
        if any(_is_alike(one, number, other) for other in (one.spot.value, *others))
        or (one.refers and not _is_number(others[0]))  # there is no telling what follows
    }


def _is_alike(one: Planted, number: Any, other: Any) -> bool:
    if not _is_number(number):
        return one.refers and not _is_number(other)
    if not _is_number(other):
        other = 0.0  # for which sums and products take what is no number
    allowed = _MAY_BE_ROUNDED * one.spot.largest
    if not one.is_typed:
        allowed = _DIFFERS * max(abs(other), _OF_LARGEST * one.spot.largest)
    return abs(number - other) <= allowed


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
