"""The optimizers, one file each, found by the name that they register."""

from xlbackprop.contract.optimizer import OPTIMIZERS, Optimizer, Parameter, Update, optimizer

OPTIMIZERS.search(__name__, __path__)

__all__ = ["OPTIMIZERS", "Optimizer", "Parameter", "Update", "optimizer"]
