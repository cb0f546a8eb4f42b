"""Networks that cannot work are refused before anything is written, and told why."""

import pytest

import xlbackprop
from tests.support.specs_and_values import spec_of

DENSE, CONV = {"type": "dense", "units": 2}, {"type": "conv2d", "filters": 2, "kernel": 2}
VECTOR, IMAGE = {"input": [3]}, {"input": [2, 4, 4]}


def raw(head, *layers, **tables):
    return {"name": "bad", **head, "layers": [dict(layer) for layer in layers], **tables}


def named(layer, name, *sources):
    return {**layer, "name": name, **({"from": list(sources)} if sources else {})}


ADD, CONCAT, FLATTEN = {"type": "add"}, {"type": "concat"}, {"type": "flatten"}
SGD = {"optimizer": "sgd", "lr": 0.1}

CASES = {
    "unknown-type": (raw(VECTOR, {"type": "dens", "units": 2}), ["layer 1", "dens", "dense"]),
    "cycle": (
        raw(VECTOR, named(DENSE, "a", "b"), named(DENSE, "b", "a")),
        ["cycle", "a", "b"],
    ),
    "itself": (raw(VECTOR, named(DENSE, "a", "a")), ["cycle", "a"]),
    "unused-branch": (
        raw(VECTOR, named(DENSE, "a"), named(DENSE, "b"), named(DENSE, "c", "a")),
        ["b", "nothing uses"],
    ),
    "name-twice": (raw(VECTOR, named(DENSE, "a"), named(DENSE, "A")), ["'A'", "name"]),
    "unknown-source": (raw(VECTOR, named(DENSE, "a", "x")), ["a", "'x'", "no such layer"]),
    "add-of-one": (raw(VECTOR, DENSE, {**ADD, "from": ["dense1"]}), ["add1", "two"]),
    "dense-of-two": (
        raw(VECTOR, DENSE, DENSE, {**DENSE, "from": ["dense1", "dense2"]}),
        ["dense3", "one input"],
    ),
    "add-of-two-shapes": (
        raw(VECTOR, DENSE, {**DENSE, "units": 5}, {**ADD, "from": ["dense1", "dense2"]}),
        ["add1", "2", "5"],
    ),
    "concat-of-two-sizes": (
        raw(IMAGE, CONV, CONV, {**CONCAT, "from": ["conv1", "conv2"]}),
        ["concat1", "3, 3", "2, 2"],
    ),
    "dense-of-an-image": (raw(IMAGE, DENSE), ["dense1", "2, 4, 4", "flatten"]),
    "conv-of-a-vector": (raw(VECTOR, CONV), ["conv1", "[3]", "channels"]),
    "pool-of-a-vector": (raw(VECTOR, {"type": "max_pool2d", "kernel": 2}), ["pool1", "[3]"]),
    "pool-larger-than-input": (
        raw(IMAGE, {"type": "max_pool2d", "kernel": 5}),
        ["pool1", "kernel", "5", "4"],
    ),
    "pool-with-too-much-padding": (
        raw(IMAGE, {"type": "avg_pool2d", "kernel": 2, "padding": 2}),
        ["avgpool1", "padding", "2"],
    ),
    "batch-norm-of-one-vector": (raw(VECTOR, {"type": "batch_norm"}), ["bn1", "batch"]),
    "dropout-of-everything": (raw(VECTOR, {"type": "dropout", "rate": 1}), ["dropout1", "rate"]),
    "output-padding-too-large": (
        raw(IMAGE, {"type": "conv_transpose2d", "filters": 1, "kernel": 2, "output_padding": 1}),
        ["convt1", "output_padding", "1"],
    ),
    "embedding-of-a-layer": (
        raw(VECTOR, DENSE, {"type": "embedding", "vocabulary": 3, "width": 2}),
        ["embed1", "class numbers"],
    ),
    "cross-entropy-of-an-image": (
        raw(IMAGE, CONV, loss={"type": "cross_entropy"}),
        ["cross_entropy", "2, 3, 3"],
    ),
    "unknown-loss": (raw(VECTOR, DENSE, loss={"type": "mses"}), ["mses", "mse"]),
    "unknown-reduction": (
        raw(VECTOR, DENSE, loss={"type": "mse", "reduction": "average"}),
        ["reduction", "average", "mean"],
    ),
    "unknown-optimizer": (
        raw(VECTOR, DENSE, training={"optimizer": "adem", "lr": 1}),
        ["adem", "adam"],
    ),
    "no-learning-rate": (raw(VECTOR, DENSE, training={"optimizer": "sgd"}), ["lr", "missing"]),
    "learning-rate-is-text": (
        raw(VECTOR, DENSE, training={**SGD, "lr": "fast"}),
        ["lr", "fast", "number"],
    ),
    "learning-rate-is-not-finite": (
        raw(VECTOR, DENSE, training={**SGD, "lr": float("nan")}),
        ["lr", "nan", "number"],
    ),
    "learning-rate-is-true": (raw(VECTOR, DENSE, training={**SGD, "lr": True}), ["lr", "True"]),
    "no-steps": (raw(VECTOR, DENSE, training={**SGD, "steps": 0}), ["steps", "0"]),
    "too-many-steps": (raw(VECTOR, DENSE, training={**SGD, "steps": 10**7}), ["steps"]),
    "too-many-cells-in-all-steps": (
        raw({"input": [300]}, {**DENSE, "units": 300}, training={**SGD, "steps": 50}),
        ["cells", "dense1"],
    ),
    "unknown-option-of-the-optimizer": (
        raw(VECTOR, DENSE, training={**SGD, "beta1": 0.9}),
        ["training", "beta1"],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_network_that_cannot_work_is_refused_before_anything_is_written(case, tmp_path):
    spec, words = case
    with pytest.raises(xlbackprop.SpecError) as caught:
        xlbackprop.build(spec_of(spec), tmp_path / "bad.xlsx")
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("labels", "shown"),
    [([0, 2], "2"), ([-1, 0], "-1"), ([0.5, 0], "0.5")],
)
def test_label_out_of_range_is_refused(labels, shown):
    spec = raw(
        {**VECTOR, "batch": 2},
        DENSE,
        loss={"type": "cross_entropy"},
        values={"arrays": {"loss.target": labels}},
    )
    from xlbackprop.network.values import choose_values

    with pytest.raises(xlbackprop.SpecError, match=f"loss.target holds {shown}: .* from 0 to 1"):
        choose_values(xlbackprop.build_network(spec_of(spec)))


def test_layers_may_be_listed_in_any_order_that_has_no_cycle():
    spec = raw(
        VECTOR, named(DENSE, "b", "a"), named(DENSE, "a", "input"), named(ADD, "c", "a", "b")
    )
    network = xlbackprop.build_network(spec_of(spec))
    assert [layer.name for layer in network.layers] == ["a", "b", "c"]
