"""Layers whose every entry is made from the same entry of the input."""
