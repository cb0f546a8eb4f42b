"""Filters that are not rotated and weights that are not transposed are named so, and only these."""

from itertools import product

import openpyxl
import pytest

import xlbackprop

IMAGE = ((0.5, -0.3, 0.8), (0.1, 0.9, -0.6), (-0.4, 0.7, 0.2))
FILTER = ((0.3, -0.5), (0.7, 0.2))


def convolution(place):
    """A filter over an image, and dL/dh: `place` says which weight an entry's product has."""
    book = openpyxl.Workbook()
    sheet = book.active
    for title, row in {"h": 1, "w": 6, "out": 10, "t": 14, "L": 18, "dL/dout": 21,
                       "dL/dw": 25, "dL/dh": 29}.items():  # fmt: skip
        sheet[f"A{row}"] = title
    for row, line in enumerate(IMAGE):
        for column, number in zip("ABC", line, strict=True):
            sheet[f"{column}{2 + row}"] = number
    for row, column in product(range(2), repeat=2):
        at, last = "AB"[column], "BC"[column]
        sheet[f"{at}{7 + row}"] = FILTER[row][column]
        sheet[f"{at}{11 + row}"] = f"=SUMPRODUCT({at}{2 + row}:{last}{3 + row},$A$7:$B$8)"
        sheet[f"{at}{15 + row}"] = 0.1 * (row + 2 * column)
        sheet[f"{at}{22 + row}"] = f"={at}{11 + row}-{at}{15 + row}"
        sheet[f"{at}{26 + row}"] = f"=SUMPRODUCT({at}{2 + row}:{last}{3 + row},$A$22:$B$23)"
    sheet["A19"] = "=0.5*SUMXMY2(A11:B12,A15:B16)"
    for row, column in product(range(3), repeat=2):
        terms = [
            f"{'AB'[j]}{22 + i}*" + "{1}{0}".format(*place(row - i, column - j))
            for i, j in product(range(2), repeat=2)
            if 0 <= row - i <= 1 and 0 <= column - j <= 1
        ]
        sheet[f"{'ABC'[column]}{30 + row}"] = "=" + "+".join(terms)
    return book


PLACES = {
    "rotated": (lambda down, along: (7 + down, "AB"[along]), set()),
    "as it is": (lambda down, along: (8 - down, "BA"[along]), {"filter not rotated"}),
    "transposed": (lambda down, along: (7 + along, "AB"[down]), {"rows and columns transposed"}),
    "the first": (lambda *_: (7, "A"), {""}),
}


@pytest.mark.parametrize("way", PLACES)
def test_filter_that_is_turned_the_wrong_way_is_named_in_all_cells(way, path):
    place, slips = PLACES[way]
    convolution(place).save(path)
    report = xlbackprop.check(path)
    wrong = [one for one in report.cells if one.status == "wrong"]
    assert report.verdict == ("wrong" if slips else "right")
    assert {int(one.cell[1:]) for one in wrong} <= {30, 31, 32}
    if way == "the first":
        assert not {one.slip for one in wrong} & {
            "filter not rotated",
            "rows and columns transposed",
        }
    else:
        assert {one.slip for one in wrong} == slips
    assert len(report.causes) == bool(slips) or way == "the first"


def dense(*, weight=lambda unit, at: (unit, at), with_input=False, of=lambda at: at):
    """Two layers of two units, and the gradients of the first written out."""
    book = openpyxl.Workbook()
    sheet = book.active
    for address, number in {"B1": 0.5, "C1": -0.3, "B3": 0.4, "C3": -0.7, "B4": 0.6, "C4": 0.9,
                            "B6": 0.8, "C6": -0.2, "B7": 0.1, "C7": 0.5,
                            "B12": 0.3, "C12": 0.6}.items():  # fmt: skip
        sheet[address] = number
    for unit, at in enumerate("BC"):
        sheet[f"{at}9"] = f"=TANH($B$1*B{3 + unit}+$C$1*C{3 + unit})"
        sheet[f"{at}10"] = f"=$B$9*B{6 + unit}+$C$9*C{6 + unit}"
        sheet[f"{at}15"] = f"={at}10-{at}12"
        terms = [f"{'BC'[k]}15*{'BC'[weight(k, unit)[1]]}{6 + weight(k, unit)[0]}" for k in (0, 1)]
        delta = f"({'+'.join(terms)})*(1-{at}9^2)"
        for one, column in enumerate("BC"):
            sheet[f"{column}{17 + unit}"] = f"={at}15*{column}9"
            sheet[f"{column}{20 + unit}"] = f"={delta}*{'BC'[of(one)]}1"
        if with_input:
            sheet["A23"], sheet["A1"] = "dL/dx", "x"
            sheet[f"{at}23"] = f"=B15*(B6*(1-B9^2)*{at}3+C6*(1-C9^2)*{at}4)+" + (
                f"C15*(B7*(1-B9^2)*{at}3+C7*(1-C9^2)*{at}4)"
            )
    sheet["A13"], sheet["B13"] = "L", "=0.5*SUMXMY2(B10:C10,B12:C12)"
    sheet["B19"], sheet["B2"] = "dL/dw", "w"
    return book


OF_INPUTS = {"another input", "one column too far left", "one column too far right"}


@pytest.mark.parametrize("with_input", [False, True])
@pytest.mark.parametrize(
    ("slip", "names"),
    [
        ({}, set()),
        ({"weight": lambda unit, at: (at, unit)}, {"rows and columns transposed"}),
        ({"of": lambda at: 1 - at}, OF_INPUTS),
        ({"of": lambda _: 0}, OF_INPUTS),
    ],
)
def test_weights_are_no_inputs_and_inputs_no_weights(slip, names, with_input, path):
    dense(with_input=with_input, **slip).save(path)
    report = xlbackprop.check(path)
    assert {one.slip for one in report.cells if one.status == "wrong"} <= names
    assert report.verdict == ("wrong" if names else "right")
