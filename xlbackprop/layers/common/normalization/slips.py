"""The slips of batch and layer normalization, under the letters of their equations.

Where an equation takes numbers of groups, they come in shapes that broadcast over the entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from xlbackprop.equation import Array, Slip, Tensor


def slips_of_center() -> tuple[Slip, ...]:
    """Return the slips of h less its mean: compute(h, mean)."""
    hint = "Subtract the mean of the entry's own group from h"
    return (
        Slip("mean not subtracted", f"{hint}.", lambda h, mean: h + 0 * mean),
        Slip(
            "mean less h",
            f"{hint}: yours is the mean less h.",
            lambda h, mean: mean - h,
        ),
        Slip("mean added", f"{hint}: you added it.", lambda h, mean: h + mean),
    )


def slips_of_variance(m: int, total: Callable[[Array], Array]) -> tuple[Slip, ...]:
    """Return the slips of the mean of m squares: compute(c); `total` sums over a group."""
    if m < 2:
        return ()
    return (
        Slip(
            "unbiased variance",
            f"Divide the sum of squares by {m}, not by {m - 1}: normalization takes the plain mean"
            " (VAR.P, not VAR.S).",
            lambda c: total(c * c) / (m - 1),
        ),
        Slip(
            "deviation for variance",
            "Leave the root for later: the variance is the mean of the squares themselves.",
            lambda c: np.sqrt(total(c * c) / m),
        ),
    )


def slips_of_deviation(eps: float) -> Iterator[Slip]:
    """Yield the slips of 1 over the deviation: compute(var)."""
    hint = f"Take 1 / √(var + {eps:g})"
    if eps:
        yield Slip("eps forgotten", f"{hint}: eps is missing.", lambda var: 1 / np.sqrt(var))
        yield Slip(
            "eps outside the root",
            f"{hint}: eps is added to the variance, before the root.",
            lambda var: 1 / (np.sqrt(var) + eps),
        )
    yield Slip("root missing", f"{hint}: the root is missing.", lambda var: 1 / (var + eps))
    yield Slip(
        "reciprocal missing",
        f"{hint}: yours is the deviation itself.",
        lambda var: np.sqrt(var + eps),
    )


def slips_of_normalized() -> tuple[Slip, ...]:
    """Return the slips of what is normalized: compute(c, r)."""
    hint = "Multiply the entry less its mean with inv_std"
    return (
        Slip("divided by inv_std", f"{hint}: you divided.", lambda c, r: c / r),
        Slip("inv_std missing", f"{hint}: inv_std is missing.", lambda c, r: c + 0 * r),
    )


def slips_of_scale() -> tuple[Slip, ...]:
    """Return the slips of the output: compute(gamma, x, beta)."""
    hint = "Multiply the normalized entry with gamma, then add beta"
    return (
        Slip(
            "gamma left out",
            f"{hint}: gamma is missing.",
            lambda gamma, x, beta: x + beta + 0 * gamma,
        ),
        Slip(
            "beta left out",
            f"{hint}: beta is missing.",
            lambda gamma, x, beta: gamma * x + 0 * beta,
        ),
        Slip(
            "beta scaled as well",
            f"{hint}: you added it before you multiplied.",
            lambda gamma, x, beta: gamma * (x + beta),
        ),
        Slip(
            "gamma and beta swapped",
            f"{hint}: you took one for the other.",
            lambda gamma, x, beta: beta * x + gamma,
        ),
    )


def slips_of_gamma(
    h: Tensor, total: Callable[[Array], Array], *, has_beta: bool = True
) -> Iterator[Slip]:
    """Yield the slips of dL/dgamma: compute(g, x); `total` sums over what shares a gamma."""
    hint = "Multiply each dL/dout with its normalized entry before you add up"
    yield Slip(
        "h for the normalized entry",
        f"{hint}: you took h as it was before.",
        lambda g, h, **_: total(g * h),
        {"h": h},
    )
    yield Slip(
        "normalized entry missing",
        f"{hint}: the sum of dL/dout alone is dL/dbeta." if has_beta else f"{hint}.",
        lambda g, **_: total(g),
    )


def slips_of_beta(
    h: Tensor, normalized: Tensor, total: Callable[[Array], Array]
) -> tuple[Slip, ...]:
    """Return the slips of dL/dbeta: compute(g); `total` sums over what shares a beta."""
    hint = "Add up dL/dout alone: beta is added to the normalized entry and multiplied with nothing"
    return (
        Slip(
            "dL/dgamma for dL/dbeta",
            f"{hint}. The normalized entry belongs to dL/dgamma.",
            lambda g, x: total(g * x),
            {"x": normalized},
        ),
        Slip("h in dL/dbeta", f"{hint}, least of all h.", lambda g, h: total(g * h), {"h": h}),
    )


def slips_of_unscaled() -> tuple[Slip, ...]:
    """Return the slips of the gradient before the scale: compute(g, gamma)."""
    hint = "Multiply dL/dout with gamma"
    return (
        Slip("gamma left out", f"{hint}: gamma is missing.", lambda g, gamma: g + 0 * gamma),
        Slip("divided by gamma", f"{hint}: you divided.", lambda g, gamma: g / gamma),
    )


def slips_of_dh() -> tuple[Slip, ...]:
    """Return the slips of dL/dh: compute(r, g, a, x, b)."""
    hint = (
        "Take off both means before you multiply with inv_std, for an entry moves its group's mean"
        " and its variance, too"
    )
    return (
        Slip(
            "mean treated as a constant",
            f"{hint}: gradient_mean, the way through the mean, is missing.",
            lambda r, g, a, x, b: r * (g - x * b) + 0 * a,
        ),
        Slip(
            "variance treated as a constant",
            f"{hint}: normalized · product_mean, the way through the variance, is missing.",
            lambda r, g, a, x, b: r * (g - a) + 0 * x * b,
        ),
        Slip(
            "mean and variance treated as constants",
            f"{hint}: both are missing.",
            lambda r, g, a, x, b: r * g + 0 * a * x * b,
        ),
        Slip(
            "inv_std missing",
            f"{hint}: inv_std is missing.",
            lambda r, g, a, x, b: g - a - x * b + 0 * r,
        ),
        Slip(
            "normalized entry missing",
            f"{hint}: product_mean counts times the normalized entry.",
            lambda r, g, a, x, b: r * (g - a - b) + 0 * x,
        ),
    )
