"""Where each tensor of a known network stands: by its numbers, formulas, captions and order."""
