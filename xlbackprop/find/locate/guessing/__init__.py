"""What network a page may hold, where nobody says: a chain of layers read from its formulas."""
