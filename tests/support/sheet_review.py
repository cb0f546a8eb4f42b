"""A review of a sheet of which no network is known: its own columns, judged by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl

from xlbackprop import Review
from xlbackprop.equation import Kind, Tensor
from xlbackprop.formula.grid import Block
from xlbackprop.formula.places import places_in_blocks
from xlbackprop.judge.diagnosis import Diagnosis
from xlbackprop.judge.judgement import Judgement, Status
from xlbackprop.workbook.read.cells import State
from xlbackprop.workbook.read.found import read_tensors
from xlbackprop.workbook.read.workbook import open_workbook

STEPS = 68
TOP = 2  # the row, from 0, in which the steps begin
RATE = 0.5
SLIP = "a (1 - a) missing"
MESSAGE = "a (1 - a) missing: times C(1-C) in the row's own cell"
RULE = "dE/dw = (a - t) a (1 - a) x"
SHEET = "Perceptron"
_STATUSES = {"a": Status.RIGHT, "E": Status.CARRIED, "dE/dw": Status.WRONG}
_COLUMNS = {"w": Kind.PARAMETER, "a": Kind.FORWARD, "E": Kind.FORWARD, "dE/dw": Kind.BACKWARD}


def write_steps(path: Path) -> Path:
    """Write a workbook of one weight that is trained row by row, with a slip in each gradient."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet.append(["one weight", "x", 0.8, "t", 0.1])
    sheet.append(["step", *_COLUMNS])
    for step in range(STEPS):
        row = TOP + 1 + step
        weight = f"=B{row - 1}-{RATE}*E{row - 1}" if step else 0.3
        activation, error = f"=1/(1+EXP(-B{row}*$C$1))", f"=(C{row}-$E$1)^2/2"
        sheet.append([step, weight, activation, error, f"=(C{row}-$E$1)*$C$1"])
    book.save(path)
    return path


def steps_review(folder: Path) -> Review:
    """Return the review of that workbook: all gradients wrong for one cause, the losses carried."""
    path = write_steps(folder / "steps.xlsx")
    tensors = {
        name: Tensor("", name, (STEPS,), ("i",), kind, "", block_rank=1, vertical=True)
        for name, kind in _COLUMNS.items()
    }
    places = {
        name: places_in_blocks(tensor, [Block(name, (), SHEET, TOP, column, STEPS, 1)])
        for column, (name, tensor) in enumerate(tensors.items(), start=1)
    }
    with open_workbook(path) as workbook:
        found = read_tensors(workbook, tensors, places)
    right, none = np.linspace(0.1, 0.2, STEPS), np.zeros(STEPS, dtype=bool)
    judgements = {}
    for name, status in _STATUSES.items():
        found[name] = replace(
            found[name], numbers=1.25 * right, states=np.full(STEPS, State.NUMBER, dtype=np.int8)
        )
        statuses = np.full(STEPS, status, dtype=np.int8)
        judgements[name] = Judgement(found[name], statuses, right, right, none, none)
    return Review(
        None,
        found,
        judgements,
        diagnoses={"dE/dw": (Diagnosis(SLIP, MESSAGE, ~none),)},
        workbook=str(path),
        own_title="the formulas of Perceptron",
        own_rules={"dE/dw": RULE},
    )
