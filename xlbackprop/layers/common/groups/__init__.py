"""Entries in groups, each with numbers of its own: sums over all axes but some."""
