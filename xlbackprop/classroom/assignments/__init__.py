"""What is asked of whom: the roster, a workbook for each student, and the assignment's folder."""
