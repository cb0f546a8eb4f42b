"""Specs as texts, and what is said of bad ones."""

import pytest

from xlbackprop.errors import SpecError
from xlbackprop.network import build_network
from xlbackprop.network.values import choose_values
from xlbackprop.spec import parse_spec

HEAD = """\
name = "small"
input = [2, 5, 5]
"""


LAYER = """\
[[layers]]
type = "conv2d"
filters = 3
kernel = 3
"""


LOSS = """\
[loss]
type = "given"
"""


GOOD = HEAD + LAYER + LOSS


# A bias stands in one row, however many filters there are.
MANY = GOOD.replace("[2, 5, 5]", "[1, 1, 1]").replace("kernel = 3", "kernel = 1")


def swapped(old, new, text=GOOD):
    """Return the good spec with one piece of it replaced."""
    assert text.count(old) == 1, f"{old!r} is not once in the spec"
    return text.replace(old, new)


def with_option(line, layer=LAYER):
    """Return the good spec with a line added to its layer, or put in place of that key's."""
    key = line.split(" = ")[0]
    kept = [old for old in layer.splitlines() if not old.startswith(f"{key} =")]
    return HEAD + "\n".join([*kept, line]) + "\n" + LOSS


def with_array(tensor, source):
    return f'{GOOD}[values.arrays]\n"{tensor}" = {source}\n'


def network_of(text, folder=None):
    return build_network(parse_spec(text, folder))


def values_of(text, folder=None, seed=None):
    return choose_values(network_of(text, folder), seed)


def complaint(text, folder=None):
    """Return what is said of a bad spec: a SpecError's message, which must be one line."""
    with pytest.raises(SpecError) as caught:
        values_of(text, folder)
    message = str(caught.value)
    assert message
    assert message.isprintable(), repr(message)
    return message
