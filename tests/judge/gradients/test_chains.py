"""Drawn chains of layers, of which nothing says what network they are: found, judged, named."""

import pytest

import xlbackprop
from tests.support.chains import SLIPS, drawn
from tests.support.chains.outcome import honest, planted

# Labels like another layer's, copies of deltas without labels, units that are dead on the page.
FOUND = (15, 40, 50, 135)
# A sum that cancels out, a neighbour's gradient, a cell one row too high, weights that stay, two
# layers of one label, terms missing in a sum, numbers that show it in some draws alone, a filter
# written out, a rate that moves onto inputs, German cases, a last step of three.
NAMED = (87, 52, 5, 14, 134, 38, 122, 34, 158, 156, 157, 225, 63)
# Dead cells of a map on whose place two blocks disagree, deltas that are copies in a batch, weights
# of a layer that has no updates, two filters at once, batches in one formula, all paths but the
# first, a filter's corner, steps of which nothing is right, minus signs that most have, another
# pixel's gradient at a map's edge, a unit dead on the page, one weight of two that stays,
# indices as small letters above the line.
NAMED_SINCE = (167, 241, 278, 368, 112, 196, 317, 257, 323, 123, 619, 398, 429, 494, 91)
# Nothing but their formulas tells that they were to be gradients.
UNTOLD = (61, 83)


@pytest.mark.many(quick=["50"])
@pytest.mark.parametrize("seed", FOUND)
def test_chain_is_found_and_right(seed, path):
    said = honest(seed, path, with_spec=False)
    assert (said.verdict, said.lost, said.accused) == ("right", (), ())


def test_dead_units_gradient_that_no_update_uses_leaves_nothing_open(path):
    """In the last step nothing says what a zero is the gradient of, and it may well be one."""
    said = honest(165, path, with_spec=False)
    assert (said.verdict, said.accused) == ("right", ())


@pytest.mark.many(quick=["14"])
@pytest.mark.parametrize("seed", NAMED + NAMED_SINCE)
def test_slip_is_named_and_nothing_else_accused(seed, path):
    said = planted(seed, path, with_spec=False)
    assert (said.verdict, said.is_named, said.accused) == ("wrong", True, ())


@pytest.mark.many(quick=["61"])
@pytest.mark.parametrize("seed", UNTOLD)
def test_what_cannot_be_told_is_said_to_be_not_judged(seed, path):
    sheet = drawn(seed, SLIPS[seed % len(SLIPS)])
    sheet.book.save(path)
    report = xlbackprop.check(path)
    assert (report.verdict, report.cells) == ("incomplete", ())
    assert any("made of gradients as a gradient is" in one.reason for one in report.not_judged)
