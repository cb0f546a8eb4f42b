"""The layers, one file each. Importing this package registers every file in it."""

from importlib import import_module
from pkgutil import iter_modules

from xlbackprop.layers.contract import LAYERS, Layer, LayerEquations, LayerType, Scope, layer

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["LAYERS", "Layer", "LayerEquations", "LayerType", "Scope", "layer"]
