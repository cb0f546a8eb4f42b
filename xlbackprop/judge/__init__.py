"""Cells to verdicts, verdicts to named mistakes, and proof on other numbers."""
