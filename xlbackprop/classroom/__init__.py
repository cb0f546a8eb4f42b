"""A class of students: numbers of their own for each, all marked at once, marks handed back."""
