"""Numbers of Keras, saved once: python -m tests.tools.keras_numbers

It needs Keras, which the tests do not: keras 3.15.1 on PyTorch 2.13.0 made what is in
tests/support/data/keras_numbers.npz. Each model's config as Keras writes it, its weights by their
places in the file, an input and the output are kept there; tests write the .keras files of these.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")

TARGET = Path(__file__).parents[1] / "support/data/keras_numbers.npz"


def models(keras: Any) -> Iterator[tuple[str, Any]]:
    """Yield models by name, small ones of every kind of layer that is taken."""
    layers, sequential = keras.layers, keras.Sequential
    yield "mlp", sequential([
        keras.Input((4,)), layers.Dense(5, activation="relu"), layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    yield "convnet", sequential([
        keras.Input((6, 5, 2)), layers.Conv2D(3, (3, 2), activation="relu", name="first"),
        layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(2),
    ])  # fmt: skip
    yield "strided", sequential([
        keras.Input((7, 7, 1)), layers.Conv2D(2, 3, strides=2, padding="same"),
        layers.BatchNormalization(), layers.LeakyReLU(negative_slope=0.25),
        layers.AveragePooling2D(2, padding="valid"), layers.GlobalAveragePooling2D(),
    ])  # fmt: skip
    yield "depthwise", sequential([
        keras.Input((5, 5, 3)), layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
        layers.ReLU(max_value=6), layers.Conv2D(4, 1, use_bias=False), layers.GlobalMaxPooling2D(),
        layers.Dense(2, activation="sigmoid"),
    ])  # fmt: skip
    yield "autoencoder", sequential([
        keras.Input((4, 4, 1)), layers.Conv2D(2, 3, strides=2, padding="same", activation="elu"),
        layers.Conv2DTranspose(1, 2, strides=2, padding="valid", activation="sigmoid"),
    ])  # fmt: skip
    yield "rows", sequential([
        keras.Input((8, 2)), layers.Conv1D(3, 3, padding="causal", dilation_rate=2),
        layers.Activation("gelu"), layers.MaxPooling1D(2), layers.Flatten(), layers.Dense(2),
    ])  # fmt: skip
    yield "lstm", sequential([
        keras.Input((4, 3)), layers.LSTM(3, return_sequences=True), layers.LSTM(2), layers.Dense(2),
    ])  # fmt: skip
    yield "gru", sequential([
        keras.Input((4, 3)), layers.GRU(3, return_sequences=True), layers.SimpleRNN(2),
    ])  # fmt: skip
    yield "words", sequential([
        keras.Input((4,), dtype="int32"), layers.Embedding(6, 3), layers.GlobalAveragePooling1D(),
        layers.Dense(2),
    ])  # fmt: skip
    yield "residual", residual(keras)
    yield "two_inputs", two_inputs(keras)
    yield "normed", sequential([
        keras.Input((3, 4)), layers.LayerNormalization(), layers.Dense(4, activation="tanh"),
        layers.Reshape((2, 6)), layers.Permute((2, 1)), layers.Flatten(),
    ])  # fmt: skip


def residual(keras: Any) -> Any:
    """Return a functional model whose paths meet again, by a sum and by a join of channels."""
    layers = keras.layers
    x = keras.Input((4, 4, 2))
    h = layers.Conv2D(2, 3, padding="same", activation="relu")(x)
    h = layers.BatchNormalization()(h)
    added = layers.Add()([x, h])
    joined = layers.Concatenate()([added, x])
    return keras.Model(x, layers.Dense(2)(layers.Flatten()(joined)))


def two_inputs(keras: Any) -> Any:
    """Return a siamese model: one layer for both inputs."""
    layers = keras.layers
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    tower = layers.Dense(4, activation="tanh", name="tower")
    both = layers.Multiply()([tower(left), tower(right)])
    return keras.Model([left, right], layers.Dense(1)(layers.Subtract()([both, tower(left)])))


def kept(name: str, model: Any, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a model's config, its weights as they stand in its file, an input and the output."""
    import h5py

    for weight in model.weights:
        new = draw.normal(size=weight.shape)
        weight.assign(new**2 + 0.5 if "variance" in weight.name else new)
    inputs = [np.round(draw.uniform(0, 5, (2, *one.shape[1:])), 3) for one in model.inputs]
    if name == "words":
        inputs = [one.astype("int32") for one in inputs]
    given = [_tensor(one) for one in inputs]
    output = model(given if len(given) > 1 else given[0], training=False)
    found = {f"{name}/y": output.detach().cpu().numpy()}
    found |= {f"{name}/x{place}": one for place, one in enumerate(inputs)}
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder, "m.keras"))
        with zipfile.ZipFile(Path(folder, "m.keras")) as file:
            found[f"{name}/config"] = np.frombuffer(file.read("config.json"), np.uint8)
            json.loads(file.read("config.json"))
            file.extract("model.weights.h5", folder)
        with h5py.File(Path(folder, "model.weights.h5")) as weights:

            def keep(path: str, one: Any) -> None:
                if isinstance(one, h5py.Dataset):
                    found[f"{name}/weights/{path}"] = one[()]

            weights.visititems(keep)
    return found


def _tensor(array: np.ndarray) -> Any:
    import keras

    return keras.ops.convert_to_tensor(array, dtype=str(array.dtype))


def main() -> None:
    """Write the numbers of all models."""
    import keras

    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    draw = np.random.default_rng(0)
    found: dict[str, np.ndarray] = {"version": np.array(keras.__version__)}
    for name, model in models(keras):
        found |= kept(name, model, draw)
    np.savez_compressed(TARGET, **found)
    for name, one in found.items():
        print(name, one.shape)


if __name__ == "__main__":
    main()
