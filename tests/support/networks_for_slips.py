"""Random networks for slips: of each layer, loss and optimizer, and with every geometry."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.support import networks_by_layer as cases
from tests.support import networks_of_losses, networks_of_training
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.networks_of_activations import LARGE, MANY
from tests.support.networks_of_attention import attend
from tests.support.networks_of_rearrangements import matmul, multiply
from tests.support.networks_of_windows import PADDINGS
from tests.support.page_with_slip import Page
from tests.support.random_networks import random_network
from xlbackprop.errors import SpecError

Raw = dict[str, Any]

MSE = {"type": "mse"}
RECURRENT = ("rnn", "lstm", "gru")
# Whose pages are large: of the networks made for them alone.
LARGE_PAGES = (*RECURRENT, "attention")


def _one(kind: str, head: Raw, **options: Any) -> Raw:
    return cases.network(head, {"type": kind, **options})


# What the other tables have too seldom.
EXTRA: dict[str, list[Raw]] = {
    "conv2d": [
        _one("conv2d", {"input": [1, 3, 3]}, filters=1, kernel=3),
        _one("conv2d", {"input": [2, 2, 3]}, filters=1, kernel=[2, 3]),
        _one("conv2d", {"input": [2, 5, 5]}, filters=2, kernel=3, padding=2, dilation=2),
        cases.network({"input": [2, 6, 6]}, cases.CONV, cases.CONV, loss=MSE)
        | {"training": {"optimizer": "sgd", "lr": 0.1, "steps": 2}},
        _one("conv2d", {"input": [2, 6, 5], "batch": 3}, filters=2, kernel=3, padding=1),
        _one("conv2d", {"input": [1, 7, 7]}, filters=2, kernel=3, dilation=2, stride=2),
    ],
    "conv_transpose2d": [
        _one("conv_transpose2d", {"input": [2, 2, 2]}, filters=1, kernel=2, stride=2),
        _one("conv_transpose2d", {"input": [2, 4, 4]}, filters=2, kernel=3, padding=2),
        _one("conv_transpose2d", {"input": [3, 4, 4]}, filters=3, kernel=4, stride=2, padding=2),
        cases.network({"input": [2, 3, 3]}, {"type": "conv_transpose2d", "filters": 2, "kernel": 2})
        | {"training": {"optimizer": "momentum", "lr": 0.1, "steps": 2}},
    ],
    "dense": [
        _one("dense", {"input": [6]}, units=1),
        _one("dense", {"input": [4]}, units=4),
        _one("dense", {"input": [4], "batch": 3}, units=4),
    ],
    "avg_pool2d": [
        _one("avg_pool2d", {"input": [2, 6, 6]}, kernel=4, stride=2, padding=2),
        _one("avg_pool2d", {"input": [2, 8, 7]}, kernel=[5, 4], stride=2, padding=2),
    ],
    "max_pool2d": [
        _one("max_pool2d", {"input": [3, 8, 8]}, kernel=[2, 3], stride=1),
        _one("max_pool2d", {"input": [2, 7, 7]}, kernel=3, stride=2, padding=1),
        _one("max_pool2d", {"input": [8, 6, 6]}, kernel=2, stride=2, padding=1),
        cases.network({"input": [4, 8, 8]}, {"type": "relu"}, {"type": "max_pool2d", "kernel": 2}),
    ],
    **{
        kind: [
            _one(kind, {"input": [3, 4]}, units=5),
            _one(kind, {"input": [2, 4]}, units=5, initial="given"),
            _one(kind, {"input": [2, 3], "batch": 4}, units=3, initial="given"),
            _one(kind, {"input": [2, 4]}, units=4)
            | {"training": {"optimizer": "sgd", "lr": 1.0, "steps": 2}},
        ]
        for kind in RECURRENT
    },
    "attention": [
        cases.network({"input": sizes}, attend(**options))
        for sizes, options in (
            ([4, 4], {"causal": True}),
            ([4, 6], {"heads": 2, "causal": True}),
            ([3, 6], {"heads": 2}),
        )
    ]
    + [cases.network({"inputs": {"x": [3, 4], "m": [4, 4]}}, attend("x", "m"))],
    "transpose": [
        _one("transpose", {"input": sizes}, axes=axes)
        for sizes, axes in (([3, 3, 4], [1, 2, 0]), ([2, 4, 3], [1, 0, 2]))
    ],
    "matmul": [
        cases.network({"input": [3, 3, 4]}, {"type": "tanh"}, matmul("tanh1", "input", **turned))
        for turned in ({"transpose": True}, {"transpose": True, "scale": 0.5})
    ],
    "multiply": [cases.network({"input": [3, 2, 4]}, {"type": "tanh"}, multiply("tanh1", "input"))],
    "conv1d": [
        _one("conv1d", {"input": [1, 6]}, filters=1, kernel=3),
        _one("conv1d", {"input": [3, 7]}, filters=3, kernel=3, padding=1, stride=2),
        _one("conv1d", {"input": [2, 9], "batch": 3}, filters=2, kernel=3, dilation=2, padding=2),
        _one("conv1d", {"input": [4, 6]}, filters=1, kernel=2),
        _one("conv1d", {"input": [2, 6]}, filters=2, kernel=3),
        _one("conv1d", {"input": [3, 8]}, filters=4, kernel=2),
    ],
    "max_pool1d": [
        _one("max_pool1d", {"input": [6, 9]}, kernel=3, stride=2, padding=1),
        _one("max_pool1d", {"input": [5, 8], "batch": 2}, kernel=3, stride=1),
        cases.network({"input": [9, 8]}, {"type": "relu"}, {"type": "max_pool1d", "kernel": 2}),
    ],
    "avg_pool1d": [
        _one("avg_pool1d", {"input": [4, 9]}, kernel=3, stride=2, padding=1),
        _one("avg_pool1d", {"input": [4, 8]}, kernel=3, stride=2, ceil_mode=True),
        _one("avg_pool1d", {"input": [4, 9]}, kernel=5, stride=2, padding=2),
    ],
    "global_max_pool": [
        _one("global_max_pool", {"input": [8, 3, 3], "batch": 2}),
        _one("global_max_pool", {"input": [9, 2, 4]}),
        cases.network({"input": [9, 3, 3]}, LARGE, {"type": "relu6"}, {"type": "global_max_pool"}),
    ],
    "leaky_relu": [_one("leaky_relu", {"input": [3, 4, 4]}, slope=0.2)],
    **{
        kind: [
            cases.network(MANY, LARGE, {"type": kind}),
            cases.network(MANY, LARGE, {"type": kind}, cases.DENSE),
        ]
        for kind in ("relu6", "hardsigmoid", "hardswish")
    },
    "gelu": [_one("gelu", head, approximate="none") for head in (cases.IMAGE, cases.VECTORS)],
    "global_avg_pool": [_one("global_avg_pool", {"input": [4, 3, 3], "batch": 2})],
    "softmax": [_one("softmax", {"input": [4, 6, 6]}), _one("softmax", {"input": [6], "batch": 8})],
    "cross_entropy": [
        cases.network({"input": [5], "batch": 14}, cases.DENSE, loss={"type": "cross_entropy"}),
    ],
    "nll": [
        cases.network({"input": [5], "batch": 24}, cases.DENSE, loss={"type": "nll", **options})
        for options in ({}, {"reduction": "sum"})
    ],
    "adam": [
        cases.network(cases.VECTORS, cases.DENSE)
        | {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 2}},
    ],
    "concat": [
        cases.network(
            {"input": [2, 4, 4]},
            cases.CONV,
            {"type": "conv2d", "filters": filters, "kernel": 1},
            {"type": "conv2d", "filters": 3, "kernel": 1},
            {"type": "concat", "from": ["conv1", "conv2", "conv3"]},
        )
        for filters in (1, 4)
    ],
}

# Losses whose gradients are signs: it takes many outputs, "vectors" or "images", to tell slips.
SIGNS = ("l1", "huber", "hinge")

# Those whose outputs are too few to tell slips, but where there are many channels.
FEW_CELLS = ("global_max_pool",)

LINKS, SHARED, PENALTY, TRAINED = "links", "shared", "l2", "training"
GROUPS = [
    *cases.LAYERS,
    "conv2d",
    *cases.LOSSES,
    *cases.OPTIMIZERS,
    LINKS,
    SHARED,
    PENALTY,
    TRAINED,
]


def random_pages(group: str, number: int) -> Iterator[Page]:
    """Yield random networks with that layer, loss or optimizer, of random sizes and numbers."""
    random = np.random.default_rng([ord(letter) for letter in group])
    table = _table(group)
    made = 0
    while made < number:
        raw = copy.deepcopy(table[int(random.integers(len(table)))])
        if random.random() < 0.2 and group not in LARGE_PAGES:
            raw = random_network(int(random.integers(1000)))
        elif random.random() < 0.5 and group not in LARGE_PAGES:
            raw["input"] = [int(n + random.integers(0, 3)) for n in raw["input"]]
        # Two steps have each kind of update, and each link between steps.
        if "training" in raw and "schedule" not in raw["training"]:
            raw["training"]["steps"] = min(raw["training"]["steps"], 2)
        arrays = {"arrays": raw["values"]["arrays"]} if "arrays" in raw["values"] else {}
        raw["values"] = {"style": "normal", "seed": int(random.integers(1000)), **arrays}
        try:
            page = Page(raw)
        except SpecError:  # the sizes drawn do not fit
            continue
        made += 1
        yield page


def _table(group: str) -> list[Raw]:
    if group == "conv2d":
        small = [raw for name, raw in GEOMETRIES.items() if "more-" not in name]
        own = [conv_raw(raw, loss=loss) for raw in small for loss in ("given", "mse")]
        own += PADDINGS[group].values()
    else:
        tables = {**cases.LAYERS, **cases.LOSSES, **cases.OPTIMIZERS}
        tables[LINKS] = {**cases.LAYERS["add"], **cases.OPTIMIZERS["sgd"]}
        tables[TRAINED] = _trained()
        tables[PENALTY] = _penalized()
        tables[SHARED] = {**cases.SHARING["share"], **_inputs_used_twice()}
        own = [] if group in (*LARGE_PAGES, *FEW_CELLS) else list(tables[group].values())
        if group in SIGNS:
            own = [raw for name, raw in tables[group].items() if _is_many(name)]
    # The rare ones as often as all others together.
    extra = EXTRA.get(group, [])
    return own + extra * max(1, len(own) // max(len(extra), 1))


def _trained() -> dict[str, Raw]:
    """Return networks with what all optimizers may have, of sizes that fit their given states."""
    of_training = networks_of_training.OF_TRAINING
    return {
        f"{kind}-{name}": of_training[kind][name]
        for kind, names in (
            ("schedule", ("cosine-nesterov",)),
            ("clipping", ("conv", "vector")),
            ("starts", ("adam-t",)),
        )
        for name in names
    }


def _penalized() -> dict[str, Raw]:
    """Return networks with l2 of layers that have a w and a b."""
    kept = ("vectors", "images", "given")
    penalized = networks_of_losses.PENALTIES[PENALTY]
    return {name: penalized[name] for name in kept}


def _is_many(name: str) -> bool:
    return name.startswith(("vectors", "images", "many"))


def _inputs_used_twice() -> dict[str, Raw]:
    return {name: raw for name, raw in cases.LAYERS["add"].items() if name == "residual-of-input"}
