"""A layout and its numbers to the bytes of an .xlsx."""
