"""Practice: cells to fill in, hidden answers, marks as one types, and the ladder through them."""
