"""The templates against the numbers that they are known for."""

import tomllib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import xlbackprop
from tests.support.oracles import engine, libreoffice, workbook
from tests.support.program import ROOT
from tests.support.specs_and_values import assert_pytorch_agrees
from tests.support.templates import LARGEST, TEMPLATES
from xlbackprop.network.values import choose_values

FOLDER = ROOT / "templates"
SMALL = [name for name in TEMPLATES if name != "lenet5"]
# Each tensor left empty is a page of its own to build and check.
MANY_TENSORS = ("digit", "rnn", "lstm", "gru", "attention", "transformer-block")


@pytest.fixture(scope="module")
def arrays():
    """Every template's arrays."""

    def evaluate(name):
        network = xlbackprop.build_network(xlbackprop.load_spec(name))
        return network.evaluate(choose_values(network))

    return {name: evaluate(name) for name in xlbackprop.template_names()}


def test_all_templates_that_the_readme_promises_are_there():
    assert set(xlbackprop.template_names()) >= {
        "conv5x5x2", "conv7x7x3-stride2", "conv-depthwise", "mlp-2-2-2", "xor", "two-conv",
        "digit", "lenet5", "residual-block", "batch-norm", "optimizers", "optimizers-sgd",
        "optimizers-momentum", "optimizers-nesterov", "optimizers-rmsprop", "optimizers-adam",
        "optimizers-adamw", "autoencoder", "conv1d", "rnn", "lstm", "gru", "attention",
        "transformer-block", "gpt-mini",
    }  # fmt: skip


@pytest.mark.parametrize("name", xlbackprop.template_names())
def test_template_has_a_line_about_it_and_its_own_name(name):
    spec = xlbackprop.load_spec(name)
    assert spec.name == name
    assert 20 <= len(spec.about) <= 110


def test_mlp_has_the_numbers_of_matt_mazurs_example(arrays):
    """https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/"""
    mlp = arrays["mlp-2-2-2"]
    assert mlp["loss.L"] == pytest.approx(0.298371109, abs=5e-10)
    np.testing.assert_allclose(mlp["sigmoid1.out"], [0.593269992, 0.596884378], atol=5e-10)
    np.testing.assert_allclose(mlp["sigmoid2.out"], [0.75136507, 0.772928465], atol=5e-10)
    np.testing.assert_allclose(
        mlp["dense2.w_new"],
        [[0.35891648, 0.408666186], [0.511301270, 0.561370121]],
        atol=5e-10,
    )
    np.testing.assert_allclose(
        mlp["dense1.w_new"],
        [[0.149780716, 0.19956143], [0.24975114, 0.29950229]],
        atol=5e-9,
    )


def test_xor_is_learned_within_its_steps(arrays):
    losses = arrays["xor"]["training.L"]
    assert losses[0] > 0.2
    assert losses[-1] < 0.01
    last = arrays["xor"][f"step{len(losses)}.sigmoid1.out"]
    np.testing.assert_allclose(last.ravel(), [0, 1, 1, 0], atol=0.1)


def test_gpt_learns_to_go_on_with_its_pattern_within_its_steps(arrays):
    gpt = arrays["gpt-mini"]
    losses = gpt["training.L"]
    assert losses[0] > 0.4
    assert losses[-1] < 0.1
    scores = gpt[f"step{len(losses)}.head.out"]
    assert scores.argmax(axis=-1).tolist() == [0, 1, 0, 0, 1]
    weights = gpt["attention.weights"]
    assert weights.shape == (2, 5, 5)
    assert (np.triu(weights, 1) == 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1)


@pytest.mark.parametrize("name", [name for name in SMALL if name.startswith("optimizers-")])
def test_every_optimizer_lowers_the_loss(arrays, name):
    losses = arrays[name]["training.L"]
    assert len(losses) == 5
    assert losses[-1] < losses[0]


def test_optimizer_templates_differ_in_the_optimizer_only():
    specs = [xlbackprop.load_spec(name) for name in SMALL if name.startswith("optimizers-")]
    assert len({spec.training.optimizer for spec in specs}) == len(specs) == 6
    assert len({(spec.layers, spec.input, spec.batch) for spec in map(_hashable, specs)}) == 1


def _hashable(spec):
    from dataclasses import replace

    return replace(spec, layers=repr(spec.layers))


def test_layers_of_lenet5_have_the_sizes_of_the_paper(arrays):
    """LeCun et al. 1998: C1 28×28×6, S2 14×14×6, C3 10×10×16, S4 5×5×16, 120, 84, 10."""
    lenet = arrays["lenet5"]
    shapes = [lenet[f"{n}.out"].shape for n in ("conv1", "avgpool1", "conv2", "avgpool2")]
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]
    assert [lenet[f"dense{n}.out"].shape for n in (1, 2, 3)] == [(120,), (84,), (10,)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("templates")
    return cache(lambda name: xlbackprop.build(made_shorter(name), folder / f"{name}.xlsx"))


@pytest.fixture(scope="module")
def by_libreoffice(built, tmp_path_factory):
    """The copies of all templates that LibreOffice has recalculated from scratch."""
    names = xlbackprop.template_names()
    copies = libreoffice.recalculate(
        [built(name) for name in names], tmp_path_factory.mktemp("office")
    )
    return dict(zip(names, copies, strict=True))


@pytest.mark.slow(quick=["conv5x5x2", "mlp-2-2-2", "digit", "batch-norm"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_template_is_right_and_ironcalc_gives_its_saved_values(built, name):
    path = built(name)
    places = workbook.places(path)
    saved = workbook.saved_arrays(path, places)
    for tensor, array in engine.recalculated_arrays(path, places).items():
        np.testing.assert_allclose(array, saved[tensor], 1e-9, 1e-9, err_msg=tensor)
    assert xlbackprop.check(path).verdict == "right"


@pytest.mark.libreoffice
@pytest.mark.pytorch
@pytest.mark.parametrize("name", xlbackprop.template_names())
def test_template_agrees_with_pytorch_after_recalculation_by_both_engines(
    built, by_libreoffice, name
):
    raw = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    if name in LARGEST:
        raw["training"]["steps"] = 2
    path, copy = built(name), by_libreoffice[name]
    places = workbook.places(path)
    assert_pytorch_agrees(raw, path, engine.recalculated_arrays(path, places))
    assert_pytorch_agrees(raw, path, workbook.saved_arrays(copy, places))


@pytest.mark.libreoffice
@pytest.mark.parametrize("template", xlbackprop.template_names())
def test_templates_saved_by_libreoffice_are_right(by_libreoffice, template):
    assert xlbackprop.check(by_libreoffice[template]).verdict == "right"


@pytest.mark.many(quick=["mlp-2-2-2"])
@pytest.mark.parametrize("name", [name for name in SMALL if name not in MANY_TENSORS])
def test_any_tensor_left_empty_makes_a_template_incomplete_not_wrong(tmp_path, name):
    spec = with_two_steps(xlbackprop.load_spec(name))
    tensors = xlbackprop.build_network(spec).tensors.values()
    shorts = sorted({tensor.short for tensor in tensors if tensor.kind.is_computed})
    for blank in shorts:
        assert_incomplete_not_wrong(spec, blank, tmp_path)


@pytest.mark.many(quick=["conv5x5x2", "mlp-2-2-2", "two-conv", "batch-norm", "optimizers-sgd"])
@pytest.mark.parametrize("name", [name for name in SMALL if name != "digit"])
def test_all_tensors_left_empty_make_a_template_incomplete_not_wrong(tmp_path, name):
    assert_incomplete_not_wrong(xlbackprop.load_spec(name), "all", tmp_path)


def made_shorter(name):
    """Return a template, the largest ones with two steps: a third would be as the second is."""
    return with_two_steps(xlbackprop.load_spec(name)) if name in LARGEST else name


def with_two_steps(spec):
    """Return a spec whose training has no third step, which would be as the second is."""
    if spec.training is None or spec.training.steps < 3:
        return spec
    return replace(spec, training=replace(spec.training, steps=2))


def assert_incomplete_not_wrong(spec, blank, folder):
    path = xlbackprop.build(spec, folder / "book.xlsx", blank=[blank], force=True)
    report = xlbackprop.check(path)
    assert report.verdict == "incomplete", blank
    assert not {"wrong", "invalid"} & set(report.counts), (blank, report.cells[:2])
