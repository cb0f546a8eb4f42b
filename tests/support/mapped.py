"""Maps as texts, and where the tensors of a network then stand."""

import numpy as np
import pytest

import xlbackprop
from xlbackprop.errors import MapError
from xlbackprop.find.mapping import (
    parse_map,
    places_of,
)

CONV = xlbackprop.build_network(xlbackprop.load_spec("conv5x5x2"))


MLP = xlbackprop.build_network(xlbackprop.load_spec("mlp-2-2-2"))


TWO = xlbackprop.build_network(xlbackprop.load_spec("two-conv"))


SHEETS = ("Sheet1", "It's ∂L")


NAMES = {"my_loss": "Sheet1!$D$4", "rate": "0.5", "there": "'It''s ∂L'!$B$2:$D$4"}


def placed(tensors, network=CONV, head='sheet = "Sheet1"', sheets=SHEETS):
    return places_of(parse_map(f"{head}\n[tensors]\n{tensors}"), network, sheets, NAMES)


def addresses(places):
    return np.array([places.at(i)[1] for i in np.ndindex(places.rows.shape)]).reshape(
        places.rows.shape
    )


def refusal(tensors, *args, **options):
    with pytest.raises(MapError) as error:
        placed(tensors, *args, **options)
    message = str(error.value)
    assert message.splitlines() == [message]
    assert len(message) < 600
    assert message.startswith("the map: ")
    return message
