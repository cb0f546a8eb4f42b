"""A stranger's sheet differentiated: which of its cells are L, steps, weights and gradients."""
