"""Slips that people made, each named on three networks of typed numbers, and honest ones passed.

Of each tensor only its own numbers stand there, and not the helpers and links between.
"""

import numpy as np
import pytest

from tests.judge.test_earlier_slips import dense, kind
from tests.support.page_with_slip import Page
from xlbackprop.equation import Kind
from xlbackprop.judge.diagnose import diagnose
from xlbackprop.judge.verify import Status, verify

MSE, CROSS_ENTROPY = kind("mse"), kind("cross_entropy")
TWO = [dense(2), kind("sigmoid"), dense(2), kind("sigmoid")]
CONV = [kind("conv2d", filters=2, kernel=3), kind("tanh")]
# Windows in which all comes to 0 have many maxima.
POOL = [kind("relu"), kind("max_pool2d", kernel=[1, 2]), kind("flatten"), dense(3)]
NORM = [dense(4), kind("batch_norm"), dense(2)]
LEARNS = {"training": {"optimizer": "sgd", "lr": 0.25}}


def network(layers, size, loss=MSE, **options):
    return {"name": "net", "input": size, "layers": layers, "loss": loss, **options}


VECTOR, BATCH, IMAGE = network(TWO, [2]), network(TWO, [3], batch=4), network(CONV, [2, 6, 5])
TANH = network([dense(3), kind("tanh"), dense(2), kind("tanh")], [2])
CLASSES = network([dense(4), kind("tanh"), dense(3)], [2], CROSS_ENTROPY, batch=5)
PENALTY = network(TWO, [2], {"type": "mse", "l2": 0.5})
# What is planted in which tensor of which networks, and what it is called.
SLIPS = {
    "gradient to all maxima of a tie": ("pool1.dL_dh", [network(POOL, [2, 6, 6])]),
    "input rotated in dL/dw": ("conv1.dL_dw", [IMAGE, network(CONV, [1, 4, 5])]),
    "derivative taken at the gradient": ("sigmoid1.dL_dh", [VECTOR, BATCH]),
    "weights missing in dL/dh": ("dense2.dL_dh", [BATCH, TANH]),
    "h for the normalized entry": ("bn1.dL_dgamma", [network(NORM, [3], batch=6)]),
    "h in dL/dbeta": ("bn1.dL_dbeta", [network(NORM, [3], batch=6)]),
    "dL/dgamma for dL/dbeta": ("bn1.dL_dbeta", [network(NORM, [2], batch=5)]),
    "unbiased variance": ("bn1.var", [network(NORM, [3], batch=6)]),
    "softmax along the wrong axis": (
        "softmax1.out",
        [network([dense(3), kind("softmax")], [2], batch=4)],
    ),
    "2λw": ("dense1.dL_dw", [PENALTY, network(TWO, [3], {"type": "mse", "l2": 0.5})]),
    "logarithm to base 2": ("loss.losses", [CLASSES]),
    "logarithm to base 10": ("loss.losses", [CLASSES]),
    "divided by the batch only": ("sigmoid2.dL_dout", [BATCH]),
    "rows and columns transposed": ("dense1.dL_dw", [VECTOR, network(TWO, [2], **LEARNS)]),
    "parameter not updated": ("dense1.w_new", [network(TWO, [2], **LEARNS)]),
    "derivative missing": ("sigmoid1.dL_dh", [VECTOR, BATCH]),
    "already updated weights": ("dense2.dL_dh", [network(TWO, [2], **LEARNS)]),
}
_SHOWN = ("out", "L", "losses", "dL_dw", "dL_db", "dL_dgamma", "dL_dbeta", "w_new", "b_new")


def is_shown(page, name):
    tensor = page.network.tensors[name]
    is_input = tensor.kind in (Kind.GIVEN, Kind.PARAMETER)
    return is_input or name == "pool1.dL_dh" or name.rpartition(".")[2] in _SHOWN


def planted(page, tensor, slip):
    """Return a page with a slip, in the equation or, where it fits any, in the numbers."""
    equation = page.network.equation_of[tensor]
    own = [one for one in equation.slips if one.name == slip]
    if own:
        return page.follow({tensor: own[0]})
    return page.follow({tensor: page.true[tensor].T})


def judged(page, arrays):
    computed = page.network.equation_of
    typed = {n: np.round(one, 8) if n in computed else one for n, one in arrays.items()}
    found = page.found(typed)
    kept = {name: one for name, one in found.items() if is_shown(page, name)}
    return diagnose(verify(page.network, kept))


def pages(networks):
    for number in range(3):
        raw = networks[number % len(networks)]
        yield Page({**raw, "values": {"style": "normal", "seed": number + 1}})


QUICK = ["unbiased variance", "rows and columns transposed"]


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("slip", SLIPS)
def test_slip_is_named_on_three_networks(slip):
    tensor, networks = SLIPS[slip]
    for page in pages(networks):
        review = judged(page, planted(page, tensor, slip))
        said = {name: [one.slip for one in ones] for name, ones in review.diagnoses.items()}
        # A single number of many may be off for its rounding.
        named = [one for ones in review.diagnoses.values() for one in ones if one.where.sum() > 1]
        assert named
        for one in named:
            assert slip in one.slip.removeprefix("one of: ").split(", "), said


@pytest.mark.many(quick=QUICK)
@pytest.mark.parametrize("slip", SLIPS)
def test_honest_page_is_not_accused(slip):
    for page in pages(SLIPS[slip][1]):
        review = judged(page, page.true)
        assert not review.diagnoses
        assert all((one.statuses == Status.RIGHT).all() for one in review.judgements.values())
