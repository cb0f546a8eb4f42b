"""Adam: steps of about the learning rate, whatever the gradient's scale, as in torch.optim.Adam.

    g = dL/dw + λ w          (λ = weight_decay, left out where it is 0)
    m = β₁ m + (1 - β₁) g,    v = β₂ v + (1 - β₂) g²          (both 0 before the first step)
    m_hat = m / (1 - β₁^t),   v_hat = v / (1 - β₂^t)          in step t
    w_new = w - lr m_hat / (√v_hat + eps)

Kingma and Ba, "Adam: a method for stochastic optimization" (2015), algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.contract.optimizer import Parameter, Update, optimizer
from xlbackprop.contract.options import number
from xlbackprop.optimizers.common.decay import decayed_gradient
from xlbackprop.optimizers.common.moments import moments_update


@optimizer("adam")
@dataclass(frozen=True)
class Adam:
    """lr: the learning rate; beta1, beta2: how slowly the moments move; eps: beside the root."""

    lr: float = number(minimum=0)
    beta1: float = number(minimum=0, below=1, default=0.9)
    beta2: float = number(minimum=0, below=1, default=0.999)
    eps: float = number(minimum=0, default=1e-8)
    weight_decay: float = number(minimum=0, default=0.0)

    def update(self, parameter: Parameter) -> Update:
        """Return the update's equations; the state are both moments."""
        decay, gradient = decayed_gradient(parameter, self.weight_decay)
        return moments_update(parameter, decay, parameter.w, gradient)
