"""One layer on a sheet: its gradients, and each weight's update."""

import openpyxl

COLUMNS = "BCD"
INPUTS, WEIGHTS = (0.5, -0.3, 0.8), ((0.1, 0.2, -0.3), (0.4, -0.5, 0.6))


def layer(*, has_label, taken=lambda row, column: (row, column), gradient=None):
    """A layer of two units and three inputs, and each weight less 0.2 times its gradient.

    `taken` says by place which gradient a weight's update takes, and `gradient` of which weight a
    cell of gradients is that.
    """
    gradient = gradient or (lambda row, column: (row, column))
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A4"], sheet["A8"] = "x", "t", "W", "L"
    sheet["G1"], sheet["H1"], sheet["B8"] = "lr", 0.2, "=0.5*SUMXMY2(B7:C7,B2:C2)"
    sheet["A11"] = "dL/dW" if has_label else None
    for column, number in zip(COLUMNS, INPUTS, strict=True):
        sheet[f"{column}1"] = number
    for row in range(2):
        unit = COLUMNS[row]
        sheet[f"{unit}2"] = 0.7 - row
        sheet[f"{unit}7"] = f"=SUMPRODUCT($B$1:$D$1,B{4 + row}:D{4 + row})"
        sheet[f"{unit}9"] = f"={unit}7-{unit}2"
        for at, column in enumerate(COLUMNS):
            sheet[f"{column}{4 + row}"] = WEIGHTS[row][at]
            of_unit, of_input = gradient(row, at)
            sheet[f"{column}{11 + row}"] = f"={COLUMNS[of_unit]}$9*{COLUMNS[of_input]}$1"
            down, along = taken(row, at)
            sheet[f"{column}{14 + row}"] = f"={column}{4 + row}-$H$1*{COLUMNS[along]}{11 + down}"
    return book
