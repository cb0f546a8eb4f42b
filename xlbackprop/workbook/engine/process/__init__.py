"""Programs of their own that the engines run in: they import next to nothing of the package."""
