"""Sheets that differentiate themselves."""
