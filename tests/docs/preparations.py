"""What a page's commands need and a reader has by then: workbooks that somebody has filled in."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

import xlbackprop
from tests.support import keras_files
from tests.support.filling import arrays_of, fill
from xlbackprop.classroom.assignments.assignment import load_assignment
from xlbackprop.find.mapping.placing import places_of
from xlbackprop.workbook.builder import contents_of
from xlbackprop.workbook.description import Handout
from xlbackprop.workbook.write.write import write_workbook

LOST_SIGN = ("conv1.dL_dw", (1, 0, 0, 1))
COMMA = ("conv1.dL_dh", (0, 2, 2))


def two_mistakes(folder: Path) -> None:
    """Fill in mine.xlsx: all is right but a sign that was lost and a comma for a point."""
    entries = _typed(folder)
    entries[LOST_SIGN] *= -1
    entries[COMMA] = str(entries[COMMA]).replace(".", ",")
    fill(folder / "mine.xlsx", entries)


def filters_not_turned(folder: Path) -> None:
    """Fill in mine.xlsx: dL/dh was made with filters that were not turned."""
    true = arrays_of(xlbackprop.build("conv5x5x2", folder / "true.xlsx"))
    (folder / "true.xlsx").unlink()
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    equation = next(one for one in network.equations if one.target.name == "conv1.dL_dh")
    slip = next(one for one in equation.slips if one.name == "filter not rotated")
    wrong = equation.evaluate_slip(slip, true)
    entries = _typed(folder)
    entries |= {("conv1.dL_dh", i): round(float(x), 2) for i, x in np.ndenumerate(wrong)}
    fill(folder / "mine.xlsx", entries)


def _typed(folder: Path) -> dict[tuple[str, tuple[int, ...]], Any]:
    """Return the right numbers of dL_dw and dL_dh, to two decimals."""
    true = arrays_of(xlbackprop.build("conv5x5x2", folder / "true.xlsx"))
    (folder / "true.xlsx").unlink()
    return {
        (name, index): round(float(number), 2)
        for name in ("conv1.dL_dw", "conv1.dL_dh")
        for index, number in np.ndenumerate(true[name])
    }


def own_workbook(folder: Path) -> None:
    """Write own.xlsx: the numbers of conv5x5x2 where own.toml says that they stand."""
    network = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))
    true = arrays_of(xlbackprop.build("conv5x5x2", folder / "true.xlsx"))
    (folder / "true.xlsx").unlink()
    book = openpyxl.Workbook()
    book.active.title = "Sheet1"
    book.create_sheet("Grad")
    book.defined_names["my_loss"] = openpyxl.workbook.defined_name.DefinedName(
        "my_loss", attr_text="Sheet1!$R$3"
    )
    places = places_of(
        xlbackprop.load_map(folder / "own.toml"), network, ["Sheet1", "Grad"],
        {"my_loss": "Sheet1!$R$3"},
    )  # fmt: skip
    for name, place in places.items():
        for index in np.ndindex(true[name].shape):
            sheet, cell = place.at(index)
            book[sheet][cell] = float(true[name][index])
    book.save(folder / "own.xlsx")


def a_dense_layer(folder: Path) -> None:
    """Write dense.xlsx as a person would: three inputs, two units, and the backward pass below."""
    book = openpyxl.Workbook()
    sheet = book.active
    rows = {
        "A1": "h", "B1": 0.5, "C1": -1.2, "D1": 2.0,
        "A3": "w", "B3": 0.1, "C3": 0.7, "D3": -0.3, "F3": "b", "G3": 0.2, "I3": "out",
        "B4": -0.6, "C4": 0.4, "D4": 0.9, "G4": -0.1,
        "J3": "=SUMPRODUCT(B$1:D$1,B3:D3)+G3", "J4": "=SUMPRODUCT(B$1:D$1,B4:D4)+G4",
        "I6": "dL/dout", "J6": 0.8, "J7": -0.5,
        "A6": "dL/dw", "F6": "dL/db", "G6": "=J6", "G7": "=J7", "A9": "dL/dh",
    }  # fmt: skip
    for column in "BCD":
        rows |= {f"{column}{row}": f"=$J{row}*{column}$1" for row in (6, 7)}
        rows[f"{column}9"] = f"=$J$6*{column}3+$J$7*{column}4"
    for cell, entry in rows.items():
        sheet[cell] = entry
    book.save(folder / "dense.xlsx")


def a_row_for_each_step(folder: Path) -> None:
    """Write steps.xlsx as a person would: a neuron learns, a row for each step, with a slip."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["x", "t", "w", "b", "z", "a", "E", "dE/dw", "dE/db", None, "rate", 0.5])
    for row in range(2, 8):
        weights = [0.4, -0.2]
        if row > 2:
            weights = [f"={at}{row - 1}-$L$1*{of}{row - 1}" for at, of in ("CH", "DI")]
        forward = [f"=A{row}*C{row}+D{row}", f"=1/(1+EXP(-E{row}))", f"=(F{row}-B{row})^2/2"]
        delta = f"=(F{row}-B{row})*F{row}*(1-F{row})"
        sheet.append([0.7, 0.9, *weights, *forward, f"{delta}*B{row}", delta])
    book.save(folder / "steps.xlsx")


def a_roster(folder: Path) -> None:
    """Write roster.csv: thirty students, with names as people have them."""
    names = [
        "Ada Lovelace",
        "Müller-Lüdenscheidt, Zoë",
        "=SUM(A1:A9)",
        'Robert "Bob" O\'Neill',
        "李小龍",
    ]
    names += [f"Student {number}" for number in range(6, 31)]
    with (folder / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "name", "email"])
        for number, name in enumerate(names, start=1):
            table.writerow([f"s{number:02}", name, f"s{number:02}@example.org"])


def a_class_hands_in(folder: Path) -> None:
    """Fill submissions/ as a class does, and write export.csv as Canvas does.

    All is right but for: s26 missing, s27 damaged, s28 from s01, s29 untouched.
    """
    assignment = load_assignment(folder / "hw1")
    (folder / "submissions").mkdir()
    for student in assignment.students.values():
        handout = Handout("hw1", student.id, assignment.seal(student.id), student.name)
        contents = contents_of(
            assignment.network, assignment.values(student), frozenset(), handout=handout
        )
        if student.id != "s26":
            (folder / f"submissions/{student.id}.xlsx").write_bytes(write_workbook(contents))
    (folder / "submissions/s27.xlsx").write_bytes(b"PK")
    shutil.copy(folder / "submissions/s01.xlsx", folder / "submissions/s28.xlsx")
    shutil.copy(folder / "hw1/handout/s29.xlsx", folder / "submissions/s29.xlsx")
    rows = [f'"{number}, Student",{number},s{number:02},A,' for number in range(1, 31)]
    heads = "Student,ID,SIS User ID,Section,Homework 1 (4711)"
    (folder / "export.csv").write_text("\n".join([heads, *rows]) + "\n")


def a_keras_model(folder: Path) -> None:
    """Write model.keras, as Keras wrote it."""
    keras_files.saved("convnet", folder / "model.keras")


PREPARATIONS: dict[str, Callable[[Path], None]] = {
    "two mistakes": two_mistakes,
    "filters not turned": filters_not_turned,
    "own workbook": own_workbook,
    "a dense layer": a_dense_layer,
    "a row for each step": a_row_for_each_step,
    "a roster": a_roster,
    "a class hands in": a_class_hands_in,
    "a keras model": a_keras_model,
}
