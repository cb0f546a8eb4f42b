"""The user's formulas evaluated anew, so that what is judged is not what was once saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from xlbackprop.equation import Array
from xlbackprop.errors import EngineError, shown, suggestion
from xlbackprop.formula.grid import Block
from xlbackprop.formula.places import Places
from xlbackprop.network import Network
from xlbackprop.progress import tell
from xlbackprop.workbook.engine.calculation import Calculation
from xlbackprop.workbook.engine.cell_list import CellList, Values
from xlbackprop.workbook.engine.dependencies import Needed
from xlbackprop.workbook.engine.disputes import Disputes, Settled
from xlbackprop.workbook.engine.formula_cells import FormulaCells, formula_cells
from xlbackprop.workbook.engine.results import notes_on, notes_on_dates, with_values
from xlbackprop.workbook.engine.settings import EngineName, Limits
from xlbackprop.workbook.engine.stopped import EngineStopped
from xlbackprop.workbook.engine.transfer import Transfer, everything
from xlbackprop.workbook.notes import Note, NoteKind
from xlbackprop.workbook.read.found import Found, read_tensors
from xlbackprop.workbook.read.workbook import Workbook


def engine_name(engine: EngineName | str, *, proves: bool = False) -> EngineName:
    """Return the engine of a name.

    Raises EngineError where there is none, it is missing, or it is to prove and cannot.
    """
    if engine not in set(EngineName):
        raise EngineError(f"there is no engine {shown(engine)}{suggestion(engine, EngineName)}")
    name = EngineName(engine)
    if proves and name is not EngineName.IRONCALC:
        raise EngineError(f"nothing can be proven with the engine {name}: leave --engine out")
    if name is EngineName.LIBREOFFICE:
        from xlbackprop.workbook.engine.libreoffice import find_libreoffice  # noqa: PLC0415

        find_libreoffice()
    return name


@contextmanager
def start(path: Path, name: EngineName, limits: Limits) -> Iterator[Recalculation]:
    """Start to recalculate a workbook that has passed the guard."""
    calculation = Calculation(limits) if name is EngineName.IRONCALC else None
    try:
        yield Recalculation(path, name, limits, calculation)
    finally:
        if calculation is not None:
            calculation.stop()


@dataclass(frozen=True)
class Recalculation:
    """A workbook's file, and what is to recalculate it; `calculation` but for other programs."""

    path: Path
    name: EngineName
    limits: Limits
    calculation: Calculation | None

    def read(
        self,
        workbook: Workbook,
        network: Network,
        places: Mapping[str, Places],
        blocks: Mapping[str, tuple[Block, ...]],
        chosen: Mapping[str, Array],
    ) -> tuple[dict[str, Found], tuple[Note, ...]]:
        """Return the tensors that have places with what their formulas give, and notes.

        `blocks` are those of a workbook that this program laid out, `chosen` the numbers of
        givens that it does not have. A cell that cannot be computed keeps its saved value, and
        so do all where the engine stopped. Raises WorkbookError where a sheet cannot be read.
        """
        found = read_tensors(workbook, network.tensors, places, blocks)
        notes = tuple(notes_on_dates(found))
        if self.name is EngineName.NONE:
            return found, notes
        tell("recalculating")
        transfer = Transfer(workbook, places.values()) if self.calculation else None
        cells = _formula_cells(workbook, found, transfer)
        if self.calculation and transfer:
            self.calculation.take(transfer)
        try:
            settled = self._settled(cells, partial(_expected, network, found, chosen))
        except EngineStopped as reason:
            return found, (*notes, Note(NoteKind.NOT_RECALCULATED, reason=str(reason)))
        found, more = _results(found, cells, settled)
        return found, notes + more

    def _settled(self, cells: FormulaCells, expected: Callable[[Values], Array]) -> Settled:
        if self.calculation is None:
            return Settled(self._in_libreoffice(cells.cells), cells.hopeless())
        return Disputes(self.calculation, cells, expected, self._second_opinion).settle()

    def page_values(self, workbook: Workbook, sheets: Sequence[str], cells: CellList) -> Values:
        """Return what some cells hold, whatever they rest on. Raises EngineStopped.

        For a workbook of which it is not yet known which cells matter. Half of the time is enough
        for it, and what stops it then stops nothing later.
        """
        if self.calculation is None:
            return self._in_libreoffice(cells)
        self.calculation.take(Transfer(workbook, (), everything(workbook, sheets)), share=0.5)
        return self.calculation.values(cells)

    def _in_libreoffice(self, cells: CellList) -> Values:
        from xlbackprop.workbook.engine.libreoffice import LibreOffice  # noqa: PLC0415  (rarely)

        return LibreOffice(self.path, self.limits).values(cells)

    def _second_opinion(self, cells: CellList) -> Values | None:
        """Return what LibreOffice gives, or None where it is not installed or comes to nothing."""
        left = self.calculation.seconds_left if self.calculation else self.limits.seconds
        try:
            return replace(self, limits=replace(self.limits, seconds=left))._in_libreoffice(cells)
        except (EngineError, EngineStopped):
            return None


def _formula_cells(
    workbook: Workbook, found: Mapping[str, Found], transfer: Transfer | None
) -> FormulaCells:
    """Return all cells that are computed: the tensors', and those that they rest on."""
    needed = transfer.needed if transfer else Needed()
    sheets = {sheet for one in found.values() for sheet in one.places.sheets}
    stored = {sheet: workbook.cells(sheet) for sheet in (*sheets, *needed.cells)}
    others = transfer.others() if transfer else {}
    names = {name: meaning for (_, name), meaning in needed.names.items()}
    return formula_cells(list(found.values()), others, stored, names)


def _results(
    found: Mapping[str, Found], cells: FormulaCells, settled: Settled
) -> tuple[dict[str, Found], tuple[Note, ...]]:
    tensors = list(found.values())
    untried = np.zeros(len(cells), dtype=np.bool_)
    untried[list(settled.unable)] = True
    judged = {at for at in settled.unable if at < cells.judged}
    if others := settled.unable.keys() - judged:
        from xlbackprop.workbook.engine.chains import resting_on  # noqa: PLC0415  (rarely)

        untried |= resting_on(cells, others, judged)
    results = with_values(tensors, settled, untried)
    return results, tuple(notes_on(results, len(settled.elsewhere)))


def _expected(
    network: Network, found: Mapping[str, Found], chosen: Mapping[str, Array], values: Values
) -> Array:
    """Return what the tensors' formulas should give from the givens; NaN where that is unknown."""
    tensors = list(found.values())
    count = sum(int(one.has_formula.sum()) for one in tensors)
    now = with_values(tensors, Settled(values), np.zeros(count, np.bool_))
    inputs = dict(chosen)
    for tensor in network.inputs:
        if tensor.name in now:
            numbers = now[tensor.name].numbers
            inputs[tensor.name] = np.where(tensor.domain.allows(numbers), numbers, np.nan)
    with np.errstate(all="ignore"):
        arrays = network.evaluate(inputs)
    return np.concatenate([arrays[name][one.has_formula] for name, one in found.items()])
