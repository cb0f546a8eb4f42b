"""Sheets that hold no network, by what they are."""

import numpy as np
import openpyxl


def _budget(sheet, random):
    sheet.append(["item", "quantity", "price", "total"])
    for row in range(2, 22):
        numbers = [int(random.integers(1, 9)), round(float(random.uniform(1, 90)), 2)]
        sheet.append([f"item {row}", *numbers, f"=B{row}*C{row}"])
    sheet.append(["sum", "", "", "=SUM(D2:D21)"])
    sheet.append(["tax", 0.19, "", "=D22*B23"])
    sheet.append(["to pay", "", "", "=D22+D23"])
    sheet.append(["of them weighed", "", "", "=SUMPRODUCT(B2:B21,C2:C21)"])


def _timetable(sheet, random):
    sheet.append(["hour", "Mo", "Tu", "We", "Th", "Fr"])
    for hour in range(8, 18):
        sheet.append([hour, *random.integers(1, 12, 5).tolist()])
    sheet.append(["hours", *(f"=SUM({letter}2:{letter}11)" for letter in "BCDEF")])


def _random(sheet, random):
    for row in np.round(random.normal(0, 1, (30, 12)), 3).tolist():
        sheet.append(row)


def _whole(sheet, random):
    for row in random.integers(-4, 5, (24, 9)).tolist():
        sheet.append(row)


def _regression(sheet, random):
    sheet.append(["x", "y", "fit", "residual", "squared"])
    sheet["H1"], sheet["I1"] = "slope", 1.75
    sheet["H2"], sheet["I2"] = "intercept", 0.4
    for row in range(2, 14):
        x = round(float(random.uniform(0, 9)), 2)
        y = round(1.75 * x + 0.4 + float(random.normal()), 2)
        for column, what in enumerate((x, y, f"=$I$1*A{row}+$I$2", f"=B{row}-C{row}"), 1):
            sheet.cell(row, column, what)
        sheet.cell(row, 5, f"=D{row}^2")
    sheet["H4"], sheet["I4"] = "mean squared error", "=AVERAGE(E2:E13)"


def _product(sheet, random):
    for top, (height, width) in ((1, (4, 3)), (7, (3, 2))):
        for row, column in np.ndindex(height, width):
            sheet.cell(top + row, 1 + column, round(float(random.normal()), 2))
    for row, column in np.ndindex(4, 2):
        terms = (f"{'ABC'[k]}{1 + row}*{'AB'[column]}{7 + k}" for k in range(3))
        sheet.cell(12 + row, 1 + column, "=" + "+".join(terms))


def _grades(sheet, random):
    sheet.append(["weight", 0.2, 0.3, 0.5])
    for row in range(2, 20):
        marks = random.integers(1, 7, 3).tolist()
        sheet.append([f"student {row}", *marks, f"=SUMPRODUCT($B$1:$D$1,B{row}:D{row})"])
    sheet.append(["mean", "=AVERAGE(B2:B19)", "=AVERAGE(C2:C19)", "=AVERAGE(D2:D19)"])


def _large(sheet, random):
    for row in np.round(random.normal(0, 1, (1_000, 100)), 2).tolist():
        sheet.append(row)


def _many(sheet, random):
    for row in np.round(random.normal(0, 1, (250, 100)), 2).tolist():
        sheet.append(row)


_PAGES = {
    "budget": _budget, "timetable": _timetable, "random numbers": _random,
    "whole numbers": _whole, "regression": _regression, "matrix product": _product,
    "grades": _grades, "25,000 numbers": _many, "100,000 numbers": _large,
}  # fmt: skip
NEGATIVES = tuple(_PAGES)


def negative(name, path, *, seed=0):
    """Save a sheet without a network, its numbers drawn."""
    book = openpyxl.Workbook()
    _PAGES[name](book.active, np.random.default_rng(seed))
    book.save(path)
    return path
