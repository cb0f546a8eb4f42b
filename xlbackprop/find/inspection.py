"""What a workbook says of itself: its network, and where each tensor stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlbackprop.equation import Index, Shape, Tensor
from xlbackprop.find.mapping import Map, ranges_of
from xlbackprop.find.sheets import wanted_sheet
from xlbackprop.find.subject import Subject, find_subject
from xlbackprop.spec import Spec
from xlbackprop.workbook import description
from xlbackprop.workbook.engine.settings import DEFAULT_LIMITS
from xlbackprop.workbook.opening import as_xlsx
from xlbackprop.workbook.read.workbook import open_workbook


@dataclass(frozen=True)
class BlockPlace:
    """Where a block stands: its leading indices, its sheet, its range."""

    index: Index
    sheet: str
    range: str


@dataclass(frozen=True)
class TensorPlace:
    """A tensor of a workbook: its kind, its shape, its blocks."""

    name: str
    kind: str
    shape: Shape
    blocks: tuple[BlockPlace, ...]


@dataclass(frozen=True)
class Inspection:
    """What a workbook says of itself."""

    name: str
    format: int
    tensors: tuple[TensorPlace, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the inspection as plain lists and dictionaries."""
        return asdict(self)


def inspect(
    path: str | Path,
    *,
    spec: Spec | str | Path | None = None,
    map: Map | str | Path | None = None,  # noqa: A002
    sheet: str | None = None,
) -> Inspection:
    """Return the network of a workbook and where each of its tensors stands.

    A block's cells in row-major order are `tensor[index]` in C order; where a `map` places a
    tensor in another way, each of its entries is a block. `spec` takes the place of the one that
    the workbook or the map names. With `sheet` only what stands on that sheet is told.
    Raises WorkbookError, SpecError or MapError where one of them cannot be used.
    """
    path = Path(path)
    with as_xlsx(path, DEFAULT_LIMITS) as file, open_workbook(file, path) as workbook:
        subject = find_subject(workbook, spec, map)
        wanted = wanted_sheet(workbook, sheet) if sheet is not None else None
    tensors = tuple(
        TensorPlace(
            name,
            str(tensor.kind),
            tensor.shape,
            tuple(one for one in _blocks(tensor, subject) if wanted in (None, one.sheet)),
        )
        for name, tensor in subject.network.tensors.items()
        if name in subject.places and (wanted is None or wanted in subject.places[name].sheets)
    )
    written = description.format_of(has_folds=subject.network.has_folds)
    return Inspection(subject.network.spec.name, written, tensors)


def _blocks(tensor: Tensor, subject: Subject) -> list[BlockPlace]:
    return [BlockPlace(*one) for one in ranges_of(tensor, subject.places[tensor.name])]
