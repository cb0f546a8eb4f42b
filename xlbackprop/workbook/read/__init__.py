"""A stranger's workbook, guarded, to cells and tensors."""
