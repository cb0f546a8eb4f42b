"""A network for each configuration of each layer, loss and optimizer, and for each geometry."""

from __future__ import annotations

from functools import cache

import xlbackprop
from tests.support.convolutions import GEOMETRIES, conv_raw
from tests.support.networks_by_layer import ALL
from tests.support.specs_and_values import spec_of

CASES = {**ALL, **{f"conv2d-{name}": conv_raw(raw) for name, raw in GEOMETRIES.items()}}


@cache
def network_of(case: str) -> xlbackprop.Network:
    """Return the network of a case, which is made once."""
    return xlbackprop.build_network(spec_of(CASES[case]))
