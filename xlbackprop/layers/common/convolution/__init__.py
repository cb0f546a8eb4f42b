"""What convolutions have in common with transposed ones: three sums, and their slips."""
