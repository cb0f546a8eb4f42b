"""Without texts and updates, a cell made as a gradient is told by what it is made of, and of what.

And parts of a sum, path by path, are right as they are.
"""

import openpyxl
import pytest

import xlbackprop

W = ((0.4, -0.7), (0.6, 0.9))


def two_layers(received, *, more=(), delta="={received}*(1-{out}^2)"):
    """Two layers of two units, and the way back through the second; no texts but for L's."""
    book = openpyxl.Workbook()
    sheet = book.active
    for address, content in {
        "B1": 0.5, "C1": -0.3, "B3": 0.4, "C3": -0.7, "B4": 0.6, "C4": 0.9, "B6": 0.8, "C6": -0.2,
        "B7": 0.1, "C7": 0.5, "B9": "=B1*B3+C1*C3", "C9": "=B1*B4+C1*C4",
        "B10": "=TANH(B9)", "C10": "=TANH(C9)",
        "B12": "=B10*B6+C10*C6", "C12": "=B10*B7+C10*C7", "B13": 0.3, "C13": 0.6,
        "A15": "L", "B15": "=0.5*SUMXMY2(B12:C12,B13:C13)", "B17": "=B12-B13", "C17": "=C12-C13",
        "B19": "=B17*B10", "C19": "=B17*C10", "B20": "=C17*B10", "C20": "=C17*C10",
        "B22": received[0], "C22": received[1],
        "B24": delta.format(received="B22", out="B10"),
        "C24": delta.format(received="C22", out="C10"),
        "B26": "=B24*B1", "C26": "=B24*C1", "B27": "=C24*B1", "C27": "=C24*C1",
        **dict(more),
    }.items():  # fmt: skip
        sheet[address] = content
    return book


WHOLE = ("=B17*B6+C17*B7", "=B17*C6+C17*C7")
RECEIVED = {
    "whole": (WHOLE, None),
    "one path": (("=B17*B6", "=B17*C6"), "only one of the outputs summed"),
    "transposed": (("=B17*B6+C17*C6", "=B17*B7+C17*C7"), "rows and columns transposed"),
}


@pytest.mark.parametrize("way", RECEIVED)
def test_cell_made_as_a_gradient_is_judged_as_one(way, path):
    received, name = RECEIVED[way]
    two_layers(received).save(path)
    report = xlbackprop.check(path)
    wrong = {one.cell: one.slip for one in report.cells if one.status == "wrong"}
    assert report.verdict == ("wrong" if name else "right")
    assert wrong == ({"B22": name, "C22": name} if name else {})


def test_parts_that_are_summed_where_they_are_used_are_no_mistakes(path):
    """As in a derivation that writes down what comes back along each path."""
    parts = {"E22": "=B17*B6", "F22": "=C17*B7", "G22": "=B17*C6", "H22": "=C17*C7"}
    sums = ("=E22+F22", "=G22+H22")
    for received, delta in ((sums, "={received}*(1-{out}^2)"), ((None, None), "")):
        more = dict(parts)
        if not delta:
            more |= {"B24": "=(E22+F22)*(1-B10^2)", "C24": "=(G22+H22)*(1-C10^2)"}
        two_layers(received, more=more, delta=delta).save(path)
        report = xlbackprop.check(path)
        assert (report.verdict, report.cells) == ("right", ())


def test_share_of_one_output_that_something_else_uses_is_not_accused(path):
    share = {"E22": "=B17*B6"}
    for received, more in (
        (WHOLE, {"E23": "=100*E22/B22", "B24": "=B22*(1-B10^2)", "C24": "=C22*(1-C10^2)"}),
        ((None, None), {"E23": "=100*E22", "B24": "=(B17*B6+C17*B7)*(1-B10^2)",
                        "C24": "=(B17*C6+C17*C7)*(1-C10^2)"}),
    ):  # fmt: skip
        two_layers(received, more={**share, **more}, delta="").save(path)
        assert not xlbackprop.check(path).cells
