"""A gain for each feature, in words of its own: y[j] = gain[j] · x[j]."""

from dataclasses import dataclass

from xlbackprop.equation import Array, Equation, Math, Shape, Slip
from xlbackprop.formula.grid import Addresses, sumproduct
from xlbackprop.layers import LayerEquations, Scope, layer


@layer("gain", short="gain")
@dataclass(frozen=True)
class Gain:
    """x and y (N, features); gain (features,)."""

    def equations(self, scope: Scope, shape: Shape) -> LayerEquations:
        """Return the layer's equations for x of shape (N, features)."""
        x = scope.input("x", shape)
        gain = scope.parameter("gain", shape[-1:], "j", "a factor for each feature")
        y = scope.output("y", shape)

        def amplified(at: Addresses, n: int, j: int) -> str:
            return f"{at.gain[j].fixed_row}*{at.x[n, j]}"

        forward = Equation(
            y.tensor,
            {"gain": gain.tensor, "x": x.tensor},
            compute=_multiplied,
            formula=amplified,
            math=Math("y[n,j] = gain[j] · x[n,j]"),
            slips=(Slip("gain added", "Multiply with the gain.", lambda gain, x: gain + x),),
        )
        to_gain = Equation(
            gain.gradient,
            {"g": y.gradient, "x": x.tensor},
            compute=lambda g, x: (g * x).sum(axis=0),
            formula=lambda at, j: sumproduct(at.g[:, j], at.x[:, j]),
            math=Math("dL/dgain[j] = Σ(n) dL/dy[n,j] · x[n,j]"),
        )
        to_x = Equation(
            x.gradient,
            {"gain": gain.tensor, "g": y.gradient},
            compute=lambda gain, g: gain * g,
            formula=lambda at, n, j: f"{at.gain[j].fixed_row}*{at.g[n, j]}",
            math=Math("dL/dx[n,j] = gain[j] · dL/dy[n,j]"),
        )
        return LayerEquations(
            inputs=(x,),
            parameters=(gain,),
            outputs=(y,),
            forward=(forward,),
            backward=(to_gain, to_x),
            about="a factor for each feature",
        )


def _multiplied(gain: Array, x: Array) -> Array:
    return gain * x
