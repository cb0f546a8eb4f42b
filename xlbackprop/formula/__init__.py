"""Formulas: blocks and places, addresses, the tree, and what a cell is made from."""
