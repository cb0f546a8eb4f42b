"""What is written beside groups of numbers, and which tensors it may mean."""
