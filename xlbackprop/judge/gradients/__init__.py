"""A sheet that differentiates itself, judged: its gradients against those of its own formulas."""
