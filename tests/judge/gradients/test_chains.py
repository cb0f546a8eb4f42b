"""Drawn chains of layers, of which nothing says what network they are: found, judged, named."""

import pytest

from tests.support.chains import SLIPS, drawn
from tests.support.chains.outcome import outcome

# Labels like another layer's, copies of deltas without labels, units that are dead on the page.
FOUND = (15, 40, 50)
# A sum that cancels out, the gradient of its neighbour, a cell one row too high, weights that stay.
NAMED = (87, 52, 5, 14, 89)


@pytest.mark.many(quick=["50"])
@pytest.mark.parametrize("seed", FOUND)
def test_chain_is_found_and_right(seed, path):
    sheet = drawn(seed)
    sheet.book.save(path)
    said = outcome(sheet, path, with_spec=False)
    assert (said.verdict, said.lost, said.accused) == ("right", (), ())


@pytest.mark.many(quick=["14"])
@pytest.mark.parametrize("seed", NAMED)
def test_slip_is_named_and_nothing_else_accused(seed, path):
    sheet = drawn(seed, SLIPS[seed % len(SLIPS)])
    sheet.book.save(path)
    said = outcome(sheet, path, with_spec=False)
    assert (said.verdict, said.is_named, said.accused) == ("wrong", True, ())
