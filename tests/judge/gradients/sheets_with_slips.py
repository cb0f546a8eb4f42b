"""Small sheets by hand, right and with a slip, on the same draws: what a search is told."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tests.support.formula_pages import contents
from xlbackprop.find.gradients.differentiation.drawing import FAMILIES, rows_of_draws
from xlbackprop.find.gradients.differentiation.graph import Graph
from xlbackprop.find.gradients.differentiation.study import formula_values
from xlbackprop.find.gradients.findings import Claim, Findings, Reason, Role
from xlbackprop.formula.addresses import read_cell
from xlbackprop.formula.sheets.computation import Computation
from xlbackprop.formula.sheets.contents import Contents
from xlbackprop.judge.gradients.edits import Search


class Sheet:
    """A right sheet; cells by address, formulas with an equals sign.

    `gradients` and `updates` tell by what each such cell is the gradient, or which weight's update
    it is. Updates hold drawn numbers, so that each step stands by itself.
    """

    def __init__(self, cells, *, gradients=(), updates=()):
        self.cells = cells
        self.gradients, self.updates = dict(gradients), dict(updates)

    @cached_property
    def right(self):
        """The sheet without a slip."""
        return Drawn(self, {})

    def edits(self, planted):
        """Return the edits of formulas that are planted by address, or None, by address."""
        right = self.right
        wrong = Drawn(self, planted, right.rows)
        at = wrong.indices(planted)
        truth = formula_values(right.graph, right.board, right.indices(planted))
        given = np.concatenate([wrong.given, at])
        rows = np.concatenate([wrong.board.numbers[wrong.given], truth]).T
        _, first = np.unique(given, return_index=True)
        board = wrong.computation.draws(given[first], rows[:, first])
        search = Search(wrong.findings, board)
        found = search.find_all(at.tolist(), truth)
        return {
            address: found.get(cell) for address, cell in zip(planted, at.tolist(), strict=True)
        }

    def edit(self, address, formula):
        """Return the edit of a single planted formula."""
        return self.edits({address: formula})[address]


class Drawn:
    """A sheet with planted formulas, on draws of all typed numbers."""

    def __init__(self, sheet, planted, rows=None):
        cells = sheet.cells | planted
        whole = Contents([contents(cells)])
        computation = Computation(whole)
        self.graph, self.plane = Graph(computation), computation.plane
        typed = [one for one, value in cells.items() if isinstance(value, (int, float))]
        cut = self.indices(sheet.updates)
        given = np.concatenate([self.indices(typed), cut])
        self.computation = computation.without(cut)
        if rows is None:
            page = computation.page().numbers[given, 0]
            rows = rows_of_draws(self.plane, given, page, np.isin(given, cut))
        self.given, self.rows = given, rows
        self.board = self.computation.draws(given, rows)
        claims = [(Role.GRADIENT, *pair) for pair in sheet.gradients.items()]
        claims += [(Role.UPDATE, *pair) for pair in sheet.updates.items()]
        self.findings = Findings(
            whole, self.graph, self.computation, self.board, FAMILIES, (), 1, given,
            self.indices(sheet.updates.values()), None,
            tuple(
                Claim(*self.indices([cell, of]).tolist(), role, Reason.LABEL)
                for role, cell, of in claims
            ),
            np.empty(0), np.empty(0),
        )  # fmt: skip

    def indices(self, addresses):
        """Return the cells of addresses."""
        places = np.array([read_cell(one) for one in addresses]).reshape(-1, 2)
        return self.plane.indices(0, places[:, 0], places[:, 1])


LABELS = [
    "t1",
    "t2",
    "i1",
    "i2",
    "w1",
    "w2",
    "w3",
    "w4",
    "h1",
    "a_h1",
    "h2",
    "a_h2",
    "w5",
    "w6",
    "w7",
    "w8",
    "o1",
    "a_o1",
    "o2",
    "a_o2",
    "E1",
    "E2",
    "E_tot",
    "dE/dw1",
    "dE/dw2",
    "dE/dw3",
    "dE/dw4",
    "dE/dw5",
    "dE/dw6",
    "dE/dw7",
    "dE/dw8",
]
_ROW = {
    "I": "C#*E#+D#*F#", "J": "1/(1+EXP(-I#))", "K": "C#*G#+D#*H#", "L": "1/(1+EXP(-K#))",
    "Q": "M#*J#+N#*L#", "R": "1/(1+EXP(-Q#))", "S": "O#*J#+P#*L#", "T": "1/(1+EXP(-S#))",
    "U": "0.5*(A#-R#)^2", "V": "0.5*(B#-T#)^2", "W": "U#+V#",
    "X": "((R#-A#)*R#*(1-R#)*M#+(T#-B#)*T#*(1-T#)*O#)*J#*(1-J#)*C#",
    "Y": "((R#-A#)*R#*(1-R#)*M#+(T#-B#)*T#*(1-T#)*O#)*J#*(1-J#)*D#",
    "Z": "((R#-A#)*R#*(1-R#)*N#+(T#-B#)*T#*(1-T#)*P#)*L#*(1-L#)*C#",
    "AA": "((R#-A#)*R#*(1-R#)*N#+(T#-B#)*T#*(1-T#)*P#)*L#*(1-L#)*D#",
    "AB": "(R#-A#)*R#*(1-R#)*J#", "AC": "(R#-A#)*R#*(1-R#)*L#",
    "AD": "(T#-B#)*T#*(1-T#)*J#", "AE": "(T#-B#)*T#*(1-T#)*L#",
}  # fmt: skip
_WEIGHTS = dict(zip("EFGHMNOP", ["X", "Y", "Z", "AA", "AB", "AC", "AD", "AE"], strict=True))
STEPS = 4
_TYPED = {
    "A": 0.2, "B": 0.9, "C": 0.3, "D": -0.7, "E": 0.4, "F": -0.5, "G": 0.6, "H": 0.1,
    "M": 0.7, "N": -0.3, "O": 0.2, "P": 0.8,
}  # fmt: skip


def perceptron(steps=STEPS):
    """Return a 2-2-2 network with a row per step, from row 3, as students write it."""
    cells = {"F1": "lr", "G1": 0.5}
    columns = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA", "AB", "AC", "AD", "AE"]
    cells |= {f"{column}2": label for column, label in zip(columns, LABELS, strict=True)}
    updates, gradients = {}, {}
    for row in range(3, 3 + steps):
        cells |= {f"{column}{row}": value for column, value in _TYPED.items()}
        cells |= {f"{c}{row}": "=" + text.replace("#", str(row)) for c, text in _ROW.items()}
        for weight, gradient in _WEIGHTS.items():
            gradients[f"{gradient}{row}"] = f"{weight}{row}"
            if row > 3:
                cells[f"{weight}{row}"] = f"={weight}{row - 1}-$G$1*{gradient}{row - 1}"
                updates[f"{weight}{row}"] = f"{weight}{row - 1}"
    return Sheet(cells, gradients=gradients, updates=updates)


def in_all_rows(column, formula, first=3, steps=STEPS):
    """Return a formula in all rows of a column; # is the row, < the one before."""
    return {
        f"{column}{row}": "=" + formula.replace("#", str(row)).replace("<", str(row - 1))
        for row in range(first, 3 + steps)
    }


def convolution():
    """Return an image of 5x5, a filter of 3x3, its rotated copy, and the gradients of both."""
    rng = np.random.default_rng(3)
    columns = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def block(left, top, height, width, content):
        return {
            f"{columns[left + along]}{top + down}": content(down, along)
            for down in range(height)
            for along in range(width)
        }

    def at(left, top, height=1, width=1):
        first = f"{columns[left]}{top}"
        last = f"{columns[left + width - 1]}{top + height - 1}"
        return first if height == width == 1 else f"{first}:{last}"

    def typed(*_):
        return float(np.round(rng.uniform(0.2, 1), 2))

    def padded(down, along):
        inside = 2 <= down < 5 and 2 <= along < 5
        return f"={at(8 + along - 2, 20 + down - 2)}" if inside else 0

    cells = {"A1": "image", "G1": "filter", "K1": "target", "G5": "rotated"}
    cells |= block(0, 2, 5, 5, typed) | block(6, 2, 3, 3, typed) | block(10, 2, 3, 3, typed)
    cells |= block(6, 6, 3, 3, lambda r, c: f"={at(8 - c, 4 - r)}")
    cells |= block(0, 10, 3, 3, lambda r, c: f"=SUMPRODUCT({at(c, 2 + r, 3, 3)},G2:I4)")
    cells |= {"A20": "=SUMXMY2(A10:C12,K2:M4)/2"}
    cells |= block(8, 20, 3, 3, lambda r, c: f"={at(c, 10 + r)}-{at(10 + c, 2 + r)}")
    cells |= block(12, 20, 7, 7, padded)
    cells |= block(0, 25, 3, 3, lambda r, c: f"=SUMPRODUCT({at(c, 2 + r, 3, 3)},I20:K22)")
    cells |= block(0, 30, 5, 5, lambda r, c: f"=SUMPRODUCT({at(12 + c, 20 + r, 3, 3)},G6:I8)")
    cells |= {"L16": 0.1} | block(
        6, 30, 3, 3, lambda r, c: f"={at(6 + c, 2 + r)}-$L$16*{at(c, 25 + r)}"
    )
    updates = block(6, 30, 3, 3, lambda r, c: at(6 + c, 2 + r))
    gradients = block(0, 25, 3, 3, lambda r, c: at(6 + c, 2 + r))
    gradients |= block(0, 30, 5, 5, lambda r, c: at(c, 2 + r))
    gradients |= block(8, 20, 3, 3, lambda r, c: at(c, 10 + r))
    return Sheet(cells, gradients=gradients, updates=updates)


def batch():
    """Return a layer of 3 ReLU units on 4 samples, mean loss: MMULT and one formula per entry."""
    rng = np.random.default_rng(475)  # each unit is on in some draws
    cells = {}
    for row in range(2, 6):
        for column in "ABC":
            cells[f"{column}{row}"] = float(np.round(rng.uniform(-1, 1), 2))  # X
        for column in "IJK":
            cells[f"{column}{row}"] = float(np.round(rng.uniform(-1, 1), 2))  # T
        for at, column in enumerate("MNO"):
            weight = "EFG"[at]
            cells[f"{column}{row}"] = f"=INDEX(MMULT(A{row}:C{row},{weight}2:{weight}4),1,1)"
            cells[f"{'QRS'[at]}{row}"] = f"=MAX(0,{column}{row})"
            cells[f"{'UVW'[at]}{row}"] = (
                f"=({'QRS'[at]}{row}-{'IJK'[at]}{row})*IF({column}{row}>0,1,0)/4"
            )
    for row in range(2, 5):
        for column in "EFG":
            cells[f"{column}{row}"] = float(np.round(rng.uniform(-1, 1), 2))  # W
        for at, column in enumerate("EFG"):
            below, above = "ABC"[row - 2], "UVW"[at]
            cells[f"{column}{row + 8}"] = f"=SUMPRODUCT({below}2:{below}5,{above}2:{above}5)"
            cells[f"{column}{row + 18}"] = f"={column}{row}-$A$20*{column}{row + 8}"
    cells["A20"] = 0.05
    cells["I20"] = "=SUMXMY2(Q2:S5,I2:K5)/8"
    for row in range(2, 6):
        for at, column in enumerate("ABC"):
            cells[f"{column}{row + 20}"] = (
                f"=U{row}*E{at + 2}+V{row}*F{at + 2}+W{row}*G{at + 2}"  # dX
            )
    gradients = {f"{c}{r + 8}": f"{c}{r}" for c in "EFG" for r in range(2, 5)}
    gradients |= {f"{c}{r + 20}": f"{c}{r}" for c in "ABC" for r in range(2, 6)}
    gradients |= {f"{'UVW'[at]}{r}": f"{'MNO'[at]}{r}" for at in range(3) for r in range(2, 6)}
    updates = {f"{c}{r + 18}": f"{c}{r}" for c in "EFG" for r in range(2, 5)}
    return Sheet(cells, gradients=gradients, updates=updates)
