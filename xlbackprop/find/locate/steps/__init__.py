"""What somebody says of a page, and the steps of a training on it, in rows or columns."""
