"""The losses, one file each. Importing this package registers every file in it."""

from importlib import import_module
from pkgutil import iter_modules

from xlbackprop.contract.loss import LOSSES, Loss, LossEquations, loss

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["LOSSES", "Loss", "LossEquations", "loss"]
