"""Moving averages of a gradient and of its square, which optimizers keep from step to step.

    v_t = β v_(t-1) + (1 - β) g_t     (g² for the average of squares), v_0 = 0

In the first step there is nothing to carry over, and the formula leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlbackprop.contract.optimizer import Parameter
from xlbackprop.contract.slips import altered
from xlbackprop.equation import Array, Equation, Math, Slip, Tensor


def moving_average(
    parameter: Parameter, letter: str, gradient: Tensor, rate: str, *, squared: bool
) -> Equation:
    """Return the equation of `w_<letter>`, the moving average of the gradient, or of its square.

    `rate` names the hyperparameter β; the average of the step before is the state's `letter`.
    """
    before = parameter.state.get(letter)
    power, exponent = ("²", "^2") if squared else ("", "")

    def compute(g: Array, beta: Array, v: Array | float = 0) -> Array:
        return beta * v + (1 - beta) * (g**2 if squared else g)

    def formula(g: str, beta: str, v: str = "") -> str:
        carried = f"{beta}*{v}+" if v else ""
        return f"{carried}(1-{beta})*{g}{exponent}"

    carried = f"{rate} · {before.name} + " if before else ""
    return parameter.equation(
        parameter.tensor(letter, f"moving average of the gradient{power}"),
        {
            "g": gradient,
            "beta": parameter.rates[rate],
            **({"v": before} if before else {}),
        },
        compute,
        formula,
        Math(f"{parameter.w.title}_{letter} = {carried}(1 - {rate}) · {gradient.title}{power}"),
        slips=tuple(_slips(compute, rate, squared=squared, carries=before is not None)),
    )


def _slips(
    compute: Callable[..., Array], rate: str, *, squared: bool, carries: bool
) -> Iterator[Slip]:
    weights = f"Weight what is carried over with {rate} and the new with 1 - {rate}"
    power = 2 if squared else 1
    yield Slip(
        f"{rate} and 1 - {rate} swapped",
        f"{weights}: you did the opposite.",
        lambda beta, **rest: compute(beta=1 - beta, **rest),
    )
    yield Slip(
        f"1 - {rate} missing",
        f"{weights}: the latter is missing.",
        lambda g, beta, v=0: beta * v + g**power,
    )
    if squared:
        yield Slip(
            "gradient not squared",
            "Square the gradient before you average it.",
            lambda g, beta, v=0: beta * v + (1 - beta) * g,
        )
    if carries:
        yield altered(
            "average of the step before forgotten",
            f"{weights}: what is carried over is missing.",
            compute,
            v=lambda v: 0 * v,
        )
