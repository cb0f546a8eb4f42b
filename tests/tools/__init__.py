"""What makes the documentation's tables and pictures from the program itself."""
