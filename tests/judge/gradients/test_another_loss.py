"""Gradients of a loss that the sheet has not, beside an L that no text names: neither is right."""

import openpyxl
import pytest

import xlbackprop

LOSSES = {
    "half the squared error": ("=0.5*(B8-B2)^2", "*B8*(1-B8)"),
    "cross-entropy": ("=-(B2*LN(B8)+(1-B2)*LN(1-B8))", ""),
}


def neuron(loss, slope):
    """A sigmoid of two inputs, without a text; its gradients, and the updates."""
    book = openpyxl.Workbook()
    for address, content in {
        "B1": 0.5, "C1": -0.3, "B2": 0.7, "B4": 0.4, "C4": 0.9, "B5": 0.1, "H1": 0.2,
        "B7": "=B1*B4+C1*C4+B5", "B8": "=1/(1+EXP(-B7))", "B9": loss,
        "B11": "=B8-B2", "B12": f"=B11{slope}", "B14": "=B12*B1", "C14": "=B12*C1", "B15": "=B12",
        "B17": "=B4-$H$1*B14", "C17": "=C4-$H$1*C14", "B18": "=B5-$H$1*B15",
    }.items():  # fmt: skip
        book.active[address] = content
    return book


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("of", LOSSES)
def test_derivative_that_another_loss_would_do_without_is_not_said_to_be_right(loss, of, path):
    neuron(LOSSES[loss][0], LOSSES[of][1]).save(path)
    report = xlbackprop.check(path)
    assert (report.verdict == "right") == (loss == of)
