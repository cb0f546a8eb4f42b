"""A sheet's formulas on draws of other numbers, and what flows back through them from a cell."""
