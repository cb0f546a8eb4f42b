"""The computational graph as a drawing: boxes, arrows forward and back, branches and sums."""

from xlbackprop.layout.graph.connections import LOSS, sizes
from xlbackprop.layout.graph.drawing import Box, Drawing, Label, Line, Mark, Run, Way
from xlbackprop.layout.graph.place import draw_graph

__all__ = ["LOSS", "Box", "Drawing", "Label", "Line", "Mark", "Run", "Way", "draw_graph", "sizes"]
