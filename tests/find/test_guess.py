"""`guess` against pages whose network is known: our own without their names, and people's."""

import pytest

import xlbackprop
from tests.support.guessing.negatives import NEGATIVES, negative
from tests.support.guessing.outcome import outcome
from tests.support.guessing.pages import ours
from xlbackprop.errors import WorkbookError

FOUND = (
    "l1", "softmax classes", "no bias", "batch", "softmax", "softmax batch", "softmax layer",
    "huber", "softplus", "leaky", "dense, mse", "conv no bias", "steps in rows",
)  # fmt: skip


@pytest.mark.many(quick=["l1", "softmax classes"])
@pytest.mark.parametrize("name", FOUND)
def test_guess_finds_the_network_of_a_page_without_names(name, path):
    said = outcome(ours(name, path))
    assert (said.proposed, said.verdict, said.false) == ("same", "right", ())


@pytest.mark.many(quick=["regression", "matrix product"])
@pytest.mark.parametrize("name", NEGATIVES)
def test_guess_proposes_nothing_for_a_page_without_a_network(name, path):
    with pytest.raises(WorkbookError) as raised:
        xlbackprop.guess(negative(name, path))
    assert "\n" not in str(raised.value)
