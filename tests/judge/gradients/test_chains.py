"""Drawn chains of layers, of which nothing says what network they are: found, judged, named."""

import pytest

from tests.support.chains import SLIPS, drawn
from tests.support.chains.outcome import outcome

# Units that are dead on the page, a layer's labels like another's, sums that cancel out.
FOUND = (15, 49, 50)
NAMED = (36, 45, 87, 90)


@pytest.mark.many(quick=["50"])
@pytest.mark.parametrize("seed", FOUND)
def test_chain_is_found_and_right(seed, path):
    sheet = drawn(seed)
    sheet.book.save(path)
    said = outcome(sheet, path, with_spec=False)
    assert (said.verdict, said.lost, said.accused) == ("right", (), ())


@pytest.mark.many(quick=["87"])
@pytest.mark.parametrize("seed", NAMED)
def test_slip_is_named_and_nothing_else_accused(seed, path):
    sheet = drawn(seed, SLIPS[seed % len(SLIPS)])
    sheet.book.save(path)
    said = outcome(sheet, path, with_spec=False)
    assert (said.verdict, said.is_named, said.accused) == ("wrong", True, ())
