"""A Spec made into tensors and equations: layers in their order, steps, training, values."""

from xlbackprop.network.network import (
    MAX_BLOCKS,
    MAX_CELLS,
    MAX_TENSORS,
    Network,
    build_network,
)

__all__ = ["MAX_BLOCKS", "MAX_CELLS", "MAX_TENSORS", "Network", "build_network"]
