"""Networks to test with: at least eight configurations of every layer, loss and optimizer."""

from __future__ import annotations

from typing import Any

from tests.support import (
    networks_of_attention,
    networks_of_inputs,
    networks_of_losses,
    networks_of_norms,
    networks_of_rearrangements,
    networks_of_training,
    networks_of_windows,
)
from tests.support.network_parts import (
    CONV,
    DENSE,
    IMAGE,
    IMAGES,
    SENTENCES,
    SEQUENCE,
    SEQUENCES,
    VECTOR,
    VECTORS,
    Raw,
    everywhere,
    network,
)
from tests.support.networks_of_activations import ACTIVATIONS, AT_KINKS


def _pools(type_name: str) -> dict[str, Raw]:
    def pool(**options: Any) -> Raw:
        return {"type": type_name, **options}

    large = {"input": [2, 7, 6]}
    return {
        "kernel2": network(IMAGE, CONV, pool(kernel=2, stride=1), CONV),
        "kernel2-stride2": network({"input": [2, 5, 5]}, CONV, pool(kernel=2)),
        "kernel3-overlapping": network(large, pool(kernel=3, stride=1)),
        "kernel3-stride2": network(large, pool(kernel=3, stride=2)),
        "leaves-rows": network(large, pool(kernel=3)),
        "padding": network(large, pool(kernel=3, stride=2, padding=1)),
        "padding-per-axis": network(large, pool(kernel=[2, 4], stride=[2, 1], padding=[1, 2])),
        "skips-rows": network(large, pool(kernel=2, stride=3)),
        "kernel1": network(IMAGE, pool(kernel=1)),
        "fills-input": network(IMAGE, pool(kernel=4)),
        "batch": network(IMAGES, CONV, pool(kernel=2, stride=1), CONV),
        "batch-padding": network(IMAGES, pool(kernel=2, stride=2, padding=1)),
        "one-row": network({"input": [1, 1, 6]}, pool(kernel=[1, 2])),
    } | networks_of_windows.pools2d(type_name)


def _transposed() -> dict[str, Raw]:
    def up(**options: Any) -> Raw:
        return {"type": "conv_transpose2d", "filters": 3, **options}

    small = {"input": [2, 3, 4]}
    return {
        "plain": network(small, up(kernel=3)),
        "stride2": network(small, up(kernel=2, stride=2)),
        "stride2-output-padding": network(
            small, up(kernel=3, stride=2, padding=1, output_padding=1)
        ),
        "stride3-skips": network(small, up(kernel=2, stride=3)),
        "padding": network(small, up(kernel=3, padding=1)),
        "padding-beyond-kernel": network({"input": [1, 5, 5]}, up(kernel=2, padding=2)),
        "kernel1": network(small, up(kernel=1)),
        "kernel1-stride2": network(small, up(kernel=1, stride=2)),
        "per-axis": network(
            small, up(kernel=[2, 3], stride=[1, 2], padding=[0, 1], output_padding=[0, 1])
        ),
        "no-bias": network(small, up(kernel=2, bias=False)),
        "batch": network({**small, "batch": 2}, CONV, up(kernel=2, stride=2), CONV),
        "one-by-one": network({"input": [3, 1, 1]}, up(kernel=3)),
    }


def _embeddings() -> dict[str, Raw]:
    def embed(vocabulary: int, width: int) -> Raw:
        return {"type": "embedding", "vocabulary": vocabulary, "width": width}

    flat = {"type": "flatten"}
    return {
        "tokens": network({"input": [4]}, embed(5, 3)),
        "one-token": network({"input": [1]}, embed(3, 2)),
        "batch": network({"input": [4], "batch": 2}, embed(5, 3)),
        "repeated-tokens": network({"input": [9]}, embed(2, 2)),
        "unused-words": network({"input": [2]}, embed(9, 3)),
        "width1": network({"input": [3]}, embed(4, 1)),
        "then-tanh": network({"input": [3], "batch": 2}, embed(4, 2), {"type": "tanh"}),
        "then-dense": network({"input": [3]}, embed(4, 2), flat, DENSE),
        "then-dense-batch": network({"input": [3], "batch": 3}, embed(4, 2), flat, DENSE),
    }


def _joins(type_name: str) -> dict[str, Raw]:
    def join(*names: str) -> Raw:
        return {"type": type_name, "from": list(names)}

    relu, tanh = {"type": "relu"}, {"type": "tanh"}
    same = {"type": "conv2d", "filters": 2, "kernel": 3, "padding": 1}
    return {
        "residual": network(IMAGE, same, relu, same, join("conv2", "conv1")),
        "residual-of-input": network(IMAGE, same, join("conv1", "input"), relu),
        "batch": network(IMAGES, same, same, join("conv1", "conv2"), CONV),
        "vector": network(VECTOR, DENSE, tanh, DENSE, join("dense1", "dense2")),
        "vectors": network(VECTORS, DENSE, tanh, DENSE, join("dense2", "tanh1")),
        "three": network(VECTOR, DENSE, tanh, DENSE, join("dense1", "tanh1", "dense2")),
        "twice-the-same": network(VECTOR, DENSE, join("dense1", "dense1"), relu),
        "two-joins": network(
            VECTORS, DENSE, tanh, join("dense1", "tanh1"), DENSE, join("dense1", "dense2")
        ),
    }


def _dense() -> dict[str, Raw]:
    def dense(**options: Any) -> Raw:
        return {"type": "dense", **options}

    return {
        "vector": network(VECTOR, dense(units=3)),
        "two": network(VECTOR, dense(units=3), dense(units=2)),
        "one-unit": network(VECTOR, dense(units=1)),
        "one-input": network({"input": [1]}, dense(units=3)),
        "one-of-each": network({"input": [1]}, dense(units=1)),
        "no-bias": network(VECTOR, dense(units=3, bias=False)),
        "batch": network(VECTORS, dense(units=3), dense(units=2)),
        "batch-of-one": network({"input": [3], "batch": 1}, dense(units=2)),
        "batch-no-bias": network(VECTORS, dense(units=3, bias=False)),
        "batch-one-unit": network(VECTORS, dense(units=1)),
        "given": network(VECTORS, dense(units=3), loss={"type": "given"}),
        "after-conv": network(IMAGE, CONV, {"type": "flatten"}, dense(units=3)),
        "sequence": network(SEQUENCE, dense(units=2)),
        "sequence-of-one": network({"input": [1, 3]}, dense(units=2), dense(units=3, bias=False)),
        "sequence-one-unit": network(SEQUENCE, dense(units=1), {"type": "flatten"}, DENSE),
        "sequences": network(SEQUENCES, dense(units=3), {"type": "tanh"}, dense(units=2)),
        "sequences-no-bias": network(SEQUENCES, dense(units=3, bias=False), {"type": "softmax"}),
        "sequences-of-tokens": network(
            {"input": [3], "batch": 2},
            {"type": "embedding", "vocabulary": 4, "width": 3},
            dense(units=2),
        ),
        "more-sequences-than-a-formula-holds": network(
            {"input": [2, 2], "batch": 70}, dense(units=1)
        ),
    }


def _sharing() -> dict[str, Raw]:
    """Return networks whose layers share parameters."""

    def shared(layer: Raw, share: str = "f1") -> Raw:
        return {**layer, "share": share}

    square, tanh = {"type": "dense", "units": 5}, {"type": "tanh"}
    same = {"type": "conv2d", "filters": 2, "kernel": 3, "padding": 1}
    adam = {"training": {"optimizer": "adam", "lr": 0.1, "eps": 0.1, "steps": 3}}
    tokens = {"type": "embedding", "vocabulary": 5, "width": 3}
    scores = {"type": "dense", "units": 5, "bias": False}
    return {
        "vector": network(VECTOR, shared(square), tanh, shared(square)),
        "vectors": network(VECTORS, shared(square), tanh, shared(square), DENSE),
        "thrice": network(VECTORS, shared(square), tanh, shared(square), tanh, shared(square)),
        "in-turns": network(
            VECTOR, shared(square), tanh, shared(square, "f2"), shared(square), shared(square, "f2")
        ),
        "branches": network(
            VECTORS,
            {**shared(square), "name": "a"},
            {**shared(square), "name": "b", "from": "input"},
            {"type": "add", "from": ["a", "b"]},
            tanh,
        ),
        "trained": network(VECTORS, shared(square), tanh, shared(square)) | adam,
        "conv": network(IMAGES, shared(same), {"type": "relu"}, shared(same)),
        "conv-trained": network(IMAGE, shared(same), tanh, shared(same)) | adam,
        "batch-norm": network(
            VECTORS, DENSE, shared({"type": "batch_norm"}), tanh, shared({"type": "batch_norm"})
        ),
        "tied-embedding": network(SENTENCES, shared(tokens), tanh, shared(scores)),
    }


def _norms(type_name: str) -> dict[str, Raw]:
    norm = {"type": type_name}
    cases = everywhere(norm) | {
        "eps": network(VECTORS, DENSE, {**norm, "eps": 0.1}, DENSE),
        "one-channel": network({"input": [1, 3, 3], "batch": 2}, norm),
        "not-square": network({"input": [3, 2, 4]}, norm, {"type": "relu"}),
    }
    if type_name == "batch_norm":  # one vector has no variance
        cases = {name: case for name, case in cases.items() if not name.startswith("vector-")}
    return cases


def _losses() -> dict[str, dict[str, Raw]]:
    sigmoid, flatten = {"type": "sigmoid"}, {"type": "flatten"}
    heads = {
        "vector": (VECTOR, DENSE),
        "vectors": (VECTORS, DENSE),
        "one": (VECTOR, {"type": "dense", "units": 1}),
        "image": (IMAGE, CONV),
        "images": (IMAGES, CONV),
    }
    losses: dict[str, dict[str, Raw]] = {}
    for kind in ("mse", "half_sse", "bce", "given"):
        reductions = [{}] if kind == "given" else [{"reduction": r} for r in ("sum", "mean")]
        losses[kind] = {
            f"{name}-{reduction.get('reduction', 'plain')}": network(
                head, layer, *[sigmoid] * (kind == "bce"), loss={"type": kind, **reduction}
            )
            for name, (head, layer) in heads.items()
            for reduction in reductions
        }
    steps = {"optimizer": "momentum", "lr": 0.01, "steps": 3}
    losses["given"] |= {
        "trained": {**network(VECTORS, DENSE, DENSE, loss={"type": "given"}), "training": steps},
        "conv-groups": network(IMAGE, {**CONV, "groups": 2}, loss={"type": "given"}),
        "two-layers": network(IMAGES, CONV, CONV, loss={"type": "given"}),
        "flat": network(IMAGES, CONV, flatten, loss={"type": "given"}),
    }
    losses["cross_entropy"] = {
        f"{name}-{reduction}-{seed}": network(
            head, layer, loss={"type": "cross_entropy", "reduction": reduction}, seed=seed
        )
        for name, (head, layer) in heads.items()
        if name in ("vector", "vectors")
        for reduction in ("sum", "mean")
        for seed in (1, 2)
    } | {
        "conv": network(IMAGES, CONV, flatten, DENSE, loss={"type": "cross_entropy"}),
        "sequence": network(SEQUENCE, DENSE, loss={"type": "cross_entropy"}),
        "sequences": network(SEQUENCES, DENSE, loss={"type": "cross_entropy"}),
        "sequences-soft": network(
            SEQUENCES,
            {"type": "rnn", "units": 3},
            loss={"type": "cross_entropy", "target": "probabilities", "reduction": "sum"},
        ),
    }
    for kind, cases in networks_of_losses.LOSSES.items():
        losses[kind] = losses.get(kind, {}) | cases
    return losses


def _optimizers() -> dict[str, dict[str, Raw]]:
    extras: dict[str, list[Raw]] = {
        "sgd": [{}, {"weight_decay": 0.1}],
        "momentum": [{}, {"momentum": 0.5, "dampening": 0.3}, {"weight_decay": 0.1}],
        "adagrad": [{}, {"eps": 0.1, "weight_decay": 0.1}],
        "nesterov": [{}, {"momentum": 0.5}, {"weight_decay": 0.1}],
        "rmsprop": [{}, {"alpha": 0.8, "eps": 1e-3}, {"weight_decay": 0.1}],
        "adam": [{}, {"beta1": 0.5, "beta2": 0.8}, {"weight_decay": 0.1}],
        "adamw": [{}, {"weight_decay": 0.2}, {"beta1": 0.5, "eps": 1e-2}],
    }
    nets = {
        "vectors": network(VECTORS, DENSE, {"type": "tanh"}, {"type": "dense", "units": 2}),
        "vector": network(VECTOR, DENSE, {"type": "sigmoid"}),
        "images": network(IMAGES, CONV, {"type": "relu"}, CONV),
        "residual": network(
            VECTORS, DENSE, {"type": "tanh"}, {"type": "add", "from": ["dense1", "tanh1"]}
        ),
    }
    return {
        name: {
            f"{net}-{number}": {
                **raw,
                "training": {"optimizer": name, "lr": 0.05, "steps": 5, **options},
            }
            for number, options in enumerate(options_list)
            for net, raw in nets.items()
        }
        for name, options_list in extras.items()
    }


def _recurrences(type_name: str) -> dict[str, Raw]:
    def recurrent(**options: Any) -> Raw:
        return {"type": type_name, "units": 3, **options}

    kinds = {"relu": network(SEQUENCE, recurrent(nonlinearity="relu"), seed=2)}
    return {
        "sequence": network(SEQUENCE, recurrent()),
        "sequences-last": network(SEQUENCES, recurrent(last=True), DENSE),
        "given": network(SEQUENCE, DENSE, recurrent(initial="given")),
        "sequences-given": network(SEQUENCES, recurrent(initial="given", last=True)),
        "two": network(SEQUENCES, recurrent(), recurrent(units=2)),
        "one-step": network({"input": [1, 3]}, recurrent(units=2)),
        "one-of-each": network({"input": [2, 1], "batch": 1}, recurrent(units=1)),
        "trained": network(SEQUENCE, recurrent(units=2))
        | {"training": {"optimizer": "sgd", "lr": 0.1, "steps": 2}},
    } | (kinds if type_name == "rnn" else {})


def _own_data() -> dict[str, Raw]:
    """Networks of which every step has givens of its own."""
    training = {"optimizer": "sgd", "lr": 0.1, "steps": 3, "data": "each step"}
    nets = {
        "vector": network(VECTOR, DENSE, {"type": "sigmoid"}),
        "given": network(VECTORS, DENSE, DENSE, loss={"type": "given"}),
        "images": network(IMAGES, CONV, {"type": "relu"}, {"type": "max_pool2d", "kernel": 2}),
        "masks": network(VECTORS, DENSE, {"type": "dropout", "rate": 0.4}),
        "used-twice": network(VECTORS, DENSE, {"type": "concat", "from": ["input", "dense1"]}),
    }
    adam = {"optimizer": "adam", "lr": 0.1, "eps": 0.1}
    return {name: raw | {"training": training} for name, raw in nets.items()} | {
        "adam": nets["vector"] | {"training": training | adam}
    }


LAYERS: dict[str, dict[str, Raw]] = {
    "dense": _dense(),
    **{name: everywhere({"type": name}) for name in ("relu", "sigmoid", "tanh", "softmax")},
    "leaky_relu": everywhere({"type": "leaky_relu", "slope": 0.2})
    | {"default-slope": network(VECTOR, DENSE, {"type": "leaky_relu"})},
    **ACTIVATIONS,
    "dropout": everywhere({"type": "dropout", "rate": 0.4}),
    "flatten": {
        "image": network(IMAGE, CONV, {"type": "flatten"}, DENSE),
        "image-first": network(IMAGE, {"type": "flatten"}, DENSE),
        "image-last": network(IMAGE, CONV, {"type": "flatten"}),
        "images": network(IMAGES, CONV, {"type": "flatten"}, DENSE),
        "images-last": network(IMAGES, CONV, {"type": "flatten"}),
        "one-cell": network({"input": [1, 1, 1]}, {"type": "flatten"}),
        "one-row": network({"input": [2, 1, 3]}, {"type": "flatten"}, DENSE),
        "vector": network(VECTORS, DENSE, {"type": "flatten"}, DENSE),
    },
    "max_pool2d": _pools("max_pool2d"),
    "avg_pool2d": _pools("avg_pool2d"),
    "global_avg_pool": {
        "image": network(IMAGE, {"type": "global_avg_pool"}),
        "image-then-dense": network(IMAGE, CONV, {"type": "global_avg_pool"}, DENSE),
        "images": network(IMAGES, CONV, {"type": "global_avg_pool"}),
        "images-then-dense": network(IMAGES, CONV, {"type": "global_avg_pool"}, DENSE),
        "one-cell": network({"input": [3, 1, 1]}, {"type": "global_avg_pool"}),
        "one-channel": network({"input": [1, 3, 3]}, {"type": "global_avg_pool"}),
        "not-square": network({"input": [3, 2, 5]}, {"type": "global_avg_pool"}),
        "batch-of-one": network({"input": [2, 3, 3], "batch": 1}, {"type": "global_avg_pool"}),
    },
    **networks_of_norms.NORMS,
    **networks_of_windows.WINDOWS,
    "batch_norm": _norms("batch_norm") | networks_of_norms.NORMS["batch_norm"],
    "layer_norm": _norms("layer_norm") | networks_of_norms.NORMS["layer_norm"],
    "conv_transpose2d": _transposed(),
    "embedding": _embeddings(),
    "rnn": _recurrences("rnn"),
    "lstm": _recurrences("lstm"),
    "gru": _recurrences("gru"),
    **networks_of_rearrangements.REARRANGEMENTS,
    **networks_of_attention.ATTENTION,
    "add": _joins("add"),
    "concat": _joins("concat"),
}

LOSSES = _losses()
OPTIMIZERS = _optimizers()
SHARING = {"share": _sharing()}
TRAINING = {
    "own-data": _own_data(),
    **networks_of_inputs.INPUTS,
    **networks_of_training.OF_TRAINING,
}

ALL: dict[str, Raw] = {
    f"{group}-{name}": raw
    for groups in (
        LAYERS,
        LOSSES,
        OPTIMIZERS,
        SHARING,
        TRAINING,
        AT_KINKS,
        networks_of_windows.PADDINGS,
        networks_of_losses.PENALTIES,
    )
    for group, cases in groups.items()
    for name, raw in cases.items()
}
