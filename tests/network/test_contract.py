"""Layers and losses of others: whatever they call their tensors, their roles are understood."""

import numpy as np
import pytest
import tomli_w

import xlbackprop
from tests.support.filling import fill
from tests.support.oracles import engine, workbook
from tests.support.plugins import HERE, registered
from tests.support.specs_and_values import saved
from xlbackprop.explainer import Explainer
from xlbackprop.network.values import choose_values

DENSE, TANH, GAIN = {"type": "dense", "units": 3}, {"type": "tanh"}, {"type": "gain"}
SHARED = {**DENSE, "share": "f1"}
SPLIT = {"type": "split", "size": 1}
BATCH, VECTOR = {"input": [3], "batch": 2}, {"input": [3]}
TWO_STEPS = {"training": {"optimizer": "momentum", "lr": 0.1, "steps": 2}}


def named(layer, name, *sources):
    return {**layer, "name": name, "from": list(sources)}


def raw(head, *layers, loss="mse", **tables):
    return {
        "name": "mine",
        **head,
        "layers": list(layers),
        "loss": {"type": loss},
        "values": {"style": "normal"},
        **tables,
    }


HALVES = (DENSE, SPLIT, named(DENSE, "a", "split1"), named(DENSE, "b", "split1.rest"))
NETWORKS = {
    "input-called-x": raw(BATCH, GAIN, DENSE, GAIN, **TWO_STEPS),
    "two-outputs": raw(VECTOR, *HALVES, named({"type": "add"}, "c", "a", "b"), **TWO_STEPS),
    "output-left-unused": raw(VECTOR, DENSE, SPLIT, DENSE, **TWO_STEPS),
    "last-output-left-unused": raw(VECTOR, DENSE, SPLIT, loss="given"),
    "one-of-two-outputs-used-twice": raw(
        VECTOR, SPLIT, named({"type": "concat"}, "c", "split1.rest", "split1", "split1.rest"), DENSE
    ),
    "shared-weights": raw(BATCH, SHARED, TANH, SHARED, **TWO_STEPS),
    "shared-gain": raw(
        BATCH, {**GAIN, "share": "g"}, TANH, DENSE, {**GAIN, "share": "g"}, **TWO_STEPS
    ),
    "input-used-twice": raw(BATCH, DENSE, GAIN, named({"type": "add"}, "c", "gain1", "input")),
    "four-axes": raw(
        {"input": [4]},
        {"type": "dense", "units": 16},
        {"type": "nest", "rank": 4},
        {"type": "layer_norm"},
        {"type": "gelu"},
        named({"type": "concat"}, "c", "gelu1", "ln1"),
        {"type": "softmax"},
        {"type": "flatten"},
        DENSE,
    ),
    "five-axes-and-a-batch": raw(
        {"input": [32], "batch": 2},
        {"type": "nest", "rank": 5},
        {"type": "dropout", "rate": 0.25},
        {"type": "leaky_relu", "slope": 0.2},
        named({"type": "add"}, "a", "leaky1", "nest1"),
        TANH,
    ),
    "loss-with-abs": raw(VECTOR, DENSE, TANH, DENSE, loss="absolute", **TWO_STEPS),
}
ALL = pytest.mark.parametrize("name", NETWORKS)
QUICK = pytest.mark.many(quick=["input-called-x", "output-left-unused", "shared-weights"])


@pytest.fixture(autouse=True)
def plugins():
    with registered(*(HERE / f"{name}.py" for name in ("gain", "split", "nest", "absolute"))):
        yield


def spec_of(network):
    return xlbackprop.parse_spec(tomli_w.dumps(network))


@pytest.fixture
def built(request, tmp_path):
    return xlbackprop.build(spec_of(NETWORKS[request.getfixturevalue("name")]), tmp_path / "m.xlsx")


def evaluated(spec):
    network = xlbackprop.build_network(spec)
    return network, network.evaluate(choose_values(network))


@ALL
def test_workbook_recalculates_to_what_numpy_computes(name, built):
    network, arrays = evaluated(spec_of(NETWORKS[name]))
    for found in (saved(built), engine.recalculated_arrays(built, workbook.places(built))):
        for tensor in network.tensors.values():
            array = found[tensor.name].reshape(tensor.shape)
            np.testing.assert_allclose(array, arrays[tensor.name], rtol=1e-9, atol=1e-12)


def gradients(network):
    """Return what is given or learned in the first step, and the gradient of L by it."""
    shown = [port for layer in network.layers for port in layer.equations.inputs]
    chosen = [*shown, *(port for layer in network.layers for port in layer.parameters)]
    found = {
        port.tensor.name: port.gradient.name for port in chosen if not port.tensor.kind.is_computed
    }
    total = [name for name in network.tensors if name.endswith(".dL_dinput")]
    return {name: total[0] if total and ".h" in name else found[name] for name in found}


@ALL
def test_gradients_are_central_differences_of_the_loss(name):
    network, arrays = evaluated(spec_of(NETWORKS[name]))
    values = {tensor.name: arrays[tensor.name] for tensor in network.inputs}
    pairs = gradients(network)
    assert pairs
    for given, gradient in pairs.items():
        numeric = np.zeros(values[given].shape)
        for index in np.ndindex(numeric.shape):
            losses = []
            for step in (1e-6, -1e-6):
                moved = values[given].astype(float)
                moved[index] += step
                losses.append(network.evaluate({**values, given: moved})[network.loss.L.name])
            numeric[index] = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose(arrays[gradient], numeric, rtol=1e-5, atol=1e-7)


@ALL
def test_check_and_proof_find_it_right(name, built):
    report = xlbackprop.check(built, prove=5)
    network = xlbackprop.build_network(spec_of(NETWORKS[name]))
    computed = [t.size for t in network.tensors.values() if t.kind.is_computed]
    assert report.verdict == "right", report.cells[:3]
    assert report.counts == {"right": sum(computed)}


@QUICK
@ALL
def test_every_tensor_is_explained_and_derived(name, built):
    spec = spec_of(NETWORKS[name])
    network, arrays = evaluated(spec)
    explainer = Explainer(xlbackprop.review_workbook(built))
    for tensor in network.tensors.values():
        last = tuple(size - 1 for size in tensor.shape)
        explained = explainer.of(tensor.name, last)
        assert "?(" not in explained.with_indices
        if tensor.kind.is_computed:
            assert explained.value == pytest.approx(arrays[tensor.name][last])
    for form in ("text", "latex", "markdown", "html"):
        document = xlbackprop.equations(spec, form)
        assert "?(" not in document
        assert "mine" in document


@ALL
def test_mistakes_in_gradients_are_found_where_they_were_made(name, built):
    network, arrays = evaluated(spec_of(NETWORKS[name]))
    planted = {
        (gradient, tuple(0 for _ in arrays[gradient].shape))
        for gradient in gradients(network).values()
    }
    fill(built, {cell: float(arrays[cell[0]][cell[1]]) + 3 for cell in planted})
    cells = xlbackprop.check(built).cells
    assert {(one.tensor, one.index) for one in cells if one.status == "wrong"} == planted


@QUICK
@ALL
def test_page_can_be_blanked_and_practised(name, tmp_path):
    spec = spec_of(NETWORKS[name])
    for practice in (False, True):
        path = tmp_path / f"{practice}.xlsx"
        xlbackprop.build(spec, path, blank=["all"], practice=practice)
        report = xlbackprop.check(path)
        assert report.verdict == "incomplete"
        assert set(report.counts) == {"blank"}


@ALL
def test_roles_decide_what_is_given_linked_and_computed(name):
    network = xlbackprop.build_network(spec_of(NETWORKS[name]))
    for step in network.steps:
        first = step.number == 1
        shown = False
        for layer in step.layers:
            for port, source in zip(layer.equations.inputs, layer.sources, strict=True):
                is_input = source.layer == "input" and first and not shown
                shown |= is_input
                assert port.tensor.kind == ("given" if is_input else "link")
            own = [port.tensor for port in layer.parameters]
            for port in layer.equations.parameters:
                expected = "parameter" if first and port.tensor in own else "link"
                assert port.tensor.kind == expected
            for port in layer.equations.outputs:
                assert port.tensor.kind == "forward"


# What is said of them.


def test_unused_output_has_a_gradient_of_zeros(tmp_path):
    path = xlbackprop.build(spec_of(NETWORKS["output-left-unused"]), tmp_path / "m.xlsx")
    assert not saved(path)["split1.dL_drest"].any()
    text = xlbackprop.equations(spec_of(NETWORKS["output-left-unused"]))
    assert "dL/drest[j] = 0" in text
    assert "Nothing uses this output" in text
    fill(path, {("split1.dL_drest", (1,)): 0.5})
    assert xlbackprop.check(path).verdict == "wrong"


def test_shared_weights_are_given_once_and_their_gradient_is_a_visible_sum(tmp_path):
    spec = spec_of(NETWORKS["shared-weights"])
    network, arrays = evaluated(spec)
    kinds = {name: tensor.kind for name, tensor in network.tensors.items()}
    assert kinds["dense1.w"] == "parameter"
    assert kinds["dense2.w"] == kinds["step2.dense1.w"] == kinds["dense1.dL_dw_1"] == "link"
    parts = arrays["dense1.dL_dw_0"] + arrays["dense2.dL_dw"]
    np.testing.assert_allclose(arrays["dense1.dL_dw"], parts)
    assert "dense2.w_new" not in arrays
    np.testing.assert_array_equal(arrays["step2.dense2.w"], arrays["dense1.w_new"])
    lines = {equation.target.name: equation.math.text for equation in network.equations}
    assert lines["dense1.dL_dw"] == "dL/dw[k,j] = dL/dw_0 + dL/dw_1"
    assert lines["dense1.dL_dw_0"].startswith("dL/dw_0[k,j] = Σ(n) dL/dout[n,k]")
    assert network.tensors["dense2.dL_dw"].about == "gradient of the weights, from this use"
    notes = [layer.equations.note for layer in network.layers]
    assert notes == [
        "It shares its parameters with dense2: their gradients add up here.",
        "",
        "Its parameters are those of dense1; so is what they learn.",
    ]
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    own = arrays["dense1.dL_dw_0"]
    fill(path, {("dense1.dL_dw", index): float(own[index]) for index in np.ndindex(own.shape)})
    (tensor,) = [one for one in xlbackprop.check(path).tensors if one.diagnosis]
    assert tensor.name == "dense1.dL_dw"
    assert [one["slip"] for one in tensor.diagnosis] == ["gradient from one use only"]


def test_weights_updated_too_early_are_named_where_they_are_shared(tmp_path):
    spec = spec_of(NETWORKS["shared-weights"])
    network, arrays = evaluated(spec)
    equation = network.equation_of["dense1.dL_dh"]
    slip = next(one for one in equation.slips if one.name == "already updated weights")
    assert slip.sources["updated"].name == "dense1.w_new"
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    late = network.equation_of["dense2.w_transposed"].slips
    assert "already updated weights" in [one.name for one in late]
    wrong = equation.evaluate_slip(slip, arrays)
    fill(path, {("dense1.dL_dh", i): float(wrong[i]) for i in np.ndindex(wrong.shape)})
    (tensor,) = [one for one in xlbackprop.check(path).tensors if one.diagnosis]
    assert tensor.diagnosis[0]["slip"] == "already updated weights"


def test_spec_in_the_workbook_keeps_shares_and_outputs():
    for name in ("two-outputs", "shared-weights"):
        spec = spec_of(NETWORKS[name])
        again = xlbackprop.parse_spec(spec.to_toml())
        assert again.layers == spec.layers


def test_input_called_x_is_found_by_its_label(tmp_path):
    spec = spec_of(raw(BATCH, DENSE, GAIN))
    path = xlbackprop.build(spec, tmp_path / "mine.xlsx")
    found = {tensor.name for tensor in xlbackprop.locate(path, spec).tensors}
    assert {"gain1.x", "gain1.gain", "gain1.y", "gain1.dL_dgain"} <= found


BAD = {
    "output-that-is-not-there": (
        raw(VECTOR, SPLIT, named(DENSE, "a", "split1.res")),
        ["a", "split1.res", "no output 'res'", "did you mean rest?"],
    ),
    "output-of-the-input": (
        raw(VECTOR, named(DENSE, "a", "input.x")),
        ["input.x", "one of its outputs"],
    ),
    "no-output-named": (raw(VECTOR, SPLIT, named(DENSE, "a", "split1.")), ["split1."]),
    "shares-alone": (
        raw(VECTOR, {**DENSE, "share": "f1"}, {**DENSE, "share": "f2"}),
        ["dense1", "f1", "no other layer"],
    ),
    "shares-nothing": (
        raw(VECTOR, {**DENSE, "share": "f"}, {**TANH, "share": "f"}),
        ["tanh1", "share = 'f'", "no parameters"],
    ),
    "shares-another-shape": (
        raw(BATCH, SHARED, {**SHARED, "units": 2}),
        ["dense2", "w 2×3, b 2", "dense1 has w 3×3, b 3"],
    ),
    "shares-other-names": (
        raw(BATCH, SHARED, {**GAIN, "share": "f1"}),
        ["gain1", "gain 3", "w 3×3, b 3"],
    ),
    "share-is-no-name": (raw(BATCH, {**DENSE, "share": 3}), ["layer 1", "share = 3", "letter"]),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_output_or_share_that_cannot_be_is_refused(case):
    network, words = case
    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.build_network(spec_of(network))
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert "\n" not in str(caught.value)
