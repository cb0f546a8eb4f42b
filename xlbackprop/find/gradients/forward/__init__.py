"""A forward pass that is broken, or was meant to be another one."""
