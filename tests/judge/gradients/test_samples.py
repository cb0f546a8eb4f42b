"""A loss for each sample in a column, and their mean: that is L, and the samples are no steps."""

import openpyxl
import pytest

import xlbackprop

SAMPLES = [(7, 2, 0), (6, 5, 1), (8, 1, 0), (5, 8, 1), (7, 6, 1), (4, 3, 0)]
WORDS = {
    "English": ("loss", "total loss (mean)", "d loss / d w1", "d loss / d w2", "d loss / d b"),
    "German": ("Fehler", "Fehler gesamt", "dE/dw1", "dE/dw2", "dE/db"),
}


def logistic(path, words="English", changes=()):
    """Logistic regression as a learner writes it: samples on the left, weights on the right."""
    own, whole, *gradients = WORDS[words]
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B2"] = "Will I pass the exam?"
    for column, text in zip(
        "BCDEFGH", ["slept", "studied", "y", "z", "p", own, "p - y"], strict=True
    ):
        sheet[f"{column}4"] = text
    for row, sample in enumerate(SAMPLES, start=5):
        formulas = ["=$K$4*B#+$K$5*C#+$K$6", "=1/(1+EXP(-E#))"]
        formulas += ["=-(D#*LN(F#)+(1-D#)*LN(1-F#))", "=F#-D#"]
        for column, value in zip("BCDEFGH", [*sample, *formulas], strict=True):
            sheet[f"{column}{row}"] = (
                str(value).replace("#", f"{row}") if value in formulas else value
            )
    sheet["B12"] = "now the gradients: the mean of (p-y)*x"
    right = [
        ("w1", 0.1), ("w2", 0.2), ("b", -1), (None, None), (whole, "=AVERAGE(G5:G10)"),
        (None, None), ("gradients", None), (gradients[0], "=SUMPRODUCT(H5:H10,B5:B10)/6"),
        (gradients[1], "=SUMPRODUCT(H5:H10,C5:C10)/6"), (gradients[2], "=AVERAGE(H5:H10)"),
        (None, None), ("step size", 0.1), ("new w1", "=K4-K15*K11"), ("new w2", "=K5-K15*K12"),
        ("new b", "=K6-K15*K13"),
    ]  # fmt: skip
    for row, pair in enumerate(right, start=4):
        sheet[f"J{row}"], sheet[f"K{row}"] = pair
    for address, value in dict(changes).items():
        sheet[address] = value
    book.save(path)
    return path


@pytest.mark.parametrize("words", WORDS)
def test_gradients_of_the_mean_are_right(words, path):
    report = xlbackprop.check(logistic(path, words))
    assert (report.verdict, report.counts) == ("right", {"right": 6})
    assert f"L is K8 ({WORDS[words][1]})" in report.notes[0]


SLIPS = {
    "sum for mean": ({"K13": "=SUM(H5:H10)"}, "wrong", "K13", "factor 6 extra"),
    "a sample too few": (
        {"K12": "=SUMPRODUCT(H5:H9,C5:C9)/6"}, "wrong", "K12", "range too short or too long"
    ),
    "blank": ({"K12": None}, "incomplete", "K12", ""),
}  # fmt: skip


@pytest.mark.many(quick=["sum for mean"])
@pytest.mark.parametrize("slip", SLIPS)
def test_slip_beside_right_gradients_of_the_mean_is_found_alone(slip, path):
    changes, verdict, address, cause = SLIPS[slip]
    report = xlbackprop.check(logistic(path, changes=changes))
    first, *rest = report.cells
    assert (report.verdict, first.cell, first.slip) == (verdict, address, cause)
    assert {one.status for one in rest} == {"carried"}


def test_gradients_of_the_sum_are_not_called_those_of_the_mean(path):
    changes = {
        "K11": "=SUMPRODUCT(H5:H10,B5:B10)", "K12": "=SUMPRODUCT(H5:H10,C5:C10)",
        "K13": "=SUM(H5:H10)",
    }  # fmt: skip
    report = xlbackprop.check(logistic(path, changes=changes))
    assert report.verdict == "incomplete"
    assert "but K8 (total loss (mean)) is not that" in report.not_judged[0].reason
