"""Models in .keras files to specs; no code in a file is run, and no Keras is needed."""
