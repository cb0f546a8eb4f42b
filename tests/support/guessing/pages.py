"""The workbooks: of our own templates without what describes them, and as people draw them."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
from openpyxl.utils.cell import rows_from_range

import xlbackprop
from tests.support.chains import drawn
from xlbackprop.spec import parse_spec


@dataclass(frozen=True)
class KnownPage:
    """A workbook, the spec of the network that is in it, and the cells of each tensor."""

    path: Path
    spec: object
    truth: dict = field(default_factory=dict)  # the cells of a tensor's entries, by its name


def _spec(shape, *layers, loss="given", batch=0, end=""):
    lines = [f'name = "known"\ninput = {list(shape)}', f"batch = {batch}" if batch else ""]
    for kind, options in layers:
        lines.append(f'[[layers]]\ntype = "{kind}"\n{options}')
    return "\n".join([*lines, f'[loss]\ntype = "{loss}"', end, '[values]\nstyle = "normal"\n'])


def _dense(units, options=""):
    return "dense", f"units = {units}\n{options}"


def _conv(filters, kernel, options=""):
    return "conv2d", f"filters = {filters}\nkernel = {kernel}\n{options}"


_NO_BIAS, _SHARES = "bias = false", 'target = "probabilities"'
_TRAINED = '[training]\noptimizer = "sgd"\nlr = 0.5\nsteps = 4\nlayout = "rows"'
OURS = {
    "dense": _spec((3,), _dense(2)),
    "dense, mse": _spec((3,), _dense(4), loss="mse"),
    "mlp": _spec((2,), _dense(2), ("sigmoid", ""), _dense(2), ("sigmoid", ""), loss="half_sse"),
    "no bias": _spec((3,), _dense(3, _NO_BIAS), ("tanh", ""), _dense(2, _NO_BIAS), loss="mse"),
    "batch": _spec((3,), _dense(4), ("relu", ""), _dense(2), loss="mse", batch=5),
    "softmax": _spec((3,), _dense(4), ("tanh", ""), _dense(3), loss="cross_entropy", end=_SHARES),
    "softmax batch": _spec((4,), _dense(3), loss="cross_entropy", batch=4, end=_SHARES),
    "softmax classes": _spec((4,), _dense(3), loss="cross_entropy"),
    "bce": _spec((3,), _dense(2), ("sigmoid", ""), loss="bce"),
    "bce of scores": _spec((3,), _dense(2), loss="bce_with_logits", batch=3),
    "sum of squares": _spec((3,), _dense(3), ("tanh", ""), loss="mse", end='reduction = "sum"'),
    "l1": _spec((3,), _dense(3), loss="l1"),
    "huber": _spec((3,), _dense(3), loss="huber"),
    "softplus": _spec((3,), _dense(4), ("softplus", ""), _dense(2), loss="mse"),
    "leaky": _spec((3,), _dense(4), ("leaky_relu", ""), _dense(3), loss="mse"),
    "softmax layer": _spec((3,), _dense(4), ("softmax", ""), loss="half_sse"),
    "conv": _spec((2, 5, 5), _conv(3, 3)),
    "conv stride 2": _spec((3, 7, 7), _conv(2, 3, "stride = 2")),
    "conv padding": _spec((1, 5, 5), _conv(2, 3, "padding = 1")),
    "conv no bias": _spec((2, 5, 5), _conv(2, 2, _NO_BIAS)),
    "conv pool": _spec((1, 6, 6), _conv(2, 3), ("relu", ""), ("max_pool2d", "kernel = 2")),
    "conv conv": _spec((1, 6, 6), _conv(2, 3), ("relu", ""), _conv(1, 2), loss="mse"),
    "conv chain": _spec(
        (1, 6, 6), _conv(2, 3), ("relu", ""), ("max_pool2d", "kernel = 2"), ("flatten", ""),
        _dense(3), loss="cross_entropy", end=_SHARES,
    ),
    "conv global pool": _spec((1, 5, 5), _conv(3, 2), ("global_avg_pool", ""), loss="half_sse"),
    "conv batch": _spec((1, 4, 4), _conv(2, 2), ("relu", ""), batch=2),
    "pool alone": _spec((2, 4, 4), ("max_pool2d", "kernel = 2"), loss="half_sse"),
    "steps in rows": _spec((2,), _dense(3), ("tanh", ""), _dense(1), loss="mse", end=_TRAINED),
    "steps, batch": _spec((2,), _dense(2), ("sigmoid", ""), _dense(1), loss="mse", batch=3,
                          end=_TRAINED),
}  # fmt: skip


def ours(name, path, *, decimals=None):
    """Build one of our own pages without what describes it; its numbers typed, with `decimals`."""
    spec = parse_spec(OURS[name])
    xlbackprop.build(spec, path, force=True)
    truth = {
        one.name: [
            (block.sheet, cell)
            for block in one.blocks
            for row in rows_from_range(block.range)
            for cell in row
        ]
        for one in xlbackprop.inspect(path).tensors
    }
    book = openpyxl.load_workbook(path, data_only=decimals is not None)
    for own in list(book.defined_names):
        del book.defined_names[own]
    for sheet in ("_xlbackprop", "Overview"):
        del book[sheet]
    if decimals is not None:
        _round(book, decimals)
    book.save(path)
    return KnownPage(path, spec, truth)


def by_hand(seed, path, *, decimals=None):
    """Save the sheet of a seed as a person writes it; its numbers typed, with `decimals`."""
    sheet = drawn(seed)
    if decimals is not None:
        for (own, row, column), number in sheet.book.values.items():
            cell = sheet.book.workbook[own].cell(row, column)
            if cell.data_type == "f":
                cell.value = round(number, decimals)
    return _saved(sheet, path)


def _saved(sheet, path):
    sheet.book.save(path)
    truth = {name: _in_order(places) for name, places in sheet.truth.items()}
    return KnownPage(path, sheet.network.spec, truth)


def _in_order(places):
    return [places.at(index) for index in np.ndindex(places.rows.shape)]


def _round(book, decimals):
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, float):
                    cell.value = round(cell.value, decimals)
