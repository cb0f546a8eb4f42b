"""A workbook's formulas evaluated as whole arrays: those of one shape at once, and all draws."""
