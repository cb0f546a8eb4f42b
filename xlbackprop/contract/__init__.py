"""What layers, losses and optimizers are made of, and how they register."""
