"""PyTorch's modules to specs, by torch.export, and numbers back into them; imports no torch."""
