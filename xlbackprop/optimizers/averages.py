"""Moving averages of a gradient and of its square, which optimizers keep from step to step.

    v_t = β v_(t-1) + (1 - β) g_t     (g² for the average of squares), v_0 = 0

In the first step there is nothing to carry over, and the formula leaves it out.
"""

from __future__ import annotations

from xlbackprop.equation import Array, Equation, Math, Tensor
from xlbackprop.optimizers.contract import Parameter


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
    )
