"""Drawn chains of layers in people's layouts: found, judged right, and their slips named."""

import pytest

from tests.support.chains import drawn
from tests.support.chains.outcome import outcome

FOUND = (2, 4, 8, 13, 16)


@pytest.mark.many(quick=["8"])
@pytest.mark.parametrize("seed", FOUND)
def test_chain_is_found_and_right_with_its_spec_and_without(seed, path):
    sheet = drawn(seed)
    sheet.book.save(path)
    for with_spec in (True, False):
        said = outcome(sheet, path, with_spec=with_spec)
        assert (said.verdict, said.lost, said.accused) == ("right", (), ())
