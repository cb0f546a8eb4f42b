"""Where a mistake begins among the cells that are to be gradients, and what rests on it."""
