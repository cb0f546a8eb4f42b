"""Scaled dot-product attention: its tensors, projections, weights, and the way back."""
