"""Pages to practise on, filled in by hand."""

import numpy as np
import pytest

import xlbackprop
from tests.support.practice_colours import (
    colours,
    with_ironcalc,
    with_libreoffice,
)
from tests.support.templates import TEMPLATES
from xlbackprop.network.values import choose_values

SMALL = [name for name in TEMPLATES if name not in ("lenet5", "digit")]


# Excel 2007, LibreOffice and Google Sheets have them all, and none is volatile.
ALLOWED = {
    *(
        "IF",
        "IFERROR",
        "ISBLANK",
        "ISLOGICAL",
        "COUNT",
        "COUNTIF",
        "ABS",
        "MAX",
        "MIN",
        "INT",
        "LOG10",
    ),
    *("ROUND", "REPT", "SUM", "SUMPRODUCT", "SUMSQ", "INDEX", "ROWS", "COLUMNS"),
}


each_engine = pytest.mark.parametrize(
    "engine",
    [
        pytest.param(with_ironcalc, id="ironcalc"),
        pytest.param(with_libreoffice, id="libreoffice", marks=pytest.mark.libreoffice),
    ],
)


def practice(spec, path, blank=("all",), **options):
    return xlbackprop.build(spec, path, blank=blank, practice=True, force=True, **options)


def truth_of(spec, seed=None):
    network = xlbackprop.build_network(spec)
    return network.evaluate(choose_values(network, seed))


def cells_of(arrays, names):
    return {
        (name, i): float(arrays[name][i]) for name in names for i in np.ndindex(arrays[name].shape)
    }


def computed(spec):
    tensors = xlbackprop.build_network(spec).tensors
    return [name for name, tensor in tensors.items() if tensor.kind.is_computed]


def seen(path, engine=with_ironcalc):
    return colours(path, engine(path))
