"""Pages laid out as other people might, with the truth of where each tensor stands.

The formulas refer to the cells that an entry is made from; the numbers saved with them are the
network's own, so nothing here depends on a spreadsheet program.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

import numpy as np
import xlsxwriter

from xlbackprop.equation import Kind
from xlbackprop.formula.places import Places
from xlbackprop.formula.references import References
from xlbackprop.network import build_network
from xlbackprop.spec.templates import load_spec

LABELS = {
    "h": "input x", "w": "weights w", "b": "bias b", "out": "output", "dL_dout": "dL/dout",
    "dL_dw": "dL/dw", "dL_db": "dL/db", "dL_dh": "dL/dh", "L": "Loss L", "target": "target",
    "lr": "learning rate", "w_new": "w new", "b_new": "b new", "error": "error",
}  # fmt: skip


def draw(network, seed=0, integers=False):
    """Return arrays of all tensors, from numbers that are drawn."""
    random = np.random.default_rng(seed)
    values = {}
    for tensor in network.inputs:
        if tensor.domain.initial is not None:
            values[tensor.name] = np.full(tensor.shape, tensor.domain.initial)
        elif integers:
            values[tensor.name] = random.integers(-3, 5, tensor.shape).astype(float)
        else:
            values[tensor.name] = np.round(random.normal(0, 1, tensor.shape), 2)
    return network.evaluate(values)


@dataclass
class Page:
    """Cells as they are put on sheets, and where each tensor's entries went."""

    network: object
    arrays: dict
    cells: dict = field(default_factory=dict)  # (sheet, row, column): (tensor, index) or text
    truth: dict = field(default_factory=dict)
    merged: list = field(default_factory=list)
    comma: bool = False
    wrong: dict = field(default_factory=dict)  # number by (tensor, index)
    decimals: int | None = None  # of computed numbers that are typed, where no formulas are

    def text(self, sheet, row, column, text):
        self.cells[sheet, row, column] = text

    def put(self, name, sheet, places):
        """Place a tensor: `places` are (rows, columns) or (sheets, rows, columns)."""
        tensor = self.network.tensors[name]
        on, rows, columns = places if len(places) == 3 else (None, *places)
        sheets = (sheet,) if on is None else tuple(dict.fromkeys(np.ravel(on).tolist()))
        numbers = np.zeros(tensor.shape, np.int32)
        if on is not None:
            numbers = np.vectorize(sheets.index)(on).astype(np.int32).reshape(tensor.shape)
        rows, columns = (np.asarray(a, np.int32).reshape(tensor.shape) for a in (rows, columns))
        self.truth[name] = Places(sheets, numbers, rows, columns)
        for index in np.ndindex(tensor.shape):
            place = (sheets[numbers[index]], int(rows[index]), int(columns[index]))
            assert place not in self.cells, (name, place)
            self.cells[place] = (name, index)

    def number(self, name, index):
        return self.wrong.get((name, index), float(self.arrays[name][index]))

    def write(self, path):
        made_of = MadeOf(self.network, self.truth)
        sheets = dict.fromkeys(sheet for sheet, _, _ in self.cells)
        with xlsxwriter.Workbook(str(path)) as book:
            own = {sheet: book.add_worksheet(sheet) for sheet in sheets}
            for sheet, row, column, width in self.merged:
                text = self.cells[sheet, row, column]
                own[sheet].merge_range(row, column, row, column + width - 1, text)
            for (sheet, row, column), what in self.cells.items():
                if isinstance(what, str):
                    own[sheet].write_string(row, column, what)
                elif isinstance(what, (int, float)):
                    own[sheet].write_number(row, column, what)
                elif self.decimals is not None:
                    own[sheet].write_number(row, column, round(self.number(*what), self.decimals))
                elif self.network.tensors[what[0]].kind.is_computed:
                    formula = made_of.formula(*what, sheet)
                    own[sheet].write_formula(row, column, formula, None, self.number(*what))
                elif self.comma:
                    own[sheet].write_string(
                        row, column, f"{self.number(*what):g}".replace(".", ",")
                    )
                else:
                    own[sheet].write_number(row, column, self.number(*what))
        return path


class MadeOf:
    """Formulas that refer to what an entry is made from, wherever that stands."""

    def __init__(self, network, truth):
        self.references, self.truth = References(network), truth

    def formula(self, name, index, sheet):
        cells = dict.fromkeys(self.cells(name, index))
        addresses = [a if on == sheet else f"'{on}'!{a}" for on, a in cells]
        return f"=SUM({','.join(addresses[:60])})" if addresses else "=0"

    def cells(self, name, index):
        for source in self.references.sources(name, index):
            for entry in self.references.entries(source):
                if source.tensor in self.truth:
                    yield self.truth[source.tensor].at(entry)
                else:
                    yield from self.cells(source.tensor, entry)


def shown(network):
    """Return the tensors that a person would write down: no copies, no helpers."""
    return [
        tensor
        for tensor in network.tensors.values()
        if tensor.kind not in (Kind.LINK, Kind.HELPER)
        and not (tensor.layer.startswith("flatten") and tensor.short == "dL_dh")
    ]


def title(tensor):
    return f"{LABELS[tensor.short]} ({tensor.layer})"


def block_size(tensor):
    *_, height, width = (1, 1, *tensor.shape)
    return (width, 1) if tensor.vertical and len(tensor.shape) == 1 else (height, width)


def block_cells(tensor, transposed=False):
    """Return rows and columns of the entries within their block, and the blocks' numbers."""
    rank = min(2, len(tensor.shape))
    inner = tensor.shape[len(tensor.shape) - rank :]
    rows, columns = np.zeros(tensor.shape, int), np.zeros(tensor.shape, int)
    if rank == 2:
        rows, columns = (np.broadcast_to(a, tensor.shape) for a in np.indices(inner))
    elif rank == 1:
        line = np.arange(inner[0])
        rows, columns = (line, 0 * line) if tensor.vertical else (0 * line, line)
    count = prod(tensor.shape[: len(tensor.shape) - rank])
    numbers = np.arange(count).reshape((*tensor.shape[: len(tensor.shape) - rank], *([1] * rank)))
    if transposed:
        rows, columns = columns, rows
    return rows, columns, np.broadcast_to(numbers, tensor.shape), count


def stacked(page, *, sheet="Page", sheet_of=None, down=True, gap=1, labels=True, transposed=False,
            edges=False, merged=False, grid=False):  # fmt: skip
    """Tensor after tensor; a tensor's blocks follow each other the other way."""
    at = {}
    for tensor in shown(page.network):
        on = sheet_of(tensor) if sheet_of else sheet
        start = at.get(on, 2 if edges else 1)
        rows, columns, numbers, count = block_cells(tensor, transposed)
        height, width = (int(a.max()) + 1 if a.size else 1 for a in (rows, columns))
        edge = int(edges)
        if down:
            label = on, start, edge + 0
            top, left = start + 1 + edge, edge + numbers * (width + gap + edge)
            at[on] = start + height + 2 + edge
            across = tensor.shape[1] if grid and len(tensor.shape) == 4 else count
            top, left = top + numbers // across * (height + gap), (numbers % across) * (width + gap)
            at[on] += (count // across - 1) * (height + gap)
            if edges:
                top, left = start + 2, 1 + numbers * (width + gap + 1)
        else:
            label = on, 0, start
            top, left = 2 + edge + numbers * (height + gap + edge), start
            at[on] = start + width + 1 + edge
        places = (np.broadcast_to(top, tensor.shape) + rows,
                  np.broadcast_to(left, tensor.shape) + columns)  # fmt: skip
        page.put(tensor.name, on, places)
        if edges:
            add_edges(page, on, places, numbers)
        if labels and label not in page.cells:
            page.text(*label, title(tensor))
            if merged and width > 1:
                page.merged.append((*label, width))


def add_edges(page, sheet, places, numbers):
    rows, columns = places
    for number in np.unique(numbers):
        own = numbers == number
        top, left = int(rows[own].min()), int(columns[own].min())
        for row in np.unique(rows[own]).tolist():
            page.cells.setdefault((sheet, row, left - 1), row - top)
        for column in np.unique(columns[own]).tolist():
            page.cells.setdefault((sheet, top - 1, column), column - left)


def flat(page, *, down, sheet="Page", beside=True):
    """Each tensor as one row or one column, its label before it."""
    for number, tensor in enumerate(shown(page.network)):
        line = np.arange(tensor.size)
        across = 2 * number
        if down:
            page.text(sheet, 0, across, title(tensor))
            page.put(tensor.name, sheet, (1 + line, across + 0 * line))
        else:
            page.text(sheet, across if not beside else number, 0, title(tensor))
            page.put(tensor.name, sheet, ((number if beside else across) + 0 * line, 1 + line))


def table(page, *, across, sheet="Page"):
    """A heading for each number, all in one row or one column."""
    position = 0
    for tensor in shown(page.network):
        letters = {"h": "x", "target": "t", "lr": "eta", "L": "E", "error": "err"}
        for number, index in enumerate(np.ndindex(tensor.shape)):
            name = letters.get(tensor.short, LABELS[tensor.short])
            label = f"{name} {tensor.layer}" + (f" {number + 1}" if tensor.size > 1 else "")
            row, column = (0, position) if across else (position, 0)
            page.text(sheet, row, column, label)
            page.cells[sheet, row + across, column + (not across)] = (tensor.name, index)
            position += 1
    for tensor in shown(page.network):
        own = {index: place for place, what in page.cells.items()
               if isinstance(what, tuple) and what[0] == tensor.name
               for index in [what[1]]}  # fmt: skip
        rows, columns = (np.zeros(tensor.shape, int) for _ in range(2))
        for index, (_, row, column) in own.items():
            rows[index], columns[index] = row, column
            del page.cells[sheet, row, column]
        page.put(tensor.name, sheet, (rows, columns))


def channels_last(page, sheet="Page"):
    """Images as rows, with each pixel's channels side by side; filters a, b, c, k."""
    start = 0
    for tensor in shown(page.network):
        page.text(sheet, start, 0, title(tensor))
        index = np.indices(tensor.shape)
        if len(tensor.shape) == 3:
            channel, row, column = index
            places = row, column * tensor.shape[0] + channel
        elif len(tensor.shape) == 4:
            k, c, a, b = index
            places = a, (b * tensor.shape[1] + c) * tensor.shape[0] + k
        else:
            rows, columns, _, _ = block_cells(tensor)
            places = rows, columns
        page.put(tensor.name, sheet, (start + 1 + places[0], places[1]))
        start += int(np.max(places[0])) + 3


def by_kind(tensor):
    return {True: "Forward", False: "Gradients"}[tensor.kind is Kind.FORWARD] if (
        tensor.kind.is_computed) else "Data"  # fmt: skip


def by_channel(page):
    """A sheet for each of the slowest index, the same place on each."""
    start = 0
    for tensor in shown(page.network):
        rows, columns, _, _ = block_cells(tensor)
        if len(tensor.shape) < 3:
            sheets = np.full(tensor.shape, "S0")
            page.text("S0", start, 0, title(tensor))
            page.put(tensor.name, "S0", (sheets, start + 1 + rows, columns))
        else:
            index = np.indices(tensor.shape)
            sheets = np.char.add("S", index[0].astype(str))
            if len(tensor.shape) == 4:
                columns = columns + index[1] * (tensor.shape[-1] + 1)
            page.put(tensor.name, "S0", (sheets, start + 1 + rows, columns))
            for number in range(tensor.shape[0]):
                page.text(f"S{number}", start, 0, title(tensor))
        start += int(rows.max()) + 3 if tensor.size else 3


LAYOUTS: dict[str, Callable[[Page], None]] = {
    "one-below-the-other": stacked,
    "side-by-side": lambda page: stacked(page, down=False),
    "no-gaps": lambda page: stacked(page, down=False, gap=0),
    "filters-in-a-grid": lambda page: stacked(page, grid=True),
    "transposed": lambda page: stacked(page, transposed=True),
    "three-sheets": lambda page: stacked(page, sheet_of=by_kind),
    "indices-along-the-edges": lambda page: stacked(page, edges=True),
    "merged-titles": lambda page: stacked(page, merged=True),
    "no-labels": lambda page: stacked(page, labels=False),
    "one-column-each": lambda page: flat(page, down=True),
    "one-row-each": lambda page: flat(page, down=False),
    "channels-last": channels_last,
    "a-sheet-for-each-channel": by_channel,
    "commas-as-text": lambda page: stacked(page, down=False),
}
TABLES = {
    "table-row": lambda page: table(page, across=True),
    "table-column": lambda page: table(page, across=False),
}


def strange_page(template, layout, seed=0, integers=None):
    """Return a network's page in one of the layouts."""
    network = build_network(load_spec(template))
    integers = template == "conv5x5x2" if integers is None else integers
    page = Page(network, draw(network, seed, integers))
    page.comma = layout == "commas-as-text"
    (LAYOUTS | TABLES)[layout](page)
    return page
