"""The layers, one file each. Importing this package registers every file in it.

Layers of other installed packages are registered too, where these name their modules under the
entry point group "xlbackprop.layers".
"""

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from xlbackprop.contract.layer import LAYERS, Layer, LayerEquations, LayerType, Scope, layer

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
for _entry in entry_points(group="xlbackprop.layers"):
    _entry.load()

__all__ = ["LAYERS", "Layer", "LayerEquations", "LayerType", "Scope", "layer"]
