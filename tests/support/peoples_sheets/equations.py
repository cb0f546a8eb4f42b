"""A network of two dense layers in NumPy, and the derivatives of its loss by complex steps.

All arrays have a leading axis: of so many copies, each differs in one number, by a step along the
imaginary axis. The derivative is what comes out there, exact to the last digits.
"""

from __future__ import annotations

import numpy as np

_STEP = 1e-30


def sigmoid(net):
    """Return the logistic function of numbers."""
    return 1 / (1 + np.exp(-net))


def relu(net):
    """Return the positive part of numbers."""
    return np.where(net.real > 0, net, 0)


def softmax(net):
    """Return shares that sum to 1 along the last axis."""
    powers = np.exp(net)
    return powers / powers.sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": relu,
    "linear": lambda net: net,
    "softmax": softmax,
}


def loss(name, out, target):
    """Return L of a sample: half the squared error, its mean, or cross-entropy."""
    if name == "half":
        return 0.5 * ((target - out) ** 2).sum(axis=-1)
    if name == "mean":
        return ((target - out) ** 2).mean(axis=-1)
    return -(target * np.log(out)).sum(axis=-1)


def gradients(forward, numbers):
    """Return dL/d(entry) for arrays by name; `forward` takes them with a leading axis."""
    sizes = {name: np.asarray(array).size for name, array in numbers.items()}
    copies = sum(sizes.values())
    moved, start = {}, 0
    for name, array in numbers.items():
        flat = np.tile(np.asarray(array, dtype=complex).reshape(1, -1), (copies, 1))
        flat[start + np.arange(sizes[name]), np.arange(sizes[name])] += 1j * _STEP
        moved[name] = flat.reshape(copies, *np.shape(array))
        start += sizes[name]
    derivatives = forward(**moved).imag / _STEP
    parts = np.split(derivatives, np.cumsum(list(sizes.values()))[:-1])
    return {
        name: part.reshape(np.shape(array))
        for part, (name, array) in zip(parts, numbers.items(), strict=True)
    }
