"""A network as other programs know it: its summary, models that become specs, numbers by name."""
