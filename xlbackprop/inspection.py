"""What a workbook says of itself: its network, and where each tensor stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlbackprop.equation import Index, Shape
from xlbackprop.errors import SpecError, WorkbookError
from xlbackprop.network import Network, build_network
from xlbackprop.spec import Spec, parse_spec
from xlbackprop.templates import load_spec
from xlbackprop.workbook import description
from xlbackprop.workbook.found import find_blocks
from xlbackprop.workbook.read import Workbook, open_workbook

MAX_DESCRIPTION_CELLS = 20_000


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


def inspect(path: str | Path) -> Inspection:
    """Return the network of a workbook and where each of its tensors stands.

    A block's cells in row-major order are `tensor[index]` in C order.
    Raises WorkbookError where the file cannot be used.
    """
    with open_workbook(Path(path)) as workbook:
        network = network_of(workbook)
        blocks = find_blocks(workbook, network)
    tensors = tuple(
        TensorPlace(
            name,
            str(tensor.kind),
            tensor.shape,
            tuple(BlockPlace(block.index, block.sheet, block.range) for block in blocks[name]),
        )
        for name, tensor in network.tensors.items()
    )
    return Inspection(network.spec.name, description.FORMAT, tensors)


def network_of(workbook: Workbook, spec: Spec | str | Path | None = None) -> Network:
    """Return the network that a workbook describes, or the one of `spec` where that is given.

    Raises WorkbookError where the workbook's own description is missing or broken.
    """
    if spec is not None:
        return build_network(spec if isinstance(spec, Spec) else load_spec(spec))
    if description.SHEET not in workbook.sheets:
        raise WorkbookError(
            f"it has no sheet {description.SHEET}, so it was not built by xlbackprop: build one"
            " with `xlbackprop build SPEC --blank all` and fill that in"
        )
    cells = workbook.cells(description.SHEET)
    if cells.seen > MAX_DESCRIPTION_CELLS:
        raise WorkbookError(
            f"its sheet {description.SHEET} has more than {MAX_DESCRIPTION_CELLS} cells"
        )
    text = description.read_description(cells.by_place())
    try:
        # Without a folder, and without values: nothing that a stranger's spec names is opened.
        return build_network(parse_spec(text))
    except SpecError as error:
        raise WorkbookError(f"its sheet {description.SHEET} is broken: {error}") from None
