"""Where a layer is connected: a tensor, and the gradient that flows the other way."""

from __future__ import annotations

from dataclasses import dataclass

from xlbackprop.equation import Tensor


@dataclass(frozen=True)
class Port:
    """An input, a parameter or an output of a layer, and its gradient.

    The layer's equations define the gradients of its inputs and parameters, and the tensors of its
    outputs. The network defines the rest: it links the inputs, and gathers the gradient of an
    output from all that use it. Where a port does not let gradients flow (class numbers), its
    `gradient` is only a name: no equation defines or uses it.
    """

    tensor: Tensor
    gradient: Tensor
    flows: bool = True
