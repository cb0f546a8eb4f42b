"""The losses, one file each, found by the type that they register."""

from xlbackprop.contract.loss import LOSSES, Loss, LossEquations, loss

LOSSES.search(__name__, __path__)

__all__ = ["LOSSES", "Loss", "LossEquations", "loss"]
