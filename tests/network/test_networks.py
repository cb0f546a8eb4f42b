"""Every layer, loss and optimizer, and random networks: both engines and PyTorch agree."""

from functools import cached_property

import numpy as np
import pytest

import xlbackprop
from tests.support import networks_by_layer as cases
from tests.support.convolutions import GEOMETRIES
from tests.support.forms_of_formulas import form, forms, one_of_each
from tests.support.oracles import engine, libreoffice, pytorch, workbook
from tests.support.random_networks import mixed_network, random_network
from tests.support.specs_and_values import (
    assert_pytorch_agrees,
    assert_tensors_agree,
    given_arrays,
    saved,
    spec_of,
)
from xlbackprop.layers import LAYERS
from xlbackprop.losses import LOSSES
from xlbackprop.optimizers import OPTIMIZERS

RANDOM = {f"random{number}": random_network(number) for number in range(12)}
MIXED = {f"mixed{number}": mixed_network(number) for number in range(40)}
NETWORKS = cases.ALL | RANDOM | MIXED
SAVED = [*NETWORKS][::8]  # by LibreOffice as a workbook, and checked
# The first of each layer, loss and optimizer, those with a batch, and some random ones.
MORE = ("batch", "images-last", "sequences", "trained")
QUICK = [
    *(
        f"{group}-{name}"
        for groups in (cases.LAYERS, cases.LOSSES, cases.OPTIMIZERS, cases.SHARING, cases.TRAINING)
        for group, raws in groups.items()
        for name in [next(iter(raws)), *(one for one in raws if one in MORE)]
    ),
    *(f"random{number}" for number in range(3)),
    "mixed0",
]

every_network = pytest.mark.parametrize("name", NETWORKS)


class Built:
    """The workbook of a network, built when it is first asked for, and what others make of it."""

    def __init__(self, name, folder):
        self.raw, self._path = NETWORKS[name], folder / f"{name}.xlsx"

    @cached_property
    def path(self):
        return xlbackprop.build(spec_of(self.raw), self._path)

    @cached_property
    def places(self):
        return workbook.places(self.path)

    @cached_property
    def saved(self):
        return workbook.saved_arrays(self.path, self.places)

    @cached_property
    def by_ironcalc(self):
        return engine.recalculated_arrays(self.path, self.places)

    @cached_property
    def by_pytorch(self):
        return pytorch.run(self.raw, given_arrays(self.path, self.saved))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    return {name: Built(name, folder) for name in NETWORKS}


@pytest.fixture(scope="module")
def forms_of_all(built):
    """The forms of the formulas of all networks."""
    return {name: forms(built[name].path) for name in NETWORKS}


@pytest.fixture(scope="module")
def saved_by_libreoffice(built, tmp_path_factory):
    """The copies of some workbooks that LibreOffice has recalculated and saved."""
    paths = [built[name].path for name in SAVED]
    copies = libreoffice.recalculate(paths, tmp_path_factory.mktemp("copies"))
    return dict(zip(SAVED, copies, strict=True))


@pytest.fixture(scope="module")
def by_libreoffice(built, forms_of_all, saved_by_libreoffice, tmp_path_factory):
    """The arrays of networks that have all formulas among theirs, recalculated from scratch."""
    others = one_of_each(forms_of_all, SAVED)
    paths, places = zip(*((built[name].path, built[name].places) for name in others), strict=True)
    arrays = libreoffice.recalculated_arrays(paths, places, tmp_path_factory.mktemp("office"))
    copies = {name: saved(copy) for name, copy in saved_by_libreoffice.items()}
    return copies | dict(zip(others, arrays, strict=True))


@pytest.mark.pytorch
@every_network
def test_saved_values_agree_with_pytorch(built, name):
    assert_tensors_agree(built[name].by_pytorch, built[name].saved)


@pytest.mark.libreoffice
@pytest.mark.pytorch
def test_libreoffice_agrees_with_pytorch_on_every_form_of_formula(
    by_libreoffice, forms_of_all, built
):
    recalculated = set().union(*(forms_of_all[name] for name in by_libreoffice))
    assert recalculated == set().union(*forms_of_all.values())
    wrong = {}
    for name, arrays in by_libreoffice.items():
        try:
            assert_tensors_agree(built[name].by_pytorch, arrays)
        except AssertionError as error:
            wrong[name] = str(error)
    assert wrong == {}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("A1+$B$2", "cell+cell"),
        ("SUMPRODUCT('conv 1'!A1:C1,dense1!$A$3:$A$5)*0.5", "SUMPRODUCT(rowcolumns,rowscolumn)*n"),
        ("LOG10(A1:B2)-1E-05", "LOG10(rowscolumns)-n"),
        ("MAX(A1,0)", "MAX(cell,n)"),
    ],
)
def test_form_is_all_but_what_is_referred_to(formula, expected):
    assert form(formula) == expected


def test_networks_are_added_until_all_forms_are_there():
    of = {"a": {"1", "2"}, "b": {"2"}, "c": {"3"}, "d": {"2", "4"}}
    assert one_of_each(of) == ["a", "c", "d"]
    assert one_of_each(of, ["d", "c"]) == ["a"]


@pytest.mark.pytorch
@every_network
def test_ironcalc_agrees_with_pytorch(built, name):
    assert_tensors_agree(built[name].by_pytorch, built[name].by_ironcalc)


@pytest.mark.many(quick=QUICK[::2])
@every_network
def test_ironcalc_agrees_with_the_saved_values(built, name):
    expected, arrays = built[name].saved, built[name].by_ironcalc
    assert arrays.keys() == expected.keys()
    for tensor, array in arrays.items():
        np.testing.assert_allclose(array, expected[tensor], 1e-9, 1e-9, err_msg=tensor)


@pytest.mark.many(quick=QUICK)
@every_network
def test_check_finds_networks_right_as_they_are_built(built, name):
    report = xlbackprop.check(built[name].path)
    assert report.verdict == "right", report.cells[:3]


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", SAVED)
def test_check_finds_networks_right(saved_by_libreoffice, name):
    report = xlbackprop.check(saved_by_libreoffice[name])
    assert report.verdict == "right", report.cells[:3]


@pytest.mark.pytorch
@pytest.mark.parametrize("name", ["max_pool2d-kernel2", "adam-vectors-0", "random7"])
def test_comparison_fails_for_any_tensor_that_is_a_thousandth_off(built, name):
    arrays, path = built[name].saved, built[name].path
    computed = {t.name for t in xlbackprop.inspect(path).tensors if t.kind in ("forward", "update")}
    assert computed
    for tensor in computed & set(built[name].by_pytorch):
        planted = arrays[tensor].copy()
        planted.flat[np.abs(planted).argmax()] *= 1.001
        with pytest.raises(AssertionError, match=tensor):
            assert_pytorch_agrees(NETWORKS[name], path, {**arrays, tensor: planted})


@pytest.mark.parametrize("type_name", LAYERS)
def test_every_layer_has_eight_configurations(type_name):
    convolutions = [{"layers": [{"type": "conv2d"}]} for _ in GEOMETRIES]
    uses = [
        raw
        for raw in (*cases.ALL.values(), *convolutions)
        if any(layer["type"] == type_name for layer in raw["layers"])
    ]
    assert len(uses) >= 8


def test_every_loss_and_optimizer_has_eight_configurations():
    for kind in LOSSES:
        assert len(cases.LOSSES[kind]) >= 8, kind
    for kind in OPTIMIZERS:
        assert len(cases.OPTIMIZERS[kind]) >= 8, kind


def test_random_networks_cover_all_layers_and_branches():
    for networks in (RANDOM, MIXED):
        assert all(3 <= len(raw["layers"]) <= 10 for raw in networks.values())
        assert sum(any("from" in one for one in raw["layers"]) for raw in networks.values()) >= 8
    drawn = RANDOM | MIXED
    assert {layer["type"] for raw in drawn.values() for layer in raw["layers"]} == set(LAYERS)
