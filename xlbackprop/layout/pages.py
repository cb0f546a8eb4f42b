"""The page of one layer: where its blocks stand.

One sheet for each layer. On it, columns of tensors from input (left) to output (right), and two
bands: forward above, backward below, each gradient under its own tensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, prod

from xlbackprop.equation import Equation, Kind, Place, Tensor
from xlbackprop.errors import SpecError
from xlbackprop.formula.addresses import MAX_COLUMNS, MAX_ROWS
from xlbackprop.formula.grid import Block, block_size
from xlbackprop.network import Network
from xlbackprop.network.steps import NetworkLayer, Step
from xlbackprop.network.training import OWNER as TRAINING

# All columns have this width, in characters of the standard font.
COLUMN_WIDTH = 6.5
# How wide the fonts of titles and equations run, in characters of the standard font.
_TITLE_CHARACTER, _EQUATION_CHARACTER = 0.82, 0.72

TITLE_ROW, ABOUT_ROW, LEGEND_ROW = 0, 1, 2
HEAD_ROWS = 3  # frozen, and repeated on every printed page
_FIRST_ROW = 4
_FIRST_COLUMN = 1  # the first column is a margin


@dataclass(frozen=True)
class Text:
    """A text on the page; `style` names one of the writer's formats."""

    row: int
    column: int
    text: str | int
    style: str


@dataclass(frozen=True)
class Heading:
    """A tensor's title, and its equation in the row below."""

    row: int
    column: int
    tensor: Tensor
    equation: str


@dataclass(frozen=True)
class Sheet:
    """One layer's page."""

    name: str
    title: str
    about: str
    bands: tuple[Text, ...]
    headings: tuple[Heading, ...]
    edges: tuple[Text, ...]  # the blocks' labels, and the indices along their edges
    rows: int
    columns: int
    frozen: tuple[int, int] = (HEAD_ROWS, 1)  # the rows and columns that stay in sight


@dataclass(frozen=True)
class SheetContent:
    """What stands on one sheet: its head, and its bands of tensors from top to bottom."""

    name: str
    title: str
    about: str
    bands: tuple[tuple[str, list[Tensor]], ...]


def sheet_contents(network: Network) -> Iterator[SheetContent]:
    """Yield what stands on each sheet: the layers in order, then the training."""
    for number, layer in enumerate(network.layers):
        part = layer.equations
        bands = [band for step in network.steps for band in bands_of(step, number)]
        about = ". ".join(filter(None, [part.about, part.note]))
        yield SheetContent(layer.name, f"{layer.name} · {layer.type}", about, tuple(bands))
    if network.training:
        training = network.training
        yield SheetContent(
            TRAINING,
            f"training · {training.name}",
            f"{training.steps} step{'s' * (training.steps > 1)}; turn a hyperparameter, and all"
            " steps follow",
            (("TRAINING", training.shown(network.steps)),),
        )


def bands_of(step: Step, number: int) -> Iterator[tuple[str, list[Tensor]]]:
    """Yield the bands of a layer, by its number, in a step: forward, backward, update."""
    layer = step.layers[number]
    prefix = f"STEP {step.number} · " if step.number > 1 or layer.updates else ""
    yield f"{prefix}FORWARD  →", _forward(step, layer)
    yield f"{prefix}BACKWARD  ←", _backward(layer)
    if layer.updates:
        of_layer = [e.target for e in step.clipping if e.target.layer == layer.name]
        updates = [equation.target for equation in layer.updates]
        yield f"{prefix}UPDATE  ↓", [*layer.states, *of_layer, *updates]


def _forward(step: Step, layer: NetworkLayer) -> list[Tensor]:
    part = layer.equations
    outputs = [port.tensor for port in part.outputs]
    targets = [equation.target for equation in part.forward if equation.target not in outputs]
    inputs = [port.tensor for port in part.inputs]
    parameters = [port.tensor for port in part.parameters]
    tensors = [*inputs, *part.givens, *parameters, *targets, *outputs]
    if layer is step.layers[-1]:
        tensors += [*step.loss.givens, *(equation.target for equation in step.loss.forward)]
    return tensors


def _backward(layer: NetworkLayer) -> list[Tensor]:
    part = layer.equations
    upstream = [port.gradient for port in part.outputs if port.flows]
    links = [e.target for e in layer.backward_links if e.target not in upstream]
    # A sum comes below what it is the sum of, and a gradient before the helpers that stand below
    # it in the same column.
    targets = [equation.target for equation in (*part.backward, *layer.gathered)]
    ordered = sorted(targets, key=lambda tensor: tensor.kind is Kind.HELPER)
    return [*upstream, *links, *ordered]


class Page:
    """A sheet while its tensors are being placed."""

    def __init__(
        self,
        content: SheetContent,
        tensors: Mapping[str, Tensor],
        equations: Mapping[str, Equation],
    ) -> None:
        self.content, self.tensors, self.equations = content, tensors, equations
        self.blocks: dict[str, tuple[Block, ...]] = {}
        self.bands: list[Text] = []
        self.headings: list[Heading] = []
        self.edges: list[Text] = []

    def sheet(self) -> Sheet:
        """Return the sheet. Raises SpecError where it would be too large."""
        content = self.content
        starts = self._column_starts([t for _, tensors in content.bands for t in tensors])
        row = _FIRST_ROW
        for title, tensors in content.bands:
            row = self._place(title, tensors, row, starts) + 1
        columns = max(starts.values())
        if row > MAX_ROWS or columns > MAX_COLUMNS:
            raise SpecError(
                f'layer "{content.name}": its sheet would need {row:,} rows and {columns:,}'
                f" columns; a sheet has {MAX_ROWS:,} and {MAX_COLUMNS:,}"
            )
        return Sheet(
            name=content.name,
            title=content.title,
            about=content.about,
            bands=tuple(self.bands),
            headings=tuple(self.headings),
            edges=tuple(self.edges),
            rows=row,
            columns=columns,
        )

    def _column_of(self, tensor: Tensor) -> str:
        if tensor.place is Place.PARAMETERS:
            return "parameters"
        if tensor.place is Place.COLUMN or tensor.belongs_to is None:
            return tensor.short
        column = self._column_of(self.tensors[tensor.belongs_to])
        return f"{column}+" if tensor.place is Place.BESIDE else column

    def _column_starts(self, tensors: list[Tensor]) -> dict[str, int]:
        """Return each column's first sheet column, and under "" the one after the last."""
        widths: dict[str, int] = {}
        for tensor in tensors:
            column = self._column_of(tensor)
            widths[column] = max(widths.get(column, 0), self._width(tensor))
        starts, next_start = {}, _FIRST_COLUMN
        for column in sorted(widths, key=lambda c: (list(widths).index(c.rstrip("+")), c)):
            starts[column] = next_start
            next_start += widths[column] + 1
        return {**starts, "": next_start}

    def _width(self, tensor: Tensor) -> int:
        across, _ = _tiling(tensor)
        _, width = _tile_size(tensor)
        characters = max(
            len(heading_text(tensor)) * _TITLE_CHARACTER,
            len(self._equation_text(tensor)) * _EQUATION_CHARACTER,
        )
        return max(across * width, ceil(characters / COLUMN_WIDTH))

    def _equation_text(self, tensor: Tensor) -> str:
        equation = self.equations.get(tensor.name)
        return equation.math.text if equation else ""

    def _place(self, band: str, tensors: list[Tensor], top: int, starts: dict[str, int]) -> int:
        """Place a band's tensors below its bar; return the first row after them."""
        self.bands.append(Text(top, _FIRST_COLUMN, band, "band"))
        next_rows = dict.fromkeys(starts, top + 2)
        for tensor in tensors:
            column = self._column_of(tensor)
            next_rows[column] = self._place_tensor(tensor, next_rows[column], starts[column]) + 1
        return max(next_rows.values())

    def _place_tensor(self, tensor: Tensor, row: int, column: int) -> int:
        self.headings.append(Heading(row, column, tensor, self._equation_text(tensor)))
        _, down = _tiling(tensor)
        height, width = _tile_size(tensor)
        top = row + 2
        blocks = []
        for number, index in enumerate(tensor.block_indices()):
            right, below = divmod(number, down)
            blocks.append(
                self._place_block(tensor, index, top + below * height, column + right * width)
            )
        self.blocks[tensor.name] = tuple(blocks)
        return top + down * height

    def _place_block(self, tensor: Tensor, index: tuple[int, ...], row: int, column: int) -> Block:
        height, width = block_size(tensor)
        if index and tensor.block_shape:
            letters = tensor.axes[: len(index)]
            label = "  ".join(f"{letter}={i}" for letter, i in zip(letters, index, strict=True))
            self.edges.append(Text(row, column + 1, label, "label"))
            row += 1
        if tensor.block_shape:
            self._edge(tensor, row, column, height, width)
            column += 1
        elif index:
            self.edges.append(Text(row, column, index[-1], "edge"))
        if tensor.shape:
            row += 1
        return Block(tensor.name, index, self.content.name, row, column, height, width)

    def _edge(self, tensor: Tensor, row: int, column: int, height: int, width: int) -> None:
        """Write the indices above a block and on its left, where there are several."""
        if len(tensor.block_shape) == 2 or not tensor.vertical:
            self.edges += [Text(row, column + 1 + j, j, "edge") for j in range(width)]
        if len(tensor.block_shape) == 2 or tensor.vertical:
            self.edges += [Text(row + 1 + i, column, i, "side") for i in range(height)]


def heading_text(tensor: Tensor) -> str:
    """Return a tensor's title line: `dL/dw  gradient of the filters · 3×2×3×3 · backward`."""
    return f"{tensor.title}  {heading_about(tensor)}"


def heading_about(tensor: Tensor) -> str:
    """Return what follows the symbol in a title line."""
    name = f"{tensor.short}: " if tensor.symbol else ""
    parts = [f"{name}{tensor.about}", "×".join(map(str, tensor.shape)), tensor.kind]
    return " · ".join(part for part in parts if part)


def _tile_size(tensor: Tensor) -> tuple[int, int]:
    """Return the rows and columns that a block takes, with its label and its edges."""
    height, width = block_size(tensor)
    if not tensor.block_shape:
        return height + bool(tensor.shape), width
    return height + 1 + bool(tensor.leading), width + 1


def _tiling(tensor: Tensor) -> tuple[int, int]:
    """Return how many blocks stand across and how many down.

    The last leading index goes down, those before it across; single cells stand in a row.
    """
    if not tensor.leading:
        return 1, 1
    if not tensor.block_shape:
        return prod(tensor.leading), 1
    return prod(tensor.leading[:-1]), tensor.leading[-1]
