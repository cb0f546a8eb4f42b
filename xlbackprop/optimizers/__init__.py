"""The optimizers, one file each. Importing this package registers every file in it."""

from importlib import import_module
from pkgutil import iter_modules

from xlbackprop.contract.optimizer import OPTIMIZERS, Optimizer, Parameter, Update, optimizer

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["OPTIMIZERS", "Optimizer", "Parameter", "Update", "optimizer"]
