"""A table with a row for each training step, and a column for each scalar."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openpyxl

import xlbackprop
from tests.support.handmade.book import Foreign
from tests.support.handmade.pages import mlp
from tests.support.handmade.pen import Pen
from tests.support.handmade.writings import address
from xlbackprop.formula.places import Places

STEPS = 4
_FIXED = ("dense1.h", "loss.target", "training.lr")  # once, in the second row
_FIRST_ROW = 4

SPEC = """\
name = "mlp"
input = [2]
layers = [
  {{ type = "dense", units = 2 }}, {{ type = "sigmoid" }},
  {{ type = "dense", units = 2 }}, {{ type = "sigmoid" }},
]
loss = {{ type = "half_sse" }}
training = {{ optimizer = "sgd", lr = 0.5, steps = {steps} }}
"""


def build_steps_table(folder: Path, changes: dict | None = None) -> Foreign:
    """Write the two-layer network's training as a table; `changes` are formulas by tensor, index.

    Each row's weights are those of the row before less the learning rate times their gradient.
    """
    (folder / "mlp.toml").write_text(SPEC.format(steps=STEPS))
    network = xlbackprop.build_network(xlbackprop.load_spec(folder / "mlp.toml"))
    page = mlp()
    columns = _columns([name for name in page.tensors if not name.endswith("_new")], network)
    book = openpyxl.Workbook()
    sheet = book.active
    for name, column in columns.items():
        sheet.cell(1 if name in _FIXED else _FIRST_ROW, column + 1, name)
    places = {}
    for step in range(1, STEPS + 1):
        own = {name: _places(name, column, step, network) for name, column in columns.items()}
        pen = Pen(own, "Sheet", "spelled", {})
        for name in columns:
            full = f"step{step}.{name}" if step > 1 else name
            if step > 1 and name in _FIXED:
                continue
            for index in np.ndindex(own[name].rows.shape):
                text = _entry(page, pen, places, name, index, step)
                text = (changes or {}).get((full, index), text)
                sheet[own[name].at(index)[1]] = text
        places |= {f"step{step}.{name}" if step > 1 else name: own[name] for name in columns}
    places.pop(f"step{STEPS}.training.lr")
    for step in range(2, STEPS):
        places.pop(f"step{step}.training.lr")
    path = folder / "steps.xlsx"
    book.save(path)
    return Foreign(path, network, _map(columns, network), places)


def _columns(names, network):
    columns, fixed, moving = {}, 1, 1
    for name in names:
        size = network.tensors[name].size
        if name in _FIXED:
            columns[name], fixed = fixed, fixed + size + 1
        else:
            columns[name], moving = moving, moving + size
    return columns


def _places(name, column, step, network):
    shape = network.tensors[name].shape
    row = 1 if name in _FIXED else _FIRST_ROW + step - 1
    count = int(np.prod(shape))
    across = (column + np.arange(count, dtype=np.int32)).reshape(shape)
    return Places(("Sheet",), np.zeros(shape, np.int32), np.full(shape, row, np.int32), across)


def _entry(page, pen, before, name, index, step):
    if name not in page.given:
        return f"={page.formulas[name](pen, *index)}"
    if step == 1:
        return float(page.given[name][index])
    last = f"step{step - 1}." if step > 2 else ""
    owner, _, short = name.rpartition(".")
    w = before[last + name].at(index)[1]
    gradient = before[f"{last}{owner}.dL_d{short}"].at(index)[1]
    lr = before["training.lr"].at(())[1].replace("2", "$2")
    return f"={w}-${lr}*{gradient}"


def _map(columns, network):
    lines = ['spec = "mlp.toml"', "step = { rows = 1 }", "[tensors]"]
    for name, column in columns.items():
        size = network.tensors[name].size
        if name in _FIXED:
            first, _, last = address(1, column, 1, size).partition(":")
            text = ":".join(one.replace("2", "$2") for one in (first, last) if one)
        else:
            text = address(_FIRST_ROW, column, 1, size)
        lines.append(f'{name} = "{text}"')
    return "\n".join(lines) + "\n"
