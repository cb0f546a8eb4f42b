"""Pictures for a text or a wall: tensors as heat maps, the graph, the loss, by matplotlib."""

from xlbackprop.report.pictures.picture import picture

__all__ = ["picture"]
