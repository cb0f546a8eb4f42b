"""Where the tensors of a network stand in a workbook."""
