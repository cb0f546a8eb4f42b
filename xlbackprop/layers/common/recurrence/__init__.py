"""States that are handed on from step to step, with gates and without."""
