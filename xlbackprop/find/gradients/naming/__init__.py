"""The rules that say which cells are to be gradients, one a file, and their order."""
