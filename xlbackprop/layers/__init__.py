"""The layers, one file each, found by the type that they register.

Layers of other installed packages are found too, where these name their modules under the
entry point group "xlbackprop.layers".
"""

from xlbackprop.contract.layer import (
    LAYERS,
    Layer,
    LayerEquations,
    LayerType,
    Port,
    Scope,
    layer,
)

LAYERS.search(__name__, __path__, group="xlbackprop.layers")

__all__ = ["LAYERS", "Layer", "LayerEquations", "LayerType", "Port", "Scope", "layer"]
