"""Drawn chains of layers in people's layouts: found, judged right, and their slips named."""

import pytest

from tests.support.chains import drawn
from tests.support.chains.outcome import honest, outcome, planted

FOUND = (2, 4, 8, 16)
# An active relu, a rate and a copy without labels, x and w that one could take for each other;
# a relu whose gradient is that of its output, too, indices in labels, two rows that are alike, and
# gradients that are not there, though something has their shape, and a title below another one.
WITH_SPEC = (10, 18, 40, 61, 223, 228, 216, 240, 349, 377, 640)
# Not updated, with labels and none; claimed by references, a rate that moved, a deltas' sign;
# a sign that may be the error's, weights without updates, another weight's gradient,
# a delta that is no dL/dout, one that is known by what follows from it, a reversed gradient that
# has most cells, another gradient's cells for one
# that is not there, and a unit of two whose derivative is just the other one's reversed.
PLANTED = (14, 29, 18, 40, 82, 95, 104, 208, 214, 278, 280, 360, 377, 619, 510, 165)


@pytest.mark.many(quick=["8"])
@pytest.mark.parametrize("seed", FOUND)
def test_chain_is_found_and_right_with_its_spec_and_without(seed, path):
    for with_spec in (True, False):
        said = honest(seed, path, with_spec=with_spec)
        assert (said.verdict, said.lost, said.accused) == ("right", (), ())


@pytest.mark.many(quick=["61"])
@pytest.mark.parametrize("seed", WITH_SPEC)
def test_chain_is_found_and_right_with_its_spec(seed, path):
    said = honest(seed, path, with_spec=True)
    assert (said.verdict, said.lost, said.accused) == ("right", (), ())


@pytest.mark.many(quick=["29"])
@pytest.mark.parametrize("seed", PLANTED)
def test_planted_slip_is_named_with_the_spec(seed, path):
    said = planted(seed, path, with_spec=True)
    assert (said.verdict, said.is_named, said.accused) == ("wrong", True, ())


def test_parameter_that_is_repeated_beside_its_update_is_no_mistake(path):
    sheet = drawn(29)
    for row in (13, 14):
        sheet.book.put("Sheet1", row + 40, 4, sheet.book.cell("Sheet1", row, 1))
    sheet.book.save(path)
    said = outcome(sheet, path, with_spec=True)
    assert (said.verdict, said.accused) == ("right", ())
