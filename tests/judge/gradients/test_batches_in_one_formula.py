"""A batch whose gradients are a formula each: the same is missing for every sample, or nothing."""

import openpyxl
import pytest

import xlbackprop

SAMPLES = range(3, 7)
X, T = (0.5, -0.3, 0.8, 0.2), ((0.1, 0.9), (0.7, 0.4), (0.3, 0.6), (0.8, 0.2))
WHOLE = "(({0}-{1})*{0}*(1-{0})*D$9+({2}-{3})*{2}*(1-{2})*E$9)"
FIRST = "({0}-{1})*{0}*(1-{0})*D$9"
SLOPE = "*C{n}*(1-C{n})"


def batch(received=WHOLE, slope=SLOPE):
    """A hidden unit and two outputs, all sigmoids, and four samples, a row for each."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["x", "net", "h", "net 1", "net 2", "o1", "o2", "t1", "t2"])
    sheet["A8"], sheet["A9"], sheet["D9"], sheet["E9"] = "w", 0.4, 0.7, -0.6
    for row, x, targets in zip(SAMPLES, X, T, strict=True):
        sheet[f"A{row}"], sheet[f"H{row}"], sheet[f"I{row}"] = x, *targets
        sheet[f"B{row}"] = f"=$A$9*A{row}"
        for net, out, made_of in (("B", "C", ""), ("D", "F", "D"), ("E", "G", "E")):
            if made_of:
                sheet[f"{net}{row}"] = f"=${made_of}$9*C{row}"
            sheet[f"{out}{row}"] = f"=1/(1+EXP(-{net}{row}))"
    sheet["A12"], sheet["B12"] = "L", "=0.5*SUMXMY2(F3:G6,H3:I6)"
    gradients = {
        "dL/dw": [
            received.format(f"F{n}", f"H{n}", f"G{n}", f"I{n}") + slope.format(n=n) + f"*A{n}"
            for n in SAMPLES
        ],
        "dL/dv1": [f"(F{n}-H{n})*F{n}*(1-F{n})*C{n}" for n in SAMPLES],
        "dL/dv2": [f"(G{n}-I{n})*G{n}*(1-G{n})*C{n}" for n in SAMPLES],
    }
    for row, (label, terms) in enumerate(gradients.items(), 14):
        sheet[f"A{row}"], sheet[f"B{row}"] = label, "=" + "+".join(terms)
    sheet["D8"], sheet["E8"] = "v1", "v2"
    return book


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, None),
        ({"slope": ""}, "derivative missing"),
        ({"received": FIRST}, "only one of the outputs summed"),
        ({"slope": "*(1-C{n})"}, ""),
        ({"slope": "*C{n}"}, ""),
        ({"received": "(({0}-{1})*D$9+({2}-{3})*E$9)"}, ""),
        ({"received": FIRST, "slope": ""}, ""),
    ],
)
def test_what_is_missing_for_every_sample_is_named(changes, name, path):
    batch(**changes).save(path)
    report = xlbackprop.check(path)
    assert report.verdict == ("right" if name is None else "wrong")
    assert {one.cell: one.slip for one in report.cells} == ({} if name is None else {"B14": name})
