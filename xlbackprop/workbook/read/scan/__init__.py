"""A sheet's bytes to its cells, many at a time, where they have the form that programs write."""
