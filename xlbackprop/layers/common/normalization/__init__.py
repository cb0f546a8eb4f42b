"""Normalization by mean and variance, by the root mean square, or by given statistics."""
