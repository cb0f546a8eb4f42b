"""The first sheet, and the tables and counts that stand on it."""
