"""Adam with decoupled weight decay, as in torch.optim.AdamW.

    w_decayed = w - lr λ w          (λ = weight_decay, left out where it is 0)
    w_new = w_decayed - lr m_hat / (√v_hat + eps)

The moments are Adam's, of dL/dw alone: the decay does not pass through them. Loshchilov and
Hutter, "Decoupled weight decay regularization" (2019), algorithm 2.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.equation import Equation, Math, Slip
from xlbackprop.optimizers.common.moments import moments_update


@optimizer("adamw")
@dataclass(frozen=True)
class AdamW:
    """lr: the learning rate; beta1, beta2: how slowly the moments move; eps: beside the root."""

    lr: float = number(minimum=0)
    beta1: float = number(minimum=0, below=1, default=0.9)
    beta2: float = number(minimum=0, below=1, default=0.999)
    eps: float = number(minimum=0, default=1e-8)
    weight_decay: float = number(minimum=0, default=0.01)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state are both moments."""
        if not self.weight_decay:
            return moments_update(parameter, (), parameter.w, parameter.gradient)
        decayed = _decayed(parameter)
        return moments_update(parameter, (decayed,), decayed.target, parameter.gradient)


def _decayed(parameter: Parameter) -> Equation:
    w, rates = parameter.w.title, parameter.rates
    return parameter.equation(
        parameter.tensor("decayed", f"{w} after weight decay"),
        {"w": parameter.w, "lr": rates["lr"], "decay": rates["weight_decay"]},
        compute=lambda w, lr, decay: w - lr * decay * w,
        formula=lambda w, lr, decay: f"{w}-{lr}*{decay}*{w}",
        math=Math(f"{w}_decayed = {w} - lr · weight_decay · {w}"),
        slips=(
            Slip(
                "lr missing",
                "Multiply the weight decay with the learning rate lr, too.",
                lambda w, lr, decay: w - decay * w + 0 * lr,
            ),
            Slip(
                "weight decay with the wrong sign",
                "Subtract the decay: it makes the weights smaller.",
                lambda w, lr, decay: w + lr * decay * w,
            ),
            Slip(
                "weight decay forgotten",
                "Subtract lr · weight_decay times the parameter first.",
                lambda w, lr, decay: w + 0 * lr * decay,
            ),
        ),
    )
