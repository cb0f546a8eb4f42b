"""What a cell may be the gradient of, where that stands, and by what factor of the sheet's own."""
