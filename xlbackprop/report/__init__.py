"""What is said of a workbook, in every form."""
