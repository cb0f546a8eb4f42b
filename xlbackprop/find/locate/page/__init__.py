"""A stranger's page: its numbers in groups, and what might be a tensor of which shape."""
