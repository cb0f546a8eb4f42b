"""What the largest and the mean of each window have in common."""
