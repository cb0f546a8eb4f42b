"""The mistakes that people make with scores, masks and weights of attention."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlbackprop.equation import Array, Shape, Slip, Tensor

_OVER_KEYS = "Take the softmax along each row, over the keys: the weights of a query sum to 1."
_MASK = "Leave out what comes after the position before the softmax: where s > t, nothing is seen."


def softmax(x: Array, mask: Array, axis: int = -1) -> Array:
    """Return the softmax of x along an axis, over what the mask lets through."""
    hidden = np.where(mask > 0, x, -np.inf)
    powers = np.exp(hidden - hidden.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def of_scores(q: Shape, k: Shape, *, is_cross: bool) -> Iterator[Slip]:
    """Yield the slips of q times k, by rows: a and b."""
    if k[-1] == k[-2] > 1:
        yield Slip(
            "keys not transposed",
            "Multiply each query with the rows of k, not its columns: q times k transposed.",
            lambda a, b: a @ b,
        )
    if q[-2] == k[-2] > 1:
        yield Slip(
            "queries and keys swapped",
            "Row t has the scores of query t: yours are those of key t.",
            lambda a, b: b @ a.swapaxes(-1, -2),
        )
        if not is_cross:
            yield Slip(
                "queries for keys",
                "Multiply the queries with the keys: you took the queries twice.",
                lambda a, b: a @ a.swapaxes(-1, -2) + 0 * b.sum(),
            )


def of_scaled(size: int, width: int) -> Iterator[Slip]:
    """Yield the slips of the scores x over the root of a head's size."""
    hint = f"Divide the scores by the root of a head's size, √{size}"
    if size == 1:
        return
    yield Slip("scores not scaled", f"{hint}: you copied them.", lambda x: x + 0)
    yield Slip("root missing", f"{hint}, not by {size} itself.", lambda x: x / size)
    if width != size:
        yield Slip(
            "root of the whole width",
            f"{hint}: of one head, not of all of them together.",
            lambda x: x / width**0.5,
        )


def of_masked(mask: Array) -> Iterator[Slip]:
    """Yield the slips of what is left of the scaled scores x."""
    if mask.shape[0] < 2:
        return
    yield Slip("not masked", _MASK, lambda x: x + 0)
    yield Slip(
        "mask the wrong way round",
        "Keep what is at the position and before it, where s <= t: you kept what comes after.",
        lambda x: np.where(mask.T > 0, x, 0),
    )
    yield Slip(
        "own position masked",
        "A position sees itself, too: leave out only where s > t.",
        lambda x: np.where(np.tril(mask, -1) > 0, x, 0),
    )


OF_EXPONENT = (
    Slip(
        "maximum not subtracted",
        "Subtract the row's maximum before you take the exponential.",
        lambda x, m: np.exp(x) + 0 * m[..., None],
    ),
    Slip(
        "sign of the exponent",
        "Take e to the power of the score less the maximum, not of the maximum less the score.",
        lambda x, m: np.exp(m[..., None] - x),
    ),
)


def of_exp(mask: Array, scaled: Tensor) -> Iterator[Slip]:
    """Yield the slips of the exponentials in a causal layer."""
    if mask.shape[0] < 2:
        return
    yield Slip(
        "not masked",
        _MASK,
        lambda x, m, full: np.exp(full - m[..., None]) + 0 * x,
        {"full": scaled},
    )
    yield Slip(
        "exponential of what is masked",
        "What is masked has no part in the sum: put 0, not exp(0 - maximum).",
        lambda x, m: np.exp(x - m[..., None]),
    )
    yield Slip(
        "maximum not subtracted",
        "Subtract the row's maximum before you take the exponential.",
        lambda x, m: np.where(mask > 0, np.exp(x), 0) + 0 * m[..., None],
    )


def of_sum(mask: Array) -> Iterator[Slip]:
    """Yield the slip of a sum over the wrong axis."""
    if mask.shape[0] == mask.shape[1] > 1:
        yield Slip("softmax over the wrong axis", _OVER_KEYS, lambda e: e.sum(axis=-2))


def of_weights(mask: Array, scaled: Tensor) -> Iterator[Slip]:
    """Yield the slips of the weights: e over S."""
    yield Slip(
        "not divided by the sum",
        "Divide each exponential by the sum of its row, so that the row's sum is 1.",
        lambda e, S: e + 0 * S[..., None],
    )
    if mask.shape[0] > 1:
        yield Slip(
            "softmax over the wrong axis",
            _OVER_KEYS,
            lambda e, full, **_: softmax(full, mask, axis=-2) + 0 * e,
            {"full": scaled},
        )
    if not mask.all():
        yield Slip(
            "not masked",
            _MASK,
            lambda e, full, **_: softmax(full, np.ones(mask.shape)) + 0 * e,
            {"full": scaled},
        )
        yield Slip(
            "masked after the softmax",
            "Mask before the softmax: your weights are cut off, and no longer sum to 1.",
            lambda e, full, **_: softmax(full, np.ones(mask.shape)) * mask + 0 * e,
            {"full": scaled},
        )


def of_context(size: Shape, keys: Tensor) -> Iterator[Slip]:
    """Yield the slips of the weights a times the values turned b."""
    yield Slip(
        "keys for values",
        "Weigh the values, not the keys.",
        lambda a, b, k: a @ k + 0 * b.sum(),
        {"k": keys},
    )
    if size[0] == size[1] > 1:
        yield Slip(
            "weights transposed",
            "Row t of the weights belongs to position t: you took its column.",
            lambda a, b: a.swapaxes(-1, -2) @ b.swapaxes(-1, -2),
        )


def of_values(size: Shape) -> Iterator[Slip]:
    """Yield the slip of the gradient of the values: the weights a, what comes back b."""
    if size[0] == size[1] > 1:
        yield Slip(
            "weights not transposed",
            "A value has a part in each position that sees it: take its column of the weights.",
            lambda a, b: a @ b,
        )


def of_to_scores(size: int) -> Iterator[Slip]:
    """Yield the slip of the gradient of the scores x."""
    if size > 1:
        yield Slip(
            "scale missing",
            f"Divide by √{size} on the way back, too.",
            lambda x: x + 0,
        )


def of_keys(size: Shape) -> Iterator[Slip]:
    """Yield the slip of the gradient of the keys: that of the scores a, the queries b."""
    if size[0] == size[1] > 1:
        yield Slip(
            "gradient of the scores not transposed",
            "A key has a part in its column of the scores: take the column, not the row.",
            lambda a, b: a @ b,
        )


def of_queries(size: Shape) -> Iterator[Slip]:
    """Yield the slip of the gradient of the queries: that of the scores a, the keys turned b."""
    if size[0] == size[1] > 1:
        yield Slip(
            "gradient of the scores transposed",
            "A query has a part in its row of the scores: take the row, not the column.",
            lambda a, b: a.swapaxes(-1, -2) @ b.swapaxes(-1, -2),
        )
